// Reads a recording, from its beginning to its end, also from a pipe. Needs no more memory than a
// few times the largest block that format.hpp allows, whatever the file says of itself.
#pragma once

#include "recording/source.hpp"
#include "util/fd.hpp"

#include <memory>
#include <string>

namespace mlockscope::recording {

class Reader final : public Source {
public:
  /// "-" is standard input. Fails, with the name of the file, on what is no recording, was made by
  /// a newer major version, or ends before it says where it comes from.
  [[nodiscard]] static util::Result<Reader> open(const std::string& path);
  /// The same for an open file; `name` is for errors and remarks.
  [[nodiscard]] static util::Result<Reader> from(util::Fd, std::string name);

  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) = delete;
  ~Reader() override;

  [[nodiscard]] const Origin& origin() const override;
  /// A file that ends inside a block is no error: what is whole is given, and remark() tells.
  [[nodiscard]] util::Result<const Entry*> next() override;
  [[nodiscard]] std::string remark() const override;

private:
  class Impl;
  explicit Reader(std::unique_ptr<Impl>);
  std::unique_ptr<Impl> impl_;
};

} // namespace mlockscope::recording
