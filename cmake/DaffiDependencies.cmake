#  SPDX-License-Identifier: MPL-2.0
#  libzmq, czmq and msgpack-c, by pkg-config: Debian ships their .pc files and no CMake
#  configuration. Used by the build and, where libdaffi is static, by its consumers.

find_package (PkgConfig REQUIRED)
set (THREADS_PREFER_PTHREAD_FLAG ON)
find_package (Threads REQUIRED)
pkg_check_modules (daffi_zmq REQUIRED IMPORTED_TARGET GLOBAL libzmq>=4.3)
pkg_check_modules (daffi_czmq REQUIRED IMPORTED_TARGET GLOBAL libczmq>=4.2)
#  Version 6 renamed itself from msgpack to msgpack-c.
pkg_search_module (daffi_msgpack REQUIRED IMPORTED_TARGET GLOBAL msgpack-c msgpack)

pkg_check_modules (daffi_sodium REQUIRED IMPORTED_TARGET GLOBAL libsodium>=1.0.18)
#  Without it tasks live in memory alone.
pkg_check_modules (daffi_sqlite IMPORTED_TARGET GLOBAL sqlite3>=3.37)

set (DAFFI_SODIUM PkgConfig::daffi_sodium)
set (DAFFI_ZMQ PkgConfig::daffi_zmq)
set (DAFFI_CZMQ PkgConfig::daffi_czmq PkgConfig::daffi_zmq)
set (DAFFI_MSGPACK PkgConfig::daffi_msgpack)
set (DAFFI_SQLITE "")
if (daffi_sqlite_FOUND)
    set (DAFFI_SQLITE PkgConfig::daffi_sqlite)
endif ()
