# mlockscope_test(NAME SOURCES... [LIBS target...] [LABEL unit])
#
# A Catch2 program that ctest runs as one test. Sources include "support/catch.hpp", which knows both
# Catch2 2 (its main is one of our sources) and Catch2 3 (its main is a library).
find_package(Catch2 REQUIRED)

set(MLOCKSCOPE_TESTS_DIR ${CMAKE_CURRENT_LIST_DIR}/../tests)

if(NOT TARGET mlockscope_test_main)
  if(TARGET Catch2::Catch2WithMain)
    add_library(mlockscope_test_main INTERFACE)
    target_link_libraries(mlockscope_test_main INTERFACE Catch2::Catch2WithMain)
    target_include_directories(mlockscope_test_main INTERFACE ${MLOCKSCOPE_TESTS_DIR})
  else()
    file(WRITE ${CMAKE_BINARY_DIR}/catch_main.cpp
         "#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n")
    add_library(mlockscope_test_main STATIC ${CMAKE_BINARY_DIR}/catch_main.cpp)
    target_link_libraries(mlockscope_test_main PUBLIC Catch2::Catch2)
    target_include_directories(mlockscope_test_main PUBLIC ${MLOCKSCOPE_TESTS_DIR})
  endif()
endif()

# Catch2's header is most of what a test costs to compile: once for all. Nor are tests worth
# optimising, which takes as long again; what they test is as it is. A brute-force model is not like
# that: property tests are compiled as all else.
function(mlockscope_test_options target)
  mlockscope_warnings(${target})
  target_compile_options(${target} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O0;-g1>)
endfunction()
if(NOT TARGET mlockscope_test_headers)
  file(WRITE ${CMAKE_BINARY_DIR}/test_headers.cpp "")
  add_library(mlockscope_test_headers OBJECT ${CMAKE_BINARY_DIR}/test_headers.cpp)
  target_link_libraries(mlockscope_test_headers PRIVATE mlockscope_test_main)
  target_precompile_headers(mlockscope_test_headers PRIVATE
    ${MLOCKSCOPE_TESTS_DIR}/support/catch.hpp)
  mlockscope_test_options(mlockscope_test_headers)
endif()

function(mlockscope_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL" "SOURCES;LIBS")
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBS} mlockscope_test_main)
  if(arg_LABEL STREQUAL property)
    mlockscope_warnings(${name})
  else()
    mlockscope_test_options(${name})
    target_precompile_headers(${name} REUSE_FROM mlockscope_test_headers)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL})
endfunction()
