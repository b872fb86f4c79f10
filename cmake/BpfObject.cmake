# bpf_object(NAME SOURCES a.bpf.c b.bpf.c... HEADERS x.h... [DEFINES macro...] [CPU v3] [LIKE OTHER])
#
# Compiles each source to BPF, links them into one object with bpftool and generates the skeleton
# NAME_skel.h. The target NAME_skel carries its include folder. No BTF of a running kernel is used.
#
# LIKE: the object may be opened by the skeleton of OTHER. Its variables must lie where they lie
# there, which is checked.
find_program(BPF_CLANG NAMES clang clang-19 clang-18 clang-16 clang-15 clang-14 REQUIRED)
find_program(BPFTOOL bpftool PATHS /usr/sbin /usr/local/sbin REQUIRED)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(BPF_TARGET_ARCH arm64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(BPF_TARGET_ARCH x86)
else()
  message(FATAL_ERROR "The probes know x86-64 and arm64, not ${CMAKE_SYSTEM_PROCESSOR}.")
endif()

function(bpf_object name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "CPU;LIKE" "SOURCES;HEADERS;DEFINES")
  list(TRANSFORM arg_HEADERS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  list(TRANSFORM arg_DEFINES PREPEND -D)
  if(NOT arg_CPU)
    set(arg_CPU v3)
  endif()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name})
  file(MAKE_DIRECTORY ${folder})
  # /usr/include/<triplet> holds asm/types.h on Debian; clang -target bpf does not look there.
  set(arch_include)
  if(CMAKE_LIBRARY_ARCHITECTURE)
    set(arch_include -idirafter ${CMAKE_SYSROOT}/usr/include/${CMAKE_LIBRARY_ARCHITECTURE})
  endif()
  if(CMAKE_SYSROOT)
    list(PREPEND arch_include --sysroot=${CMAKE_SYSROOT})
  endif()
  foreach(source IN LISTS arg_SOURCES)
    string(REPLACE ".bpf.c" ".bpf.o" object ${source})
    add_custom_command(
      OUTPUT ${folder}/${object}
      COMMAND ${BPF_CLANG} -g -O2 -std=gnu11 -target bpf -mcpu=${arg_CPU}
              -D__TARGET_ARCH_${BPF_TARGET_ARCH} ${arg_DEFINES}
              -Wall -Wextra -Werror -Wno-unused-parameter ${arch_include}
              -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${folder}/${object}
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source} ${arg_HEADERS}
      COMMENT "BPF ${name}/${source}" VERBATIM)
    list(APPEND objects ${folder}/${object})
  endforeach()
  add_custom_command(
    OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o
    COMMAND ${BPFTOOL} gen object ${name}.bpf.o ${objects}
    DEPENDS ${objects} COMMENT "BPF link ${name}" VERBATIM)
  add_custom_command(
    OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}_skel.h
    COMMAND ${BPFTOOL} gen skeleton ${name}.bpf.o name ${name} > ${name}_skel.h
    DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o COMMENT "BPF skeleton ${name}" VERBATIM)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${name}_skel.h)
  if(arg_LIKE)
    add_custom_command(
      OUTPUT ${folder}/checked
      COMMAND ${CMAKE_COMMAND} -DONE=${name} -DOTHER=${arg_LIKE} -DFOLDER=${CMAKE_CURRENT_BINARY_DIR}
              -P ${CMAKE_SOURCE_DIR}/cmake/SameVariables.cmake
      COMMAND ${CMAKE_COMMAND} -E touch ${folder}/checked
      DEPENDS ${generated} ${CMAKE_CURRENT_BINARY_DIR}/${arg_LIKE}_skel.h
      COMMENT "BPF ${name} has the variables of ${arg_LIKE}" VERBATIM)
    list(APPEND generated ${folder}/checked)
  endif()
  add_custom_target(${name}_generate DEPENDS ${generated})
  add_library(${name}_skel INTERFACE)
  target_include_directories(${name}_skel SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
  add_dependencies(${name}_skel ${name}_generate)
endfunction()
