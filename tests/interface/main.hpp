#pragma once

#include "cohort/client.hpp"

namespace cohort::test {

/// While it lives, test::client() is this one.
class UseClient {
 public:
  explicit UseClient(Client& client);
  UseClient(const UseClient&) = delete;
  UseClient& operator=(const UseClient&) = delete;
  ~UseClient();
};

}  // namespace cohort::test
