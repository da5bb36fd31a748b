// Core: what submits further tasks as others end.
#include <algorithm>
#include <exception>
#include <utility>

#include "client/core.hpp"

namespace cohort::detail {

namespace {

/// For so long a collection waits for a further step to be added to it, unless a client thread waits for anything.
constexpr Time kFeedsRest = std::chrono::microseconds(50);

}  // namespace

void Core::add_feed(std::shared_ptr<Feed> feed) {
  const Lock lock = enter();
  require_open();
  feeds_.push_back(std::move(feed));
  last_feed_added_ = options_.clock();
  feeds_are_due();
}

/// With the lock.
void Core::feeds_are_due() {
  feeds_due_ = true;
  reading_feeds_due_ = true;
  if (driver_sleeps_) bell_.ring();
  wake_helper();
}

/// Lets go of the lock meanwhile.
void Core::pump_feeds(Lock& lock, bool client_thread) {
  feeds_due_ = false;
  if (client_thread) reading_feeds_due_ = false;
  std::vector<std::shared_ptr<Feed>> feeds = feeds_;
  begin_pump();
  if (client_thread) {
    ++pumping_clients_;
    // May take any time: what is submitted meanwhile must leave.
    if (std::any_of(feeds.begin(), feeds.end(), [](const auto& feed) { return feed->reads(); })) ring_helper();
  }
  lock.unlock();
  std::exception_ptr error;
  try {
    for (const std::shared_ptr<Feed>& feed : feeds) feed->pump(client_thread);
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  end_pump();
  if (client_thread) --pumping_clients_;
  std::vector<std::shared_ptr<Feed>> ended;
  for (std::shared_ptr<Feed>& feed : feeds_) {
    if (feed->ended()) ended.push_back(std::move(feed));
  }
  std::erase(feeds_, nullptr);
  if (followers_ > 0) followers_cv_.notify_all();
  // What goes with them may be futures, whose end takes the lock.
  lock.unlock();
  ended.clear();
  feeds.clear();
  lock.lock();
  // If the client has ended meanwhile, nobody waits for anything any more.
  if (error && !closed_) std::rethrow_exception(error);
}

/// Of the thread that asks for it. Without the lock.
void Core::pump(Feed& feed) {
  {
    const Lock lock = enter();
    begin_pump();
  }
  std::exception_ptr error;
  try {
    feed.pump(true);
  } catch (...) {
    error = std::current_exception();
  }
  {
    const Lock lock = enter();
    end_pump();
    if (followers_ > 0) followers_cv_.notify_all();
  }
  if (error) std::rethrow_exception(error);
}

bool Core::feeds_want_helper() const {
  return feeds_due_ && !driving_ && pumping_clients_ == 0 && options_.clock() - last_feed_added_ >= kFeedsRest;
}

FutureHandle Core::reserve() {
  const Lock lock = enter();
  require_open();
  return make_future(tasks().on_reserve());
}

void Core::fill(TaskId id, CallRequest request) {
  scheduler::Submission submission = make_submission(request, {});
  const Lock lock = enter();
  require_open();
  tasks().on_fill(id, std::move(submission), options_.clock());
  wake_helper();
}

}  // namespace cohort::detail
