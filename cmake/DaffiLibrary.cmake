#  SPDX-License-Identifier: MPL-2.0
#  libdaffi out of the modules' objects, and how it is installed and found again.

daffi_module_objects (objects)
set (daffi_private_libraries ${DAFFI_CZMQ} ${DAFFI_MSGPACK} ${DAFFI_SODIUM} ${DAFFI_SQLITE}
    Threads::Threads ${CMAKE_DL_LIBS})

if (DAFFI_SHARED)
    add_library (daffi SHARED ${objects})
    #  Hidden visibility and DAFFI_EXPORT choose what is exported; the map gives it a
    #  version and keeps out what libraries linked in statically would add.
    set (map "${PROJECT_SOURCE_DIR}/cmake/libdaffi.map")
    target_link_options (daffi PRIVATE "-Wl,--version-script=${map}" "-Wl,--as-needed"
        ${daffi_whole_link})
    set_property (TARGET daffi APPEND PROPERTY LINK_DEPENDS "${map}")
    if (NOT DAFFI_SANITIZE)
        target_link_options (daffi PRIVATE "-Wl,--no-undefined")
    endif ()
else ()
    add_library (daffi STATIC ${objects})
endif ()
add_library (daffi::daffi ALIAS daffi)
set_target_properties (daffi PROPERTIES LINKER_LANGUAGE C
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_include_directories (daffi INTERFACE
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_link_libraries (daffi PRIVATE ${daffi_private_libraries})
target_compile_features (daffi INTERFACE c_std_11)

if (NOT DAFFI_INSTALL)
    return ()
endif ()
include (CMakePackageConfigHelpers)

install (TARGETS daffi EXPORT daffi
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install (DIRECTORY "${PROJECT_SOURCE_DIR}/include/"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")

set (package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/daffi")
install (EXPORT daffi NAMESPACE daffi:: FILE daffiTargets.cmake DESTINATION "${package_folder}")
configure_package_config_file ("${PROJECT_SOURCE_DIR}/cmake/daffiConfig.cmake.in"
    "${PROJECT_BINARY_DIR}/daffiConfig.cmake" INSTALL_DESTINATION "${package_folder}")
#  Before 1.0 a minor version may change the API.
write_basic_package_version_file ("${PROJECT_BINARY_DIR}/daffiConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
install (FILES "${PROJECT_BINARY_DIR}/daffiConfig.cmake"
    "${PROJECT_BINARY_DIR}/daffiConfigVersion.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/DaffiDependencies.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/DaffiPayload.cmake" DESTINATION "${package_folder}")

#  The .pc file finds its prefix from where it lies, so an installed tree can be moved.
file (RELATIVE_PATH daffi_pc_up "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
set (daffi_pc_requires "libczmq, libzmq, libsodium, ${daffi_msgpack_MODULE_NAME}")
if (DAFFI_SQLITE)
    string (APPEND daffi_pc_requires ", sqlite3")
endif ()
configure_file ("${PROJECT_SOURCE_DIR}/cmake/daffi.pc.in" "${PROJECT_BINARY_DIR}/daffi.pc" @ONLY)
install (FILES "${PROJECT_BINARY_DIR}/daffi.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
