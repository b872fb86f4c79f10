# mlockscope_layer(NAME SOURCES... [USES layer...] [LIBS target...])
#
# A folder of userspace/ is a layer and a static library, mlockscope_NAME. Its headers are included
# as "NAME/file.hpp", through a folder that holds a link to this layer alone: a layer sees its own
# headers and those of the layers it USES, and an include that points the wrong way does not compile.
function(mlockscope_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;LIBS")
  set(gate ${CMAKE_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${gate})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${gate}/${name} SYMBOLIC)

  add_library(mlockscope_${name} STATIC ${arg_SOURCES})
  target_include_directories(mlockscope_${name} PUBLIC ${gate})
  list(TRANSFORM arg_USES PREPEND mlockscope_)
  target_link_libraries(mlockscope_${name} PUBLIC ${arg_USES} ${arg_LIBS})
  mlockscope_warnings(mlockscope_${name})
endfunction()

function(mlockscope_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
    $<$<BOOL:${MLOCKSCOPE_WERROR}>:-Werror>)
endfunction()
