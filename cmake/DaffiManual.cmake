#  SPDX-License-Identifier: MPL-2.0
#  Manual pages and completions, made by the program itself of its tables of options.

#  A program under a sanitizer may not run where it is built, and is not installed.
if (DAFFI_SANITIZE)
    return ()
endif ()
file (READ "${PROJECT_SOURCE_DIR}/node/cli/commands.h" list)
string (REGEX MATCHALL "X \\([a-z]+\\)" entries "${list}")
set (manual "${PROJECT_BINARY_DIR}/manual")
set (script "mkdir -p '${manual}' && '$<TARGET_FILE:daffi-cli>' man >'${manual}/daffi.1'")
foreach (entry IN LISTS entries)
    string (REGEX REPLACE "X \\(([a-z]+)\\)" "\\1" name "${entry}")
    string (APPEND script
        " && '$<TARGET_FILE:daffi-cli>' man ${name} >'${manual}/daffi-${name}.1'")
endforeach ()
#  the broker's options are those of daffi up
string (APPEND script " && echo '.so man1/daffi-up.1' >'${manual}/daffi-broker.1'")
foreach (shell IN ITEMS bash zsh fish)
    string (APPEND script
        " && '$<TARGET_FILE:daffi-cli>' completion ${shell} >'${manual}/${shell}'")
endforeach ()
add_custom_command (TARGET daffi-cli POST_BUILD COMMAND sh -c "${script}" VERBATIM)

if (DAFFI_INSTALL)
    install (DIRECTORY "${manual}/" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1"
        FILES_MATCHING PATTERN "*.1")
    install (FILES "${manual}/bash" RENAME daffi
        DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
    install (FILES "${manual}/zsh" RENAME _daffi
        DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
    install (FILES "${manual}/fish" RENAME daffi.fish
        DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
endif ()
