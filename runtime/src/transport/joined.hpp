#pragma once

#include <memory>
#include <vector>

#include "transport/transport.hpp"

namespace cohort::transport {

/// What a member is called in a medium that it has no part in.
constexpr Address kNotThere = -1;

/// A medium by which some of the others are reached, and what each member of the whole is called there.
struct Part {
  std::unique_ptr<Endpoint> endpoint;
  std::vector<Address> there;  ///< by address in the whole; kNotThere: reached another way, or oneself
};

/// One member's access to others of whom some are reached by one medium and some by another, each by one only.
std::unique_ptr<Endpoint> join(Address address, std::vector<Part> parts);

}  // namespace cohort::transport
