# mlockscope_story: the simulated kernel and the stories told with it, for whichever tests want them.
if(NOT TARGET mlockscope_story)
  add_library(mlockscope_story STATIC ${CMAKE_CURRENT_LIST_DIR}/sim_kernel.cpp
                                      ${CMAKE_CURRENT_LIST_DIR}/story.cpp)
  target_include_directories(mlockscope_story PUBLIC ${CMAKE_CURRENT_LIST_DIR}/..)
  target_link_libraries(mlockscope_story PUBLIC mlockscope_model)
  mlockscope_warnings(mlockscope_story)
endif()
