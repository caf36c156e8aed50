// Who waits for whom: queues, barriers, synchronous calls, cancelling, leaving.
#include <chrono>
#include <thread>

#include "driver.h"

using namespace cryptoki;
using namespace cryptoki::driver;

namespace {

Request digest(uint64_t session, const std::string& data) {
  return Request(CALL_DigestOnce).u64(session).mechanism(CKM_SHA256).bytes(data).u32(32);
}

template <typename Condition>
void until(Condition condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace

TEST(engine_lanes_keep_the_order_of_a_session) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.open();
  uint32_t first = engine.submit(Request(CALL_C_DigestInit).u64(session).mechanism(CKM_SHA256));
  std::vector<uint32_t> parts;
  for (int i = 0; i < 200; ++i)
    parts.push_back(
        engine.submit(Request(CALL_C_DigestUpdate).u64(session).bytes(std::string(1, static_cast<char>(i)))));
  uint32_t last = engine.submit(Request(CALL_C_DigestFinal).u64(session).u32(32));
  CHECK(engine.wait(first).ok());
  for (uint32_t part : parts) CHECK(engine.wait(part).ok());
  std::string streamed = engine.wait(last).bytes();
  std::string whole;
  for (int i = 0; i < 200; ++i) whole.push_back(static_cast<char>(i));
  CHECK(engine.call(digest(session, whole)).bytes() == streamed);
  fault.checkManners();
}

TEST(engine_lanes_run_sessions_side_by_side_up_to_the_limit) {
  Fault fault;
  Engine engine(fault.path(), 3);
  engine.start();
  std::vector<uint64_t> sessions;
  for (int i = 0; i < 8; ++i) sessions.push_back(engine.open());
  fault.hang(CALL_C_Digest);
  std::vector<uint32_t> tickets;
  for (uint64_t session : sessions) tickets.push_back(engine.submit(digest(session, "x")));
  fault.waitInside(CALL_C_Digest, 3);
  CHECK_EQUAL(fault.calls(CALL_C_Digest), 3u);
  fault.release(CALL_C_Digest);
  for (uint32_t ticket : tickets) CHECK(engine.wait(ticket).ok());
  CHECK(fault.get(&fault_words::most_running) <= 3);
  fault.checkManners();
}

TEST(engine_lanes_run_what_was_held_after_the_wake) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  std::vector<uint64_t> sessions;
  for (int i = 0; i < 8; ++i) sessions.push_back(engine.open());
  fault.hang(CALL_C_Digest);
  std::vector<uint32_t> tickets;
  for (uint64_t session : sessions) tickets.push_back(engine.submit(digest(session, "x"), true));
  engine.wake();
  // One is woken, and the others by each other, although every call stays inside.
  fault.waitInside(CALL_C_Digest, 8);
  fault.release(CALL_C_Digest);
  for (uint32_t ticket : tickets) CHECK(engine.wait(ticket).ok());
  uint32_t before = engine.submit(digest(sessions[0], "y"), true);
  engine.finish();
  CHECK(engine.wait(before).ok());
  fault.checkManners();
}

TEST(engine_lanes_many_threads_many_sessions) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  std::vector<std::thread> threads;
  std::mutex mutex;  // The driver's tickets are one thread's business.
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      Engine own(fault.path());
      {
        std::lock_guard<std::mutex> lock(mutex);
        own.start();
      }
      std::vector<uint64_t> sessions;
      for (int i = 0; i < 4; ++i) sessions.push_back(own.open());
      std::vector<uint32_t> tickets;
      for (int i = 0; i < 200; ++i)
        tickets.push_back(own.submit(digest(sessions[static_cast<size_t>(i) % 4], std::to_string(i))));
      for (uint32_t ticket : tickets) CHECK(own.wait(ticket).ok());
      for (uint64_t session : sessions) CHECK(own.call(Request(CALL_C_CloseSession).u64(session)).ok());
      own.finish();
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_EQUAL(fault.get(&fault_words::sessions), 0u);
  engine.finish();
  CHECK_EQUAL(fault.get(&fault_words::initialized), 0u);
  fault.checkManners();
}

TEST(engine_lanes_synchronous_call_refuses_a_busy_lane) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t busy = engine.open();
  uint64_t idle = engine.open();
  fault.hang(CALL_C_Digest);
  uint32_t ticket = engine.submit(digest(busy, "x"));
  fault.waitInside(CALL_C_Digest);
  CHECK(engine.sync(Request(CALL_C_GetSessionInfo).u64(busy)).engine(ENGINE_BUSY));
  CHECK(engine.sync(Request(CALL_C_GetSessionInfo).u64(idle)).ok());
  CHECK(engine.sync(Request(CALL_C_Finalize)).engine(ENGINE_BUSY));
  fault.release(CALL_C_Digest);
  CHECK(engine.wait(ticket).ok());
  CHECK(engine.sync(digest(busy, "x")).ok());
  CHECK(engine.sync(Request(CALL_C_CloseSession).u64(busy)).ok());
  CHECK(engine.sync(Request(CALL_C_CloseSession).u64(busy)).engine(ENGINE_SESSION_UNKNOWN));
  fault.checkManners();
}

TEST(engine_lanes_synchronous_calls_throughout) {
  Fault fault;
  Engine engine(fault.path());
  CHECK_EQUAL(engine.sync(Request(CALL_Load)).rv, CKR_OK);
  CHECK(engine.sync(Engine::initialize()).ok());
  Answer opened = engine.sync(Request(CALL_C_OpenSession).u64(1).u64(CKF_SERIAL_SESSION));
  CHECK(opened.ok());
  uint64_t session = opened.u64();
  for (int i = 0; i < 100; ++i) CHECK(engine.sync(digest(session, std::to_string(i))).ok());
  // A synchronous call right behind an answer must not find the lane busy.
  for (int i = 0; i < 100; ++i) {
    CHECK(engine.call(digest(session, "x")).ok());
    CHECK(engine.sync(digest(session, "x")).ok());
  }
  CHECK(engine.sync(Request(CALL_C_Finalize)).ok());
  fault.checkManners();
}

TEST(engine_lanes_cancel_takes_only_what_waits) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.open();
  fault.hang(CALL_C_Digest);
  uint32_t running = engine.submit(digest(session, "a"));
  fault.waitInside(CALL_C_Digest);
  uint32_t queued = engine.submit(digest(session, "b"));
  uint32_t behind = engine.submit(digest(session, "c"));
  CHECK(engine.cancel(queued));
  CHECK(engine.wait(queued).engine(ENGINE_CANCELLED));
  CHECK(!engine.cancel(queued));
  CHECK(!engine.cancel(running));
  CHECK(!engine.cancel(4711));
  fault.release(CALL_C_Digest);
  CHECK(engine.wait(running).ok());
  CHECK(engine.wait(behind).ok());
  CHECK(!engine.cancel(running));
  CHECK_EQUAL(fault.calls(CALL_C_Digest), 2u);
  fault.checkManners();
}

TEST(engine_lanes_close_waits_for_what_came_before) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.open();
  fault.hang(CALL_C_Digest);
  uint32_t running = engine.submit(digest(session, "a"));
  fault.waitInside(CALL_C_Digest);
  uint32_t queued = engine.submit(digest(session, "b"));
  uint32_t close = engine.submit(Request(CALL_C_CloseSession).u64(session));
  CHECK(engine.call(digest(session, "c")).engine(ENGINE_SESSION_UNKNOWN));
  CHECK(!engine.cancel(close));
  fault.release(CALL_C_Digest);
  CHECK(engine.wait(running).ok());
  CHECK(engine.wait(queued).ok());
  CHECK(engine.wait(close).ok());
  fault.checkManners();
}

TEST(engine_lanes_close_all_sessions_is_a_barrier) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  std::vector<uint64_t> sessions;
  for (int i = 0; i < 5; ++i) sessions.push_back(engine.open());
  uint64_t elsewhere = engine.open(2);
  fault.hang(CALL_C_Digest);
  std::vector<uint32_t> tickets;
  for (uint64_t session : sessions) tickets.push_back(engine.submit(digest(session, "x")));
  fault.waitInside(CALL_C_Digest, 5);
  uint32_t all = engine.submit(Request(CALL_C_CloseAllSessions).u64(1));
  for (uint64_t session : sessions)
    CHECK(engine.call(Request(CALL_C_GetSessionInfo).u64(session)).engine(ENGINE_SESSION_UNKNOWN));
  CHECK(engine.call(Request(CALL_C_GetSessionInfo).u64(elsewhere)).ok());
  CHECK(!engine.answered(all));
  fault.release(CALL_C_Digest);
  for (uint32_t ticket : tickets) CHECK(engine.wait(ticket).ok());
  CHECK(engine.wait(all).ok());
  CHECK_EQUAL(fault.get(&fault_words::sessions), 1u);
  CHECK(engine.open() != 0);
  fault.checkManners();
}

TEST(engine_lanes_close_all_sessions_leaves_the_neighbour) {
  Fault fault;
  Engine one(fault.path());
  Engine other(fault.path());
  one.start();
  other.load();
  CHECK(other.call(Engine::initialize()).ok());
  uint64_t mine = one.open();
  uint64_t theirs = other.open();
  CHECK(one.call(Request(CALL_C_CloseAllSessions).u64(1)).ok());
  CHECK(one.call(Request(CALL_C_GetSessionInfo).u64(mine)).engine(ENGINE_SESSION_UNKNOWN));
  CHECK(other.call(Request(CALL_C_GetSessionInfo).u64(theirs)).ok());
  fault.checkManners();
}

TEST(engine_lanes_finalize_drains_everything) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  std::vector<uint32_t> tickets;
  fault.hang(CALL_C_Digest);
  for (int i = 0; i < 6; ++i) {
    uint64_t session = engine.open();
    for (int j = 0; j < 5; ++j) tickets.push_back(engine.submit(digest(session, "x")));
  }
  uint32_t finalize = engine.submit(Request(CALL_C_Finalize));
  CHECK(engine.call(Request(CALL_C_GetInfo)).engine(ENGINE_CLOSED));
  fault.release(CALL_C_Digest);
  for (uint32_t ticket : tickets) CHECK(engine.wait(ticket).ok());
  CHECK(engine.wait(finalize).ok());
  CHECK_EQUAL(fault.get(&fault_words::finalizations), 1u);
  CHECK_EQUAL(fault.get(&fault_words::sessions), 0u);
  fault.checkManners();
}

TEST(engine_lanes_abandon_lets_the_running_call_end) {
  Fault fault;
  {
    Engine engine(fault.path());
    engine.start();
    uint64_t session = engine.open();
    fault.hang(CALL_C_Digest);
    uint32_t running = engine.submit(digest(session, "a"));
    fault.waitInside(CALL_C_Digest);
    uint32_t queued = engine.submit(digest(session, "b"));
    engine.abandon();
    CHECK(engine.wait(queued).engine(ENGINE_CLOSED));
    CHECK(engine.call(Request(CALL_C_GetInfo)).engine(ENGINE_CLOSED));
    fault.release(CALL_C_Digest);
    CHECK(engine.wait(running).ok());
  }
  until([&] { return fault.get(&fault_words::finalizations) == 1; });
  CHECK_EQUAL(fault.calls(CALL_C_Digest), 1u);
  fault.checkManners();
}

TEST(engine_lanes_abandoned_with_a_call_that_never_ends) {
  Fault fault;
  Engine other(fault.path());
  other.start();
  {
    Engine engine(fault.path());
    engine.load();
    CHECK(engine.call(Engine::initialize()).ok());
    uint64_t session = engine.open();
    fault.hang(CALL_C_Digest);
    engine.submit(digest(session, "a"));
    fault.waitInside(CALL_C_Digest);
  }
  // The neighbour goes on working meanwhile.
  uint64_t session = other.open();
  CHECK(other.call(Request(CALL_C_GetSessionInfo).u64(session)).ok());
  fault.release(CALL_C_Digest);
  until([&] { return fault.get(&fault_words::sessions) == 1; });
  other.finish();
  fault.checkManners();
}

TEST(engine_lanes_abandon_at_every_stage) {
  Fault fault;
  { Engine engine(fault.path()); }
  {
    Engine engine(fault.path());
    engine.submit(Request(CALL_Load));
  }
  {
    Engine engine(fault.path());
    engine.load();
    engine.submit(Engine::initialize());
  }
  until([&] { return fault.get(&fault_words::initialized) == 0; });
  for (int round = 0; round < 20; ++round) {
    Engine engine(fault.path());
    engine.load();
    Answer initialized = engine.call(Engine::initialize());
    CHECK(initialized.ok());
    engine.submit(Request(CALL_C_OpenSession).u64(1).u64(CKF_SERIAL_SESSION));
    engine.submit(Request(CALL_C_GetSlotList).u8(0));
    if (round % 2 == 0) engine.submit(Request(CALL_C_Finalize));
  }
  until([&] { return fault.get(&fault_words::initialized) == 0 && fault.get(&fault_words::sessions) == 0; });
  fault.checkManners();
}

TEST(engine_lanes_slot_event_comes) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  CHECK_EQUAL(engine.call(Request(CALL_C_WaitForSlotEvent).u64(CKF_DONT_BLOCK)).rv, CKR_NO_EVENT);
  uint32_t waiting = engine.submit(Request(CALL_C_WaitForSlotEvent).u64(0));
  fault.waitInside(CALL_C_WaitForSlotEvent);
  uint64_t session = engine.open();
  CHECK(engine.call(digest(session, "x")).ok());
  CHECK(!engine.answered(waiting));
  fault.set(&fault_words::inserted, 1u << 3);
  Answer event = engine.wait(waiting);
  CHECK(event.ok());
  CHECK_EQUAL(event.u64(), 4u);
  fault.checkManners();
}

TEST(engine_lanes_slot_event_ends_with_finalize) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint32_t waiting = engine.submit(Request(CALL_C_WaitForSlotEvent).u64(0));
  uint32_t behind = engine.submit(Request(CALL_C_WaitForSlotEvent).u64(0));
  fault.waitInside(CALL_C_WaitForSlotEvent);
  CHECK(engine.cancel(behind));
  CHECK(engine.wait(behind).engine(ENGINE_CANCELLED));
  uint32_t another = engine.submit(Request(CALL_C_WaitForSlotEvent).u64(0));
  CHECK(engine.sync(Request(CALL_C_WaitForSlotEvent).u64(0)).engine(ENGINE_NOT_ALLOWED));
  engine.finish();
  CHECK(!engine.wait(waiting).ok());
  CHECK(engine.wait(another).engine(ENGINE_CLOSED));
  CHECK_EQUAL(fault.get(&fault_words::initialized), 0u);
  CHECK_EQUAL(fault.get(&fault_words::finalized_while_running), 0u);
}

TEST(engine_lanes_slot_event_that_does_not_end_is_left) {
  Fault fault;
  fault.set(&fault_words::parallel_wait, 1);
  Engine engine(fault.path());
  engine.start();
  uint32_t waiting = engine.submit(Request(CALL_C_WaitForSlotEvent).u64(0));
  fault.waitInside(CALL_C_WaitForSlotEvent);
  engine.finish();
  CHECK(engine.wait(waiting).engine(ENGINE_CLOSED));
  fault.set(&fault_words::parallel_wait, 0);
  until([&] { return fault.get(&fault_words::running) == 0; });
}
