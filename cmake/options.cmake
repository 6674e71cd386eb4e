# Flags shared by everything that is ours. Warnings are errors; -O2 and frame pointers also in
# release builds, so that a profile or a core dump of a production server can be read.

add_library(signalbox_flags INTERFACE)
target_compile_options(signalbox_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor
  -Wold-style-cast -Wcast-qual -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports impossible paths through inlined library code (PR 105562, PR 105651, and
  # intrusive_ptr with a plain counter); clang and the sanitizers watch over the same.
  target_compile_options(signalbox_flags INTERFACE
    -Wno-maybe-uninitialized -Wno-restrict -Wno-use-after-free)
endif()
# Sections that nobody refers to are left out: they would be mapped, and count as memory.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -ffunction-sections -fdata-sections")
set(CMAKE_EXE_LINKER_FLAGS_RELEASE "-Wl,--gc-sections")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g -D_GLIBCXX_ASSERTIONS")

if(SIGNALBOX_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
elseif(SIGNALBOX_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio puts fences around its handlers, which the sanitizer does not see; the queues of handlers
    # have locks besides, which it does.
    add_compile_options(-Wno-tsan)
  endif()
  add_link_options(-fsanitize=thread)
endif()
if(SIGNALBOX_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
