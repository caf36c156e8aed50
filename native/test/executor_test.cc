// Lanes and threads.
#include "life_support.h"

namespace cryptoki::test {

TEST(calls_of_one_session_run_one_at_a_time_and_in_order) {
  World w;
  User user(fakeLibrary());
  user.initialize();
  uint64_t session = user.open();
  std::vector<uint32_t> tickets;
  for (uint64_t i = 0; i < 200; ++i) tickets.push_back(user.send(work(session, i)));
  for (uint32_t ticket : tickets) CHECK_EQUAL(user.wait(ticket).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(w.violations, 0);
  for (uint64_t i = 0; i < 200; ++i) CHECK(w.log[i + 2] == "call " + std::to_string(i));
  for (size_t i = 1; i < user.replies->order.size(); ++i) CHECK(user.replies->order[i - 1] < user.replies->order[i]);
}

TEST(sessions_run_side_by_side_up_to_the_limit) {
  World w;
  User user(fakeLibrary(), 4);
  user.initialize();
  std::vector<uint64_t> sessions;
  for (int i = 0; i < 10; ++i) sessions.push_back(user.open());
  w.hold();
  std::vector<uint32_t> tickets;
  for (uint64_t session : sessions) tickets.push_back(user.send(work(session, 1)));
  w.untilInside(4);
  w.letGo();
  for (uint32_t ticket : tickets) CHECK_EQUAL(user.wait(ticket).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(w.most, 4);
  CHECK_EQUAL(w.violations, 0);
}

TEST(slots_and_the_library_have_lanes_of_their_own) {
  World w;
  User user(fakeLibrary());
  user.initialize();
  w.hold();
  std::vector<uint32_t> tickets;
  for (uint64_t slot : {1, 1, 2}) tickets.push_back(user.send(std::move(Frame(CALL_C_GetSlotInfo).u64(slot))));
  tickets.push_back(user.send(std::move(Frame(CALL_C_GetSlotList).u8(0))));
  tickets.push_back(user.send(std::move(Frame(CALL_C_GetSlotList).u8(0))));
  w.untilInside(3);
  w.letGo();
  for (uint32_t ticket : tickets) user.wait(ticket);
  CHECK_EQUAL(w.most, 3);
}

TEST(a_serial_library_gets_one_call_at_a_time) {
  World w;
  User user(fakeLibrary());
  CHECK_EQUAL(user.initialize(true).rv, uint64_t{CKR_OK});
  std::vector<uint32_t> tickets;
  uint64_t sessions[] = {user.open(1), user.open(2), user.open(2)};
  for (uint64_t i = 0; i < 60; ++i) tickets.push_back(user.send(work(sessions[i % 3], i)));
  for (uint32_t ticket : tickets) CHECK_EQUAL(user.wait(ticket).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(w.most, 1);
  // Nobody may sit in the library waiting for an event then.
  Reply reply = user.call(waitForEvent());
  CHECK_EQUAL(reply.rv, uint64_t{CKR_FUNCTION_NOT_SUPPORTED});
}

TEST(a_synchronous_call_finds_its_lane_free_or_is_refused) {
  World w;
  User user(fakeLibrary());
  user.initialize();
  uint64_t session = user.open();
  uint64_t other = user.open();
  for (uint64_t i = 0; i < 300; ++i) {
    CHECK_EQUAL(user.call(work(session, i)).rv, uint64_t{CKR_OK});
    // The reply is here: its worker may not have given back the lane yet, and that is nobody's business.
    CHECK_EQUAL(user.sync(work(session, 1000 + i)).rv, uint64_t{CKR_OK});
  }
  w.hold();
  uint32_t running = user.send(work(session, 1));
  w.untilInside(1);
  CHECK_EQUAL(user.sync(work(session, 2)).rv, uint64_t{ENGINE_BUSY});
  w.letGo();
  user.wait(running);
  CHECK_EQUAL(user.sync(work(other, 3)).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(w.violations, 0);
}

TEST(what_is_queued_behind_a_synchronous_call_runs_after_it) {
  World w;
  User user(fakeLibrary());
  user.initialize();
  uint64_t session = user.open();
  w.hold();
  std::thread thread([&] { CHECK_EQUAL(user.sync(work(session, 1)).rv, uint64_t{CKR_OK}); });
  w.untilInside(1);
  uint32_t ticket = user.send(work(session, 2));
  w.letGo();
  CHECK_EQUAL(user.wait(ticket).rv, uint64_t{CKR_OK});
  thread.join();
  CHECK_EQUAL(w.violations, 0);
}

TEST(a_queued_call_can_be_cancelled_a_running_one_not) {
  World w;
  User user(fakeLibrary());
  user.initialize();
  uint64_t session = user.open();
  w.hold();
  uint32_t running = user.send(work(session, 1));
  w.untilInside(1);
  uint32_t queued = user.send(work(session, 2));
  uint32_t after = user.send(work(session, 3));
  CHECK(!user.cancel(running));
  CHECK(user.cancel(queued));
  CHECK(!user.cancel(queued));
  CHECK_EQUAL(user.wait(queued).rv, uint64_t{ENGINE_CANCELLED});
  w.letGo();
  CHECK_EQUAL(user.wait(running).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(user.wait(after).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(w.count("call 2"), 0);
  CHECK(!user.cancel(after));
}

TEST(a_lane_emptied_by_cancelling_works_on) {
  World w;
  User user(fakeLibrary(), 1);
  user.initialize();
  uint64_t first = user.open();
  uint64_t second = user.open();
  w.hold();
  uint32_t running = user.send(work(first, 1));
  w.untilInside(1);
  uint32_t queued = user.send(work(second, 2));
  CHECK(user.cancel(queued));
  user.wait(queued);
  uint32_t again = user.send(work(second, 3));
  uint32_t closed = user.send(close(second));
  w.letGo();
  CHECK_EQUAL(user.wait(running).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(user.wait(again).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(user.wait(closed).rv, uint64_t{CKR_OK});
}

TEST(many_slots_are_no_more_than_many_lanes) {
  World w;
  User user(fakeLibrary());
  user.initialize();
  std::vector<uint32_t> tickets;
  for (uint64_t slot = 0; slot < 3000; ++slot)
    tickets.push_back(user.send(std::move(Frame(CALL_C_GetSlotInfo).u64(slot * 977))));
  for (uint32_t ticket : tickets) CHECK_EQUAL(user.wait(ticket).rv, uint64_t{CKR_OK});
}

}  // namespace cryptoki::test
