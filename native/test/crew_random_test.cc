// Crews and batches under everything at once: whatever happens, every request is answered once, every output is right,
// and no session has two calls.
#include <map>
#include <random>
#include <set>

#include "crew_support.h"

using namespace cryptoki;
using namespace cryptoki::driver;

namespace {

constexpr size_t kItems = 40;

class Turmoil {
 public:
  Turmoil(uint32_t seed, uint32_t threads) : dice_(seed), engine_(fault_.path(), threads) {
    engine_.load();
    CHECK(engine_.call(Engine::initialize(CKF_OS_LOCKING_OK, seed % 5 == 4)).ok());
    alone_ = engine_.open();
    request_.items = numbered(kItems);
    request_.fatal = {CKR_DEVICE_ERROR};
    for (const std::string& item : request_.items) digests_.push_back(engine_.call(digest(alone_, item)).bytes());
    for (int i = 0; i < 2; ++i) crews_.push_back(std::make_unique<CrewOf>(engine_));
    fault_.fail(CALL_C_DigestInit, CKR_DEVICE_ERROR, 0, 0);
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    settle();
    fault_.checkManners();
  }

 private:
  uint32_t roll(uint32_t sides) { return static_cast<uint32_t>(dice_() % sides); }
  CrewOf& crew() { return *crews_[roll(2)]; }
  uint64_t someSession() {
    return sessions_.empty() ? alone_ : sessions_[roll(static_cast<uint32_t>(sessions_.size()))];
  }

  void step() {
    uint64_t session = someSession();
    switch (roll(16)) {
      case 0:
        if (sessions_.size() < 12) sessions_.push_back(engine_.open());
        crew().join(sessions_.back());
        return;
      case 1:
      case 2:
        request_.most = 1 + roll(8);
        batches_.push_back(engine_.submit(request_.on(crew().id), roll(2) == 0));
        return;
      case 3:
      case 4:
      case 5:
        calls_.push_back(engine_.submit(digest(crew().id, request_.items[0]), roll(2) == 0));
        return;
      case 6:
        calls_.push_back(engine_.submit(digest(session, request_.items[0])));
        return;
      case 7:
        engine_.sync(digest(roll(2) == 0 ? crew().id : session, "x"));
        return;
      case 8:
        crew().leave(session);
        return;
      case 9:
        crew().join(session);
        return;
      case 10:
        if (roll(4) == 0) crew().writeOff(session);
        return;
      case 11:
        if (!batches_.empty()) engine_.cancellation(batches_[roll(static_cast<uint32_t>(batches_.size()))]);
        if (!calls_.empty()) engine_.cancel(calls_[roll(static_cast<uint32_t>(calls_.size()))]);
        return;
      case 12:
        if (roll(2) == 0) fault_.fail(CALL_C_DigestInit, CKR_DEVICE_ERROR, roll(20), 1);
        if (roll(8) == 0) crew().flush();
        fault_.tell(CALL_C_Digest, &fault_function::sleep, roll(300));
        return;
      case 13:
        if (roll(4) == 0) close(session);
        return;
      case 14:
        reserved_.push_back(crew().reserve());
        crew().stuck(roll(3));
        return;
      default:
        if (roll(2) == 0) crew().join(crew().take());
        engine_.wake();
    }
  }

  void close(uint64_t session) {
    if (session == alone_) return;
    calls_.push_back(engine_.submit(Request(CALL_C_CloseSession).u64(session)));
    for (size_t i = 0; i < sessions_.size(); ++i) {
      if (sessions_[i] == session) sessions_.erase(sessions_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  // With a member that works, everything comes to its end. Members that fail are told to go on.
  void settle() {
    fault_.fail(CALL_C_DigestInit, CKR_OK, 0, 0);
    engine_.wake();
    std::set<uint32_t> left(calls_.begin(), calls_.end());
    left.insert(batches_.begin(), batches_.end());
    left.insert(reserved_.begin(), reserved_.end());
    while (!left.empty()) {
      std::vector<uint64_t> spare = {engine_.open(), engine_.open()};
      for (size_t i = 0; i < 2; ++i) crews_[i]->join(spare[i]);
      for (uint64_t session : sessions_) crew().join(session);
      sessions_.insert(sessions_.end(), spare.begin(), spare.end());
      for (auto at = left.begin(); at != left.end();) at = engine_.answered(*at) ? left.erase(at) : std::next(at);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    for (uint32_t ticket : calls_) check(engine_.wait(ticket));
    for (uint32_t ticket : reserved_) engine_.wait(ticket);
    for (uint32_t ticket : batches_) check(BatchAnswer(engine_.wait(ticket)));
  }

  void check(Answer answer) {
    if (answer.ok() && answer.function == CALL_C_Digest) CHECK(answer.bytes() == digests_[0]);
  }
  void check(const BatchAnswer& answer) {
    CHECK(answer.rv == CKR_OK);
    for (size_t i = 0; i < answer.status.size(); ++i) {
      if (answer.status[i] == 32) CHECK(answer.outputs[i] == digests_[i]);
    }
    for (const BatchFailure& failure : answer.failures)
      CHECK(failure.rv == CKR_DEVICE_ERROR || failure.rv == ENGINE_ABANDONED);
  }

  std::mt19937 dice_;
  Fault fault_;
  Engine engine_;
  uint64_t alone_ = 0;
  BatchRequest request_;
  std::vector<std::string> digests_;
  std::vector<std::unique_ptr<CrewOf>> crews_;
  std::vector<uint64_t> sessions_;
  std::vector<uint32_t> calls_, batches_, reserved_;
};

}  // namespace

TEST(crew_random_turmoil) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    Turmoil turmoil(seed, seed % 3 == 0 ? 2 : 64);
    turmoil.run(400);
    if (cryptoki::test::failures() > 0) {
      std::fprintf(stderr, "seed %u\n", seed);
      return;
    }
  }
}
