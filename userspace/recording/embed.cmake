# cmake -DFILE=data -DOUTPUT=source.cpp -P embed.cmake
#
# Writes a source that defines recording::schema(), the bytes of FILE.
file(READ ${FILE} bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
string(REGEX REPLACE "((......,)(......,)(......,)(......,)(......,)(......,)(......,)(......,))" "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT}
"#include \"recording/schema.hpp\"\n
namespace mlockscope::recording {\n
namespace {
constexpr char bytes[] = {
${bytes}};
} // namespace\n
std::string_view schema() { return {bytes, ${size}}; }\n
} // namespace mlockscope::recording\n")
