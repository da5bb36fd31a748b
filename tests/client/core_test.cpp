#include "client/core.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>

#include "session/clock.hpp"
#include "session/local_session.hpp"

namespace cohort::detail {

namespace {

using namespace std::chrono_literals;

/// Has one more task to submit, but is held up on its way by whoever drives, until it is let on.
class SlowFeed final : public Core::Feed {
 public:
  SlowFeed(Core& core, TaskId id) : core_(core), id_(id) {}

  void pump(bool client_thread) override {
    if (client_thread) client_has_pumped_ = true;
    if (begun_.exchange(true)) return;
    is_pumping_.set_value();
    may_go_on_.get_future().wait();
    CallRequest request;
    request.unwritable = std::make_exception_ptr(std::runtime_error("submitted in the end"));
    core_.fill(id_, std::move(request));
    ended_ = true;
  }
  bool ended() const override { return ended_; }
  bool reads() const override { return false; }

  void wait_until_it_pumps() { is_pumping_.get_future().wait(); }
  bool client_has_pumped() const { return client_has_pumped_; }
  void let_on() { may_go_on_.set_value(); }

 private:
  Core& core_;
  const TaskId id_;
  std::promise<void> is_pumping_;
  std::promise<void> may_go_on_;
  std::atomic<bool> begun_ = false;
  std::atomic<bool> client_has_pumped_ = false;
  std::atomic<bool> ended_ = false;
};

}  // namespace

TEST_CASE("near the end, who waits is not sent away while the helper is about to submit more") {
  session::LocalSession session(1);
  Core& core = *session.core();
  const FutureHandle future = core.reserve();
  const auto feed = std::make_shared<SlowFeed>(core, future->id);
  core.add_feed(feed);
  feed->wait_until_it_pumps();  // on the helper's thread: this one is in no call
  core.begin_closing(session::steady_now() + 1h, session::steady_now() + 1h);
  // Nothing runs, and nothing else is known to come.
  const std::vector<const FutureState*> futures{future.get()};
  bool sent_away = false;
  try {
    // Sees at first that there may be something to submit, and finds that another thread is at it.
    while (!feed->client_has_pumped()) static_cast<void>(core.wait_for_several(futures, 1ms, When::all));
    static_cast<void>(core.wait_for_several(futures, 0ns, When::all));
  } catch (const TimeLimitReached&) {
    sent_away = true;
  }
  feed->let_on();
  CHECK_FALSE(sent_away);
  CHECK(core.exception_of(future->id) != nullptr);
  core.look_at(future->id);
}

}  // namespace cohort::detail
