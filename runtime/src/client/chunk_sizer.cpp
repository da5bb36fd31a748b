#include "client/chunk_sizer.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace cohort::detail {

namespace {

using namespace std::chrono_literals;

/// Where cores are fewer than ranks, a chunk costs some 50 us, nearly all of it for waking somebody up (else 10 us): a
/// sweep of fixed sizes goes down by 7 % to chunks of 0.6 ms, and is flat from 2.5 ms on.
constexpr Time kLeast = 2500us;
/// Toward the end chunks may become as short as this, so that no slot waits long for the last one.
constexpr Time kLeastAtTheEnd = 100us;
/// A range of known size is cut into about so many chunks, if that leaves them long enough.
constexpr std::size_t kMostChunks = 2048;
/// Each chunk takes at most one in so many of what is left, for each slot.
constexpr std::size_t kShare = 3;
/// From one measurement to the next, chunks grow by at most this factor.
constexpr std::size_t kGrowth = 8;
/// The first chunks, of which nothing is known.
constexpr std::size_t kFirst = 16;
/// A chunk of a source whose end is not known.
constexpr Time kOfStream = 2ms;
/// Neither what goes to a worker nor what is made there should be larger.
constexpr double kMostBytes = 16.0 * 1024 * 1024;
/// Work cut ahead, per slot: as much as the scheduler hands out ahead.
constexpr Time kAhead = 4ms;
constexpr std::size_t kMostAhead = 4096;
/// What was measured last counts for one in so many.
constexpr double kWeight = 4;

}  // namespace

ChunkSizer::ChunkSizer(const CutPlan& plan, int slots)
    : plan_(plan), slots_(static_cast<std::size_t>(std::max(slots, 1))) {}

std::size_t ChunkSizer::next(std::optional<std::size_t> left) const {
  return under_way_ < most_under_way() ? chosen(left) : 0;
}

std::size_t ChunkSizer::next_now(std::optional<std::size_t> left) const {
  if (plan_.chunking.items != 0 || !left || most_measured_ != 0) return chosen(left);
  // Nothing is known but the number: a fair number of chunks for each slot.
  return std::max<std::size_t>(1, plan_.total.value_or(*left) / (32 * slots_));
}

std::size_t ChunkSizer::most_under_way() const {
  const std::size_t least = 2 * slots_ + 1;
  // While they still grow, what is cut now is cut too small.
  const bool grows = plan_.chunking.items == 0 && items_within(kLeast) > kGrowth * most_measured_;
  if (chunk_ns_ <= 0 || grows) return least;
  const double wanted = static_cast<double>(slots_) * static_cast<double>(kAhead.count()) / chunk_ns_;
  return std::clamp(static_cast<std::size_t>(std::min(wanted, 1e9)), least, std::max(least, kMostAhead));
}

std::size_t ChunkSizer::items_within(Time time) const {
  const double items = static_cast<double>(time.count()) / std::max(element_ns_, 1e-3);
  return items < 1 ? 1 : static_cast<std::size_t>(std::min(items, 1e18));
}

std::size_t ChunkSizer::chosen(std::optional<std::size_t> left) const {
  const std::size_t at_most = left.value_or(kUnlimited);
  if (plan_.chunking.items != 0) return std::min(plan_.chunking.items, at_most);
  std::size_t items = kFirst;
  if (most_measured_ == 0) {
    if (plan_.total) items = std::min(items, *plan_.total / (64 * slots_));
  } else {
    items = items_within(left ? kLeast : kOfStream);
    if (plan_.total) items = std::max(items, *plan_.total / kMostChunks);
    if (left) {
      const std::size_t share = *left / (kShare * slots_);
      items = std::min(items, std::max(share, items_within(kLeastAtTheEnd)));
    }
    items = std::min(items, kGrowth * most_measured_);
  }
  const double bytes = std::max(static_cast<double>(plan_.element_bytes), element_bytes_);
  if (bytes > 0) items = std::min(items, static_cast<std::size_t>(kMostBytes / bytes));
  return std::clamp<std::size_t>(items, 1, std::max<std::size_t>(at_most, 1));
}

void ChunkSizer::on_cut(std::size_t items) {
  ++chunks_;
  ++under_way_;
  if (items == 0) return;
  // The last one has what is left: it tells nothing of what was chosen, unless another follows.
  if (last_items_ != 0) {
    least_items_ = least_items_ == 0 ? last_items_ : std::min(least_items_, last_items_);
    most_items_ = std::max(most_items_, last_items_);
  }
  last_items_ = items;
}

void ChunkSizer::on_ended(std::size_t items, Time duration, std::uint64_t value_bytes) {
  --under_way_;
  if (items == 0 || duration <= Time::zero()) return;
  const double chunk = static_cast<double>(duration.count());
  const double count = static_cast<double>(items);
  // A much larger chunk says more than all before: what is spent once for each was spread over few elements there.
  const bool replaces = items >= 2 * most_measured_;
  const auto follow = [replaces](double& average, double value) {
    average = replaces ? value : average + (value - average) / kWeight;
  };
  follow(element_ns_, chunk / count);
  follow(chunk_ns_, chunk);
  follow(element_bytes_, static_cast<double>(value_bytes) / count);
  most_measured_ = std::max(most_measured_, items);
}

Time ChunkSizer::expected(std::size_t items) const {
  return Time(static_cast<Time::rep>(std::min(element_ns_ * static_cast<double>(items), 1e17)));
}

ChunkingReport ChunkSizer::report() const {
  ChunkingReport report;
  report.chunks = chunks_;
  report.least_items = least_items_ == 0 ? last_items_ : least_items_;
  report.most_items = most_items_ == 0 ? last_items_ : most_items_;
  report.element_time = Time(static_cast<Time::rep>(std::llround(element_ns_)));
  if (plan_.chunking.items != 0) {
    report.why = plan_.element_bytes != 0 && plan_.chosen_by_bytes
                     ? "chosen from the number of slots and the size of an element, since nothing is computed"
                 : plan_.set_from_outside ? "as --cohort-chunk-elements asks for"
                                          : "as the program asked for";
  } else if (most_measured_ == 0) {
    report.why = "nothing was measured yet";
  } else {
    const bool by_total = plan_.total && *plan_.total / kMostChunks > items_within(kLeast);
    report.why = by_total
                     ? "about " + std::to_string(kMostChunks) + " chunks, fewer elements toward the end"
                     : "so that a chunk takes about 2.5 ms and the runtime's cost stays under 1 %, less toward the end";
  }
  return report;
}

}  // namespace cohort::detail
