#include "flags/flags.hpp"

#include <boost/program_options.hpp>
#include <cmath>
#include <sstream>
#include <utility>

namespace po = boost::program_options;

namespace {

constexpr const char* kRest = "argument";

template <class T>
auto value_of(T standard, const char* value_name) {
  std::ostringstream shown;
  shown << standard;
  return po::value<T>()->default_value(standard, shown.str())->value_name(value_name);
}

[[noreturn]] void refuse(const char* name, const std::string& must) {
  throw WrongUse("--" + std::string(name) + " must be " + must);
}

}  // namespace

struct Flags::Values {
  po::variables_map map;
};

Flags::Flags(std::unique_ptr<Values> values) : values_(std::move(values)) {}
Flags::Flags(Flags&&) noexcept = default;
Flags& Flags::operator=(Flags&&) noexcept = default;
Flags::~Flags() = default;

bool Flags::is_given(const char* name) const {
  return values_->map.count(name) != 0 && !values_->map[name].defaulted();
}

long Flags::number(const char* name, long least, long most) const {
  const long value = values_->map[name].as<long>();
  if (value >= least && value <= most) return value;
  if (most == std::numeric_limits<long>::max()) refuse(name, std::to_string(least) + " or more");
  refuse(name, std::to_string(least) + " to " + std::to_string(most));
}

double Flags::real(const char* name) const {
  const double value = values_->map[name].as<double>();
  if (!std::isfinite(value)) refuse(name, "a finite number");
  return value;
}

double Flags::positive(const char* name) const {
  const double value = values_->map[name].as<double>();
  if (!(value > 0) || std::isinf(value)) refuse(name, "a number greater than 0");
  return value;
}

std::string Flags::text(const char* name) const {
  return values_->map.count(name) != 0 ? values_->map[name].as<std::string>() : std::string();
}

std::vector<std::string> Flags::rest() const { return values_->map[kRest].as<std::vector<std::string>>(); }

struct FlagList::Known {
  po::options_description visible{"Flags"};
  po::options_description hidden;
  po::positional_options_description positional;
};

FlagList::FlagList() : known_(std::make_unique<Known>()) { add_switch("help", "print this and end"); }
FlagList::FlagList(FlagList&&) noexcept = default;
FlagList& FlagList::operator=(FlagList&&) noexcept = default;
FlagList::~FlagList() = default;

FlagList& FlagList::add_switch(const char* name, const char* help) {
  known_->visible.add_options()(name, help);
  return *this;
}

FlagList& FlagList::add_number(const char* name, long standard, const char* help, const char* value_name) {
  known_->visible.add_options()(name, value_of(standard, value_name), help);
  return *this;
}

FlagList& FlagList::add_real(const char* name, double standard, const char* help, const char* value_name) {
  known_->visible.add_options()(name, value_of(standard, value_name), help);
  return *this;
}

FlagList& FlagList::add_text(const char* name, const std::string& standard, const char* help, const char* value_name) {
  auto* value = po::value<std::string>()->value_name(value_name);
  if (!standard.empty()) value->default_value(standard);
  known_->visible.add_options()(name, value, help);
  return *this;
}

FlagList& FlagList::take_rest(const std::vector<std::string>& standard) {
  known_->hidden.add_options()(kRest, po::value<std::vector<std::string>>()->default_value(standard, ""));
  known_->positional.add(kRest, -1);
  return *this;
}

Flags FlagList::parse(int argc, char** argv) const try {
  po::options_description all;
  all.add(known_->visible).add(known_->hidden);
  auto values = std::make_unique<Flags::Values>();
  po::store(po::command_line_parser(argc, argv).options(all).positional(known_->positional).run(), values->map);
  return Flags(std::move(values));
} catch (const po::error& error) {
  throw WrongUse(error.what());
}

std::string FlagList::description() const {
  std::ostringstream text;
  text << known_->visible;
  return text.str();
}
