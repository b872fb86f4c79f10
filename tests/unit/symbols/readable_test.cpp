#include "symbols/readable.hpp"

#include "support/catch.hpp"
#include "symbols/symbol_table.hpp"

using namespace mlockscope::symbols;

TEST_CASE("mangled names are made readable, others left alone") {
  CHECK(readable("mlock") == "mlock");
  CHECK(readable("_ZN4pool4holdEv") == "pool::hold()");
  CHECK(readable("_ZN4core3fmt5write17h0123456789abcdefE") == "core::fmt::write");
  CHECK(readable("_ZN4core3fmt5write17h0123456789abcdegE") ==
        "core::fmt::write::h0123456789abcdeg");
  CHECK(readable("_Znonsense") == "_Znonsense");
  CHECK(readable("") == "");
}

TEST_CASE("long names are cut between two characters") {
  CHECK(readable(std::string(600, 'a')).size() == 512);
  CHECK(readable("_Z" + std::string(100000, 'N')).size() == 512);
  CHECK(bounded("aé", 2) == "a");
  CHECK(bounded("aé", 3) == "aé");
  CHECK(bounded("a\xe2\x82\xac", 3) == "a");
  CHECK(bounded(std::string(9, '\x80'), 5).size() >= 2); // no UTF-8 at all
}

TEST_CASE("a table finds the innermost function, and none in a gap") {
  SymbolTable table;
  CHECK(table.add("outer", 0x100, 0x100));
  CHECK(table.add("inner", 0x140, 0x10));
  CHECK(table.add("__alias", 0x300, 0x10));
  CHECK(table.add("alias", 0x300, 0x10));
  CHECK(table.add("_alias", 0x300, 0x10));
  CHECK(table.add("unsized", 0x400, 0));
  CHECK(table.add("end", UINT64_MAX - 1, UINT64_MAX));
  table.finish();
  CHECK_FALSE(table.find(0xff));
  CHECK(table.find(0x100)->name == "outer");
  CHECK(table.find(0x145)->name == "inner");
  CHECK(table.find(0x150)->name == "outer");
  CHECK_FALSE(table.find(0x200));
  CHECK(table.find(0x300)->name == "alias");
  CHECK(table.find(0x4000)->name == "unsized");
  CHECK(table.find(UINT64_MAX)->name == "end");
  CHECK_FALSE(SymbolTable().find(5));
}
