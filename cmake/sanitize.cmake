# SPDX-License-Identifier: GPL-2.0-or-later
# The sanitizers' runtimes are linked statically with gcc: a program may then
# be started with the simulated hypervisor preloaded, without an argument
# about which library comes first. clang does so by itself.
if(XP_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    add_link_options(-static-libasan -static-libubsan)
  endif()
elseif(XP_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    add_link_options(-static-libtsan)
  endif()
endif()
