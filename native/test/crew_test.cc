// Crews: who takes what, and what becomes of members that fail, leave or do not come back.
#include "crew_support.h"

using namespace cryptoki;
using namespace cryptoki::driver;

TEST(crew_members_share_one_queue) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  CrewOf crew(engine);
  uint32_t early = engine.submit(digest(crew.id, "early"));
  CHECK(!engine.answered(early));
  for (int i = 0; i < 4; ++i) crew.add();
  CHECK(engine.wait(early).ok());
  fault.hang(CALL_C_Digest);
  std::vector<uint32_t> tickets;
  for (int i = 0; i < 100; ++i) tickets.push_back(engine.submit(digest(crew.id, "x")));
  fault.waitInside(CALL_C_Digest, 4);
  fault.release(CALL_C_Digest);
  for (uint32_t ticket : tickets) CHECK(engine.wait(ticket).ok());
  CHECK(fault.get(&fault_words::most_running) <= 4);
  fault.checkManners();
}

TEST(crew_calls_run_without_another_thread_to_wait_for) {
  Fault fault;
  Engine engine(fault.path(), 1);
  engine.start();
  CrewOf crew(engine);
  for (int i = 0; i < 8; ++i) crew.add();
  std::vector<uint32_t> tickets;
  for (int i = 0; i < 200; ++i) tickets.push_back(engine.submit(digest(crew.id, "x"), true));
  engine.wake();
  for (uint32_t ticket : tickets) CHECK(engine.wait(ticket).ok());
  CHECK_EQUAL(fault.get(&fault_words::most_running), 1u);
  CHECK(engine.sync(digest(crew.id, "x")).ok());
  fault.checkManners();
}

TEST(crew_member_used_last_is_used_next) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  CrewOf crew(engine);
  for (int i = 0; i < 5; ++i) crew.add();
  Request failing = Request(CALL_C_DigestFinal).u64(crew.id).u32(32);  // says where it ran
  uint64_t first = ranIn(engine.call(failing));
  CHECK_EQUAL(first, crew.members.back());
  CHECK_EQUAL(ranIn(engine.call(failing)), crew.members[3]);
  CHECK_EQUAL(crew.join(first), uint64_t{CKR_OK});
  CHECK_EQUAL(ranIn(engine.call(failing)), first);
}

TEST(crew_member_whose_call_failed_waits_for_a_word) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  CrewOf crew(engine);
  uint64_t session = crew.add();
  fault.fail(CALL_C_DigestInit, CKR_DEVICE_ERROR);
  Answer failed = engine.call(digest(crew.id, "x"));
  CHECK_EQUAL(failed.rv, uint64_t{CKR_DEVICE_ERROR});
  CHECK_EQUAL(ranIn(failed), session);
  uint32_t waits = engine.submit(digest(crew.id, "y"));
  CHECK(engine.call(digest(session, "z")).ok());
  CHECK(!engine.answered(waits));
  CHECK_EQUAL(engine.sync(digest(crew.id, "y")).rv, uint64_t{ENGINE_BUSY});
  CHECK_EQUAL(crew.join(session), uint64_t{CKR_OK});
  CHECK(engine.wait(waits).ok());
  // A synchronous call that fails does the same.
  fault.fail(CALL_C_DigestInit, CKR_DEVICE_ERROR);
  CHECK_EQUAL(ranIn(engine.sync(digest(crew.id, "x"))), session);
  CHECK_EQUAL(crew.take(), 0u);
  CHECK(!crew.leave(session));
  CHECK(engine.call(digest(session, "z")).ok());
  fault.checkManners();
}

TEST(crew_member_that_leaves_hands_on_what_it_has_not_begun) {
  Fault fault;
  Engine engine(fault.path(), 1);
  engine.start();
  CrewOf crew(engine);
  uint64_t first = crew.add();
  uint64_t second = crew.add();
  fault.hang(CALL_C_Digest);
  uint32_t runs = engine.submit(digest(crew.id, "x"));
  fault.waitInside(CALL_C_Digest);
  uint32_t queued = engine.submit(digest(crew.id, "y"));  // the other member's, for want of a thread
  CHECK(!crew.leave(first));
  CHECK(crew.leave(second));
  uint32_t own = engine.submit(digest(second, "z"));
  fault.release(CALL_C_Digest);
  CHECK(engine.wait(runs).ok());
  CHECK(engine.wait(own).ok());
  CHECK(!engine.answered(queued));
  CHECK_EQUAL(crew.join(first), uint64_t{CKR_OK});
  CHECK(engine.wait(queued).ok());
  CHECK(!crew.leave(second));
  CHECK_EQUAL(crew.join(4711), uint64_t{ENGINE_SESSION_UNKNOWN});
  fault.checkManners();
}

TEST(crew_gives_members_away_in_order) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  CrewOf crew(engine);
  uint64_t first = crew.add();
  uint64_t second = crew.add();
  CHECK_EQUAL(crew.take({first}), first);
  CHECK_EQUAL(crew.take({first}), 0u);
  CHECK_EQUAL(crew.take(), second);
  CHECK_EQUAL(crew.take(), 0u);
  uint32_t call = engine.submit(digest(crew.id, "x"));
  uint32_t reserved = crew.reserve();
  uint32_t after = engine.submit(digest(crew.id, "x"));
  crew.join(first);
  CHECK(engine.wait(call).ok());
  CHECK_EQUAL(engine.wait(reserved).u64(), first);
  CHECK(!engine.answered(after));
  CHECK(!crew.leave(first));
  crew.join(second);
  CHECK(engine.wait(after).ok());
  Answer synchronous = engine.sync(Request(CALL_CrewReserve).u64(crew.id));
  CHECK_EQUAL(synchronous.u64(), second);
  CrewOf other(engine);
  CHECK_EQUAL(other.join(second), uint64_t{CKR_OK});
  CHECK_EQUAL(crew.join(second), uint64_t{ENGINE_NOT_ALLOWED});
}

TEST(crew_calls_can_be_cancelled_and_flushed) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  CrewOf crew(engine);
  uint64_t session = crew.add();
  fault.hang(CALL_C_Digest);
  uint32_t runs = engine.submit(digest(crew.id, "x"));
  fault.waitInside(CALL_C_Digest);
  uint32_t queued[] = {engine.submit(digest(crew.id, "1")), engine.submit(digest(crew.id, "2")), crew.reserve()};
  auto running = engine.cancellation(runs);
  CHECK(running.what == Client::Cancelled::Runs);
  CHECK_EQUAL(running.session, session);
  CHECK(engine.cancel(queued[0]));
  Answer cancelled = engine.wait(queued[0]);
  CHECK(cancelled.engine(ENGINE_CANCELLED));
  CHECK_EQUAL(ranIn(cancelled), 0u);
  CHECK_EQUAL(crew.flush(), 2u);
  CHECK(engine.wait(queued[1]).engine(ENGINE_CANCELLED));
  CHECK(engine.wait(queued[2]).engine(ENGINE_CANCELLED));
  fault.release(CALL_C_Digest);
  CHECK(engine.wait(runs).ok());
  CHECK(engine.cancellation(runs).what == Client::Cancelled::Unknown);
  CHECK(engine.call(digest(crew.id, "x")).ok());
  CHECK_EQUAL(crew.end(), uint64_t{CKR_OK});
  CHECK(engine.call(digest(crew.id, "x")).engine(ENGINE_SESSION_UNKNOWN));
  CHECK(engine.call(digest(session, "x")).ok());
  CHECK_EQUAL(fault.calls(CALL_C_Digest), 3u);
}

TEST(crew_member_that_does_not_come_back_is_written_off) {
  Fault fault;
  Engine engine(fault.path(), 1);
  engine.start();
  CrewOf crew(engine);
  uint64_t stuck = crew.add();
  fault.hang(CALL_C_Digest);
  uint32_t runs = engine.submit(digest(crew.id, "x"));
  fault.waitInside(CALL_C_Digest);
  CHECK(crew.stuck(60000).empty());
  until([&] { return crew.stuck(2) == std::vector<uint64_t>{stuck}; });
  crew.join(stuck);
  CHECK(crew.writeOff(stuck));
  CHECK(crew.stuck(0).empty());
  // The only thread is in there: now there is another one.
  fault.tell(CALL_C_Digest, &fault_function::hang, 1);
  uint64_t fresh = engine.open();
  crew.join(fresh);
  CHECK(engine.call(Request(CALL_C_GetSessionInfo).u64(crew.id)).ok());
  CHECK_EQUAL(crew.take(), fresh);
  CHECK(!crew.writeOff(fresh));
  fault.release(CALL_C_Digest);
  CHECK(engine.wait(runs).ok());
  CHECK(engine.call(digest(stuck, "x")).ok());
  CHECK_EQUAL(crew.join(stuck), uint64_t{CKR_OK});
  CHECK(engine.call(digest(crew.id, "x")).ok());
  fault.checkManners();
}

TEST(crew_members_are_closed_like_any_session) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  CrewOf crew(engine);
  uint64_t first = crew.add();
  uint64_t second = crew.add();
  uint64_t third = crew.add();
  CHECK(engine.sync(Request(CALL_C_CloseSession).u64(third)).ok());
  fault.hang(CALL_C_Digest);
  uint32_t runs = engine.submit(digest(crew.id, "x"));
  fault.waitInside(CALL_C_Digest);
  uint32_t closed = engine.submit(Request(CALL_C_CloseSession).u64(second));
  uint32_t waits = engine.submit(digest(crew.id, "y"));
  CHECK(!engine.answered(closed));
  fault.release(CALL_C_Digest);
  CHECK(engine.wait(runs).ok());
  CHECK(engine.wait(closed).ok());
  CHECK(engine.wait(waits).ok());
  CHECK(engine.call(Request(CALL_C_CloseAllSessions).u64(1)).ok());
  CHECK_EQUAL(fault.get(&fault_words::sessions), 0u);
  uint32_t later = engine.submit(digest(crew.id, "z"));
  CHECK(engine.call(Request(CALL_C_CloseSession).u64(first)).engine(ENGINE_SESSION_UNKNOWN));
  crew.add();
  CHECK(engine.wait(later).ok());
  fault.checkManners();
}

TEST(crew_without_members_does_not_keep_the_library_from_closing) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  CrewOf crew(engine);
  CrewOf busy(engine);
  busy.add();
  uint32_t waits = engine.submit(digest(crew.id, "x"));
  fault.hang(CALL_C_Digest);
  uint32_t runs = engine.submit(digest(busy.id, "x"));
  fault.waitInside(CALL_C_Digest);
  CHECK(engine.sync(Request(CALL_C_Finalize)).engine(ENGINE_BUSY));
  uint32_t finalize = engine.submit(Request(CALL_C_Finalize));
  CHECK(engine.wait(waits).engine(ENGINE_CLOSED));
  CHECK(engine.sync(Request(CALL_CrewOpen)).engine(ENGINE_CLOSED));
  fault.release(CALL_C_Digest);
  CHECK(engine.wait(runs).ok());
  CHECK(engine.wait(finalize).ok());
  CHECK(engine.call(digest(crew.id, "x")).engine(ENGINE_NOT_INITIALIZED));
  CHECK(engine.call(Engine::initialize()).ok());
  CHECK(engine.call(digest(crew.id, "x")).engine(ENGINE_SESSION_UNKNOWN));
  fault.checkManners();
}

TEST(crew_of_a_serial_library_takes_turns_with_everybody) {
  Fault fault;
  Engine engine(fault.path());
  engine.load();
  CHECK(engine.call(Engine::initialize(CKF_OS_LOCKING_OK, true)).ok());
  CrewOf crew(engine);
  for (int i = 0; i < 4; ++i) crew.add();
  uint64_t alone = engine.open();
  std::vector<uint32_t> tickets;
  for (int i = 0; i < 100; ++i) tickets.push_back(engine.submit(digest(i % 5 == 0 ? alone : crew.id, "x")));
  for (uint32_t ticket : tickets) CHECK(engine.wait(ticket).ok());
  CHECK_EQUAL(fault.get(&fault_words::most_running), 1u);
  CHECK(engine.sync(digest(crew.id, "x")).ok());
  CHECK(crew.take() != 0);
  fault.checkManners();
}

TEST(crew_calls_refuse_what_makes_no_sense) {
  Fault fault;
  Engine engine(fault.path());
  engine.load();
  CHECK(engine.sync(Request(CALL_CrewOpen)).engine(ENGINE_NOT_INITIALIZED));
  CHECK(engine.call(Engine::initialize()).ok());
  CrewOf crew(engine);
  uint64_t session = engine.open();
  CHECK(engine.call(Request(CALL_CrewOpen).u8(1)).engine(ENGINE_MALFORMED));
  CHECK(engine.call(Request(CALL_CrewJoin).u64(session).u64(session)).engine(ENGINE_SESSION_UNKNOWN));
  CHECK(engine.call(Request(CALL_CrewJoin).u64(crew.id)).engine(ENGINE_MALFORMED));
  CHECK(engine.call(Request(CALL_CrewTake).u64(crew.id).u32(5)).engine(ENGINE_MALFORMED));
  CHECK(engine.call(Request(CALL_CrewFlush).u64(session)).engine(ENGINE_SESSION_UNKNOWN));
  CHECK(engine.call(Request(CALL_WriteOff).u64(crew.id)).engine(ENGINE_SESSION_UNKNOWN));
  CHECK(engine.call(Request(CALL_CrewReserve).u64(session)).engine(ENGINE_SESSION_UNKNOWN));
  CHECK(engine.call(Request(CALL_C_CloseSession).u64(crew.id)).engine(ENGINE_SESSION_UNKNOWN));
  Engine other(fault.path());
  other.start();
  CHECK(other.call(Request(CALL_CrewJoin).u64(crew.id).u64(session)).engine(ENGINE_SESSION_UNKNOWN));
  CrewOf theirs(other);
  CHECK_EQUAL(theirs.join(session), uint64_t{ENGINE_SESSION_UNKNOWN});
}
