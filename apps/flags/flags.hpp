#pragma once

#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

/// The flags of a program: `--name value`, `--name=value`, or `--name` alone, in any order and among other arguments.

/// What the user typed cannot be; the text says why.
struct WrongUse : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What was typed. Flags that were not have their standard values.
class Flags {
 public:
  Flags(Flags&&) noexcept;
  Flags& operator=(Flags&&) noexcept;
  ~Flags();

  /// Whether a switch was typed; or a flag that has a value, instead of leaving it as it is.
  bool is_given(const char* name) const;
  /// throws  WrongUse: not least <= value <= most.
  long number(const char* name, long least = std::numeric_limits<long>::min(),
              long most = std::numeric_limits<long>::max()) const;
  /// throws  WrongUse: it is infinite, or no number.
  double real(const char* name) const;
  /// throws  WrongUse: not 0 < value < infinity.
  double positive(const char* name) const;
  std::string text(const char* name) const;
  /// Arguments that are no flags.
  std::vector<std::string> rest() const;

 private:
  friend class FlagList;
  struct Values;
  explicit Flags(std::unique_ptr<Values> values);
  std::unique_ptr<Values> values_;
};

/// The flags that a program knows; --help is one of them.
class FlagList {
 public:
  FlagList();
  FlagList(FlagList&&) noexcept;
  FlagList& operator=(FlagList&&) noexcept;
  ~FlagList();

  /// `help`: what it means, as --help shows it.
  FlagList& add_switch(const char* name, const char* help);
  FlagList& add_number(const char* name, long standard, const char* help, const char* value_name = "N");
  FlagList& add_real(const char* name, double standard, const char* help, const char* value_name = "X");
  /// Without a standard value its text is empty.
  FlagList& add_text(const char* name, const std::string& standard, const char* help, const char* value_name);
  /// Arguments that are no flags are allowed, and these if there are none.
  FlagList& take_rest(const std::vector<std::string>& standard);

  /// throws  WrongUse: an unknown flag, one without its value, a value of another kind, an argument that is not
  /// allowed.
  Flags parse(int argc, char** argv) const;
  /// A line or more for each flag.
  std::string description() const;

 private:
  struct Known;
  std::unique_ptr<Known> known_;
};
