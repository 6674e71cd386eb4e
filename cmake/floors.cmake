# A floor is one folder of src/ and one static library. It sees the headers of all floors, so
# what keeps it from reaching up is the linker (it links only the floors named here) and
# tools/tidy, which reads the includes.
#
#   signalbox_floor(core FLOORS storage codec LIBRARIES ...)
function(signalbox_floor name)
  cmake_parse_arguments(ARG "" "" "FLOORS;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  add_library(signalbox_${name} STATIC ${sources})
  add_library(signalbox::${name} ALIAS signalbox_${name})
  target_include_directories(signalbox_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  list(TRANSFORM ARG_FLOORS PREPEND signalbox::)
  target_link_libraries(signalbox_${name}
    PUBLIC ${ARG_FLOORS} ${ARG_LIBRARIES}
    PRIVATE signalbox_flags)
endfunction()

# One test program for all the *_test.cpp of a floor.
function(signalbox_floor_tests name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_test ${sources})
  target_link_libraries(${name}_test PRIVATE
    signalbox::${name} signalbox_flags ${RAPIDCHECK_LIBRARY} GTest::gtest_main ${ARGN})
  target_compile_definitions(${name}_test PRIVATE SIGNALBOX_SOURCES="${PROJECT_SOURCE_DIR}")
  gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60)
endfunction()
