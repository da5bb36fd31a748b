#include "scheduler/address_list.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace cohort::scheduler {

namespace {

std::vector<Address> all_of(const AddressList& list) {
  std::vector<Address> all;
  for (const Address address : list) all.push_back(address);
  return all;
}

}  // namespace

TEST_CASE("an address list keeps the order in which addresses came, whichever goes") {
  for (const Address gone : {3, 1, 4, 2}) {
    CAPTURE(gone);
    AddressList list{3, 1, 4, 2};
    CHECK(list.size() == 4);
    CHECK(list.contains(gone));
    CHECK(list.erase(gone));
    CHECK_FALSE(list.contains(gone));
    CHECK_FALSE(list.erase(gone));
    std::vector<Address> others{3, 1, 4, 2};
    std::erase(others, gone);
    CHECK(all_of(list) == others);
    list.push_back(gone);
    CHECK(list[3] == gone);
  }
}

TEST_CASE("an address list of one becomes empty, and can be used again") {
  AddressList list;
  CHECK(list.empty());
  CHECK_FALSE(list.contains(kNowhere));
  CHECK_FALSE(list.erase(kNowhere));
  list.push_back(5);
  CHECK_FALSE(list.empty());
  CHECK(list.erase(5));
  CHECK(list.empty());
  CHECK(list.size() == 0);
  list.push_back(6);
  list.push_back(7);
  const AddressList copy = list;
  list.clear();
  CHECK(list.empty());
  CHECK(all_of(copy) == std::vector<Address>{6, 7});
}

}  // namespace cohort::scheduler
