// A log of strace as a recording: findings from machines where no probe can be loaded, and a
// witness of the tracer that shares nothing with it.
//
//   strace -f -ttt -o web.log -e trace=%memory,%process,shmget,prctl ./web
//
// All that strace 4 to 6 print is read, with -o or from the terminal, with or without time stamps.
// Findings can be `modelled` at best, since strace does not know which pages are locked, and:
//   - without -f, or without %process, threads and children that were not announced count as
//     processes of their own;
//   - without %memory, or without time stamps, copies in forked children are not judged; and with
//     both, only in children that have a line of their own after the grace time;
//   - a munlock that fails at a hole has unlocked nobody knows what, and gives no finding;
//   - of processes that strace was attached to later, nothing is known from before.
// The uid of callers is unknown (Caller::unknown_uid).
#pragma once

#include "model/correlator.hpp"
#include "model/finding.hpp"
#include "recording/source.hpp"
#include "strace/follower.hpp"

namespace mlockscope::strace {

class Log final : public recording::Source {
public:
  /// "-" is standard input. `page` is of the machine that the log comes from: a log does not tell.
  /// `fork_grace` should be the one by which the entries are judged.
  [[nodiscard]] static util::Result<std::unique_ptr<Log>>
  open(const std::string& path, model::PageSize page,
       model::Time fork_grace = model::Limits{}.fork_grace);

  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Of the log, only its beginning has been read for it. `began` is the time of its first line;
  /// with times of day (-t, -tt) times are of 1970.
  [[nodiscard]] const recording::Origin& origin() const override { return origin_; }
  /// An error at the end if there was nothing to be read in it.
  [[nodiscard]] util::Result<const recording::Entry*> next() override;
  [[nodiscard]] std::string remark() const override { return follower_.notes().text(name_); }

private:
  Log(util::Fd fd, std::string name, const Follower::Settings&);
  [[nodiscard]] util::Status read_line();
  [[nodiscard]] util::Status look_at_beginning();

  std::string name_;
  LineReader lines_;
  Follower follower_;
  recording::Origin origin_;
  recording::Entry current_;
  bool ended_ = false;
};

} // namespace mlockscope::strace
