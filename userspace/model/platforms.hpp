// How the platforms differ in what mlock, munlock and mlockall do: the rules as data, each with the
// place where it was read.
//
// Everywhere a lock acts on whole pages, belongs to an address space, is not inherited over fork
// and ends with its mapping; what differs is below. A rule that no document of a platform states is
// marked `unstated` and is then what POSIX says if it is read plainly (POSIX.1-2008, mlock): the
// range is rounded to whole pages and the rounding decides about a length of 0; locks do not stack;
// a range that is not mapped, or that wraps, is ENOMEM and changes nothing; to unlock what nobody
// has locked is no error.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace mlockscope::model {

/// An address that is no multiple of the page size.
enum class Unaligned : std::uint8_t {
  rounds, ///< down, and the end up
  einval,
};

enum class ZeroLength : std::uint8_t {
  rounds, ///< nothing if the address is aligned, one page if it is not
  nothing,
  einval,
  unlock_rounds, ///< mlock: nothing. munlock: as `rounds`
};

/// Address and length pass the end of the address space, as asked or when they are rounded.
enum class Wrap : std::uint8_t {
  silent, ///< the rounded length may wrap to something short; an end below the start is EINVAL
  einval,
  enomem,
  unlock_nothing, ///< mlock: EINVAL. munlock: succeeds and does nothing
};

enum class Stacking : std::uint8_t {
  flat,    ///< one munlock undoes any number of mlocks
  counted, ///< it undoes one; at most 65535 a page
};

/// A page of the range is not mapped.
enum class Hole : std::uint8_t {
  prefix,         ///< ENOMEM, and the pages before the hole are done
  enomem,         ///< and nothing is changed
  einval,         ///< and nothing is changed; ENOMEM if the first page is the hole
  skipped,        ///< all mapped pages are done; ENOMEM if the first page is the hole
  behind_a_locked ///< skipped if the page before it is locked, else `enomem`
};

/// munlock of a range with a page that is not locked.
enum class NeverLocked : std::uint8_t {
  fine,
  einval, ///< and nothing is unlocked
  enomem, ///< the same
};

enum class LockAll : std::uint8_t {
  works,
  enosys, ///< mlockall and munlockall
};

/// mlockall(MCL_CURRENT) while an earlier mlockall(MCL_FUTURE) is in force.
enum class CurrentAlone : std::uint8_t { cancels_future, keeps_future };

enum class Memory : std::uint8_t {
  pageable,
  always_locked, ///< all of it, whatever is called; munlock always succeeds
};

/// What a rule has for a source if the documents of its platform say nothing.
inline constexpr std::string_view unstated = "not stated; as POSIX reads";

template <class Value> struct Rule {
  Value is{};
  std::string_view source; ///< file and function, or document
  [[nodiscard]] constexpr bool stated() const { return source != unstated; }
};

struct Platform {
  std::string_view name;  ///< as options have it: "darwin"
  std::string_view title; ///< for people: "macOS"
  Rule<Unaligned> unaligned;
  Rule<ZeroLength> zero_length;
  Rule<Wrap> wrap;
  Rule<Stacking> stacking;
  Rule<Hole> hole_in_lock;
  Rule<Hole> hole_in_unlock;
  Rule<NeverLocked> never_locked;
  Rule<std::uint64_t> granule; ///< what a lock is rounded to, bytes, if that is more than a page; 0
  Rule<LockAll> lock_all;
  Rule<CurrentAlone> current_alone;
  Rule<Memory> memory;
};

/// All of them; the first is Linux.
[[nodiscard]] std::span<const Platform> platforms();

/// Null if no platform has this name.
[[nodiscard]] const Platform* find_platform(std::string_view name);

} // namespace mlockscope::model
