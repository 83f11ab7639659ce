# SPDX-License-Identifier: GPL-2.0-or-later
# The warnings of every target. gcc 12 and clang 14 know all of them.
add_compile_options(
  -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
  -Wmissing-prototypes -Wcast-qual -Wundef -Wvla -Wformat=2 -Wswitch-enum
  -Wpointer-arith -Wwrite-strings -fno-strict-aliasing -fno-common
  -fstack-protector-strong)
if(XP_WERROR)
  add_compile_options(-Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR
   CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
