// A client's life: what it refuses when, how it closes, what becomes of calls under way.
#include "life_support.h"

namespace cryptoki::test {

namespace {

Frame finalize() { return Frame(CALL_C_Finalize); }

}  // namespace

TEST(calls_are_refused_before_their_time) {
  World w;
  User user(fakeLibrary());
  CHECK_EQUAL(user.call(Frame(CALL_C_GetInfo)).rv, uint64_t{ENGINE_NOT_INITIALIZED});
  CHECK_EQUAL(user.sync(Frame(CALL_C_GetInfo)).rv, uint64_t{ENGINE_NOT_INITIALIZED});
  CHECK_EQUAL(user.call(Frame(CALL_C_GetFunctionList)).rv, uint64_t{ENGINE_NO_SUCH_CALL});
  CHECK_EQUAL(user.call(Frame(9999)).rv, uint64_t{ENGINE_NO_SUCH_CALL});
  user.initialize();
  CHECK_EQUAL(user.call(work(4711, 1)).rv, uint64_t{ENGINE_SESSION_UNKNOWN});
  CHECK_EQUAL(user.call(Frame(CALL_C_SessionCancel)).rv, uint64_t{ENGINE_MALFORMED});
  CHECK_EQUAL(user.call(std::move(Frame(CALL_C_CloseSession).u32(1))).rv, uint64_t{ENGINE_MALFORMED});
  CHECK(w.log.size() == 1);
}

TEST(frames_that_are_none_are_malformed) {
  World w;
  User user(fakeLibrary());
  user.client->submit(77, nullptr, 0, {});
  CHECK_EQUAL(user.wait(77).rv, uint64_t{ENGINE_MALFORMED});
  Frame frame(CALL_C_GetInfo);
  frame.data[3] = 1;
  CHECK_EQUAL(user.call(frame).rv, uint64_t{ENGINE_MALFORMED});
}

TEST(nothing_works_before_load) {
  auto replies = std::make_shared<Replies>();
  auto client = Client::create("/nowhere/at/all.so", 4, replies);
  Frame early(CALL_C_GetInfo);
  client->submit(1, early.data.data(), early.data.size(), {});
  CHECK_EQUAL(replies->take(1).rv, uint64_t{ENGINE_NOT_LOADED});
  Frame load(CALL_Load);
  client->submit(2, load.data.data(), load.data.size(), {});
  Reply reply = replies->take(2);
  CHECK_EQUAL(reply.rv, uint64_t{ENGINE_LOAD_FAILED});
  CHECK(text(reply.read().bytes()).find("/nowhere/at/all.so") != std::string::npos);
  client->abandon();
}

TEST(initialize_hands_its_arguments_over) {
  World w;
  User user(fakeLibrary());
  Reply reply = user.initialize(false, "configdir=here");
  CHECK_EQUAL(reply.rv, uint64_t{CKR_OK});
  CHECK_EQUAL(reply.read().u8(), 0);
  CHECK(w.reserved == "configdir=here");
  CHECK_EQUAL(user.initialize().rv, uint64_t{CKR_CRYPTOKI_ALREADY_INITIALIZED});
  CHECK_EQUAL(w.count("C_Initialize"), 1);
}

TEST(a_failed_initialize_can_be_repeated) {
  World w;
  User user(fakeLibrary());
  w.initializeAnswer = CKR_CANT_LOCK;
  Reply reply = user.initialize();
  CHECK_EQUAL(reply.rv, uint64_t{CKR_CANT_LOCK});
  CHECK_EQUAL(reply.function, CALL_C_Initialize);
  w.initializeAnswer = CKR_OK;
  CHECK_EQUAL(user.initialize(true).rv, uint64_t{CKR_OK});
}

TEST(what_others_initialised_is_not_finalised_by_us) {
  World w;
  w.initialized = true;
  w.initializeAnswer = CKR_CRYPTOKI_ALREADY_INITIALIZED;
  User user(fakeLibrary());
  Reply reply = user.initialize();
  CHECK_EQUAL(reply.rv, uint64_t{CKR_OK});
  CHECK_EQUAL(reply.read().u8(), 2);
  user.open();
  CHECK_EQUAL(user.call(finalize()).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(w.count("C_CloseSession"), 1);
  CHECK_EQUAL(w.count("C_Finalize"), 0);
}

TEST(a_closing_session_takes_no_new_calls_and_finishes_the_old) {
  World w;
  User user(fakeLibrary());
  user.initialize();
  uint64_t session = user.open();
  w.hold();
  uint32_t running = user.send(work(session, 1));
  uint32_t queued = user.send(work(session, 2));
  uint32_t closed = user.send(close(session));
  CHECK_EQUAL(user.call(work(session, 3)).rv, uint64_t{ENGINE_SESSION_UNKNOWN});
  CHECK_EQUAL(user.call(close(session)).rv, uint64_t{ENGINE_SESSION_UNKNOWN});
  CHECK(!user.cancel(closed));
  w.letGo();
  CHECK_EQUAL(user.wait(running).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(user.wait(queued).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(user.wait(closed).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(user.call(close(session)).rv, uint64_t{ENGINE_SESSION_UNKNOWN});
  CHECK(w.open.empty());
  CHECK_EQUAL(w.violations, 0);
}

TEST(close_all_sessions_waits_for_those_of_its_slot) {
  World w;
  User user(fakeLibrary());
  user.initialize();
  std::vector<uint64_t> sessions;
  for (int i = 0; i < 5; ++i) sessions.push_back(user.open(1));
  uint64_t elsewhere = user.open(2);
  w.hold();
  std::vector<uint32_t> tickets;
  for (uint64_t session : sessions) {
    tickets.push_back(user.send(work(session, 1)));
    tickets.push_back(user.send(work(session, 2)));
  }
  w.untilInside(5);
  uint32_t all = user.send(closeAll(1));
  uint32_t later = user.send(std::move(Frame(CALL_C_OpenSession).u64(1).u64(CKF_SERIAL_SESSION)));
  CHECK(!user.cancel(all));
  CHECK_EQUAL(user.call(work(sessions[0], 3)).rv, uint64_t{ENGINE_SESSION_UNKNOWN});
  CHECK_EQUAL(w.count("C_CloseAllSessions"), 0);
  w.letGo();
  for (uint32_t ticket : tickets) CHECK_EQUAL(user.wait(ticket).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(user.wait(all).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(user.wait(later).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(w.violations, 0);
  // The library has closed this one too, as the test's library knows no slots; to the client it is open.
  CHECK_EQUAL(user.call(work(elsewhere, 1)).rv, uint64_t{CKR_SESSION_HANDLE_INVALID});
}

TEST(another_clients_sessions_survive_close_all_sessions) {
  World w;
  SharedLibrary& library = fakeLibrary();
  User first(library);
  User second(library);
  CHECK_EQUAL(first.initialize().read().u8(), 0);
  CHECK_EQUAL(second.initialize().read().u8(), 1);
  uint64_t mine = first.open();
  uint64_t theirs = second.open();
  CHECK_EQUAL(second.call(work(mine, 1)).rv, uint64_t{ENGINE_SESSION_UNKNOWN});
  CHECK_EQUAL(first.call(closeAll(1)).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(w.count("C_CloseAllSessions"), 0);
  CHECK_EQUAL(second.call(work(theirs, 1)).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(first.call(finalize()).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(w.count("C_Finalize"), 0);
  CHECK_EQUAL(second.call(work(theirs, 1)).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(second.call(finalize()).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(w.count("C_Finalize"), 1);
}

TEST(finalize_lets_everything_end_and_begins_anew) {
  World w;
  User user(fakeLibrary());
  for (int round = 0; round < 20; ++round) {
    CHECK_EQUAL(user.initialize().rv, uint64_t{CKR_OK});
    std::vector<uint32_t> tickets;
    for (int i = 0; i < 6; ++i) {
      uint64_t session = user.open();
      for (uint64_t k = 0; k < 5; ++k) tickets.push_back(user.send(work(session, k)));
    }
    uint32_t end = user.send(finalize());
    // Refused while it ends, and when it has ended.
    uint64_t refusal = user.call(Frame(CALL_C_GetInfo)).rv;
    CHECK(refusal == ENGINE_CLOSED || refusal == ENGINE_NOT_INITIALIZED);
    for (uint32_t ticket : tickets) CHECK_EQUAL(user.wait(ticket).rv, uint64_t{CKR_OK});
    CHECK_EQUAL(user.wait(end).rv, uint64_t{CKR_OK});
    CHECK_EQUAL(user.replies->order.size() > 0 ? w.violations : 1, 0);
  }
  CHECK_EQUAL(w.count("C_Finalize"), 20);
}

TEST(finalize_can_be_synchronous_when_nothing_runs) {
  World w;
  User user(fakeLibrary());
  CHECK_EQUAL(user.sync(std::move(Frame(CALL_C_Initialize).u8(0).u64(0).nullBytes().u8(0))).rv, uint64_t{CKR_OK});
  uint64_t session = user.open();
  w.hold();
  uint32_t running = user.send(work(session, 1));
  w.untilInside(1);
  CHECK_EQUAL(user.sync(finalize()).rv, uint64_t{ENGINE_BUSY});
  CHECK_EQUAL(user.sync(closeAll(1)).rv, uint64_t{ENGINE_BUSY});
  w.letGo();
  user.wait(running);
  CHECK_EQUAL(user.sync(closeAll(1)).rv, uint64_t{CKR_OK});
  uint64_t next = user.open();
  user.call(work(next, 1));
  CHECK_EQUAL(user.sync(finalize()).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(w.violations, 0);
}

TEST(an_abandoned_client_leaves_in_the_background) {
  World w;
  SharedLibrary& library = fakeLibrary();
  {
    User user(library);
    user.initialize();
    uint64_t session = user.open();
    w.hold();
    uint32_t running = user.send(work(session, 1));
    w.untilInside(1);
    uint32_t queued = user.send(work(session, 2));
    user.client->abandon();
    CHECK_EQUAL(user.wait(queued).rv, uint64_t{ENGINE_CLOSED});
    CHECK_EQUAL(user.call(work(session, 3)).rv, uint64_t{ENGINE_CLOSED});
    CHECK_EQUAL(w.count("C_Finalize"), 0);
    w.letGo();
    CHECK_EQUAL(user.wait(running).rv, uint64_t{CKR_OK});
  }
  // A user who comes before that is counted in, and nothing is finalised; one who comes after it gets the library as a new one.
  w.untilFinalized();
  User next(library);
  CHECK_EQUAL(next.initialize().read().u8(), 0);
  CHECK_EQUAL(w.count("C_Finalize"), 1);
  CHECK_EQUAL(w.violations, 0);
  CHECK(w.open.empty());
}

TEST(clients_abandoned_at_any_moment_leave_nothing_behind) {
  World w;
  SharedLibrary& library = fakeLibrary();
  for (int round = 0; round < 60; ++round) {
    User user(library);
    uint32_t started = user.send(std::move(Frame(CALL_C_Initialize).u8(0).u64(0).nullBytes().u8(0)));
    if (round % 3 > 0) user.wait(started);
    if (round % 3 > 1) {
      uint64_t session = user.open();
      for (uint64_t i = 0; i < 20; ++i) user.send(work(session, i));
      if (round % 2 == 0) user.send(closeAll(1));
      if (round % 4 == 0) user.send(finalize());
    }
  }
  w.untilFinalized();
  User last(library);
  CHECK_EQUAL(last.initialize().read().u8(), 0);
  CHECK_EQUAL(w.violations, 0);
  CHECK(w.open.empty());
}

TEST(finalize_ends_who_waits_for_a_slot_event) {
  World w;
  User user(fakeLibrary());
  user.initialize();
  uint32_t waiter = user.send(waitForEvent());
  uint32_t second = user.send(waitForEvent());
  {
    Guard lock(w.mutex);
    w.changed.wait(lock, [&] { return w.waiting == 1; });
  }
  CHECK_EQUAL(user.sync(waitForEvent()).rv, uint64_t{ENGINE_NOT_ALLOWED});
  CHECK_EQUAL(user.call(finalize()).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(user.wait(second).rv, uint64_t{ENGINE_CLOSED});
  Reply reply = user.wait(waiter);
  CHECK_EQUAL(reply.rv, uint64_t{CKR_CRYPTOKI_NOT_INITIALIZED});
}

TEST(a_waiter_that_stays_is_left_behind_and_its_event_goes_to_the_next) {
  World w;
  SharedLibrary& library = fakeLibrary();
  User first(library);
  User second(library);
  first.initialize();
  second.initialize();
  uint32_t waiter = first.send(waitForEvent());
  {
    Guard lock(w.mutex);
    w.changed.wait(lock, [&] { return w.waiting == 1; });
  }
  CHECK_EQUAL(first.call(finalize()).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(first.wait(waiter).rv, uint64_t{ENGINE_CLOSED});
  uint32_t heir = second.send(waitForEvent());
  {
    Guard lock(w.mutex);
    w.event = true;
    w.changed.notify_all();
  }
  Reply reply = second.wait(heir);
  CHECK_EQUAL(reply.rv, uint64_t{CKR_OK});
  CHECK_EQUAL(reply.read().u64(), uint64_t{9});
  CHECK_EQUAL(w.violations, 0);
}

}  // namespace cryptoki::test
