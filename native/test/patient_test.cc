// Calls on the calling thread that wait for their turn.
#include "life_support.h"

namespace cryptoki::test {

namespace {

Frame patient(Frame frame) {
  frame.data[2] = MANNER_PATIENT;
  return frame;
}

// Whether another thread stands in a call of its own by now, is for the library to tell; that it waits, for nobody.
struct Other {
  template <typename Body>
  explicit Other(Body body) : thread(body) {}
  ~Other() { thread.join(); }
  std::thread thread;
};

}  // namespace

TEST(a_patient_call_waits_for_all_that_stand_before_it) {
  World w;
  User user(fakeLibrary());
  user.initialize();
  uint64_t session = user.open();
  w.hold();
  uint32_t first = user.send(work(session, 1));
  uint32_t second = user.send(work(session, 2));
  w.untilInside(1);
  Other other([&] { w.letGo(); });
  CHECK_EQUAL(user.sync(patient(work(session, 3))).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(user.wait(first).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(user.wait(second).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(w.violations, 0);
  CHECK(w.log.back() == "call 3");
}

TEST(a_patient_call_sees_to_calls_that_are_held) {
  World w;
  User user(fakeLibrary());
  user.initialize();
  uint64_t session = user.open();
  Frame frame = work(session, 1);
  user.client->submit(99, frame.data.data(), frame.data.size(), {}, true);
  CHECK_EQUAL(user.sync(patient(work(session, 2))).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(user.wait(99).rv, uint64_t{CKR_OK});
  CHECK(w.log.back() == "call 2");
}

TEST(a_patient_end_waits_for_what_it_ends) {
  World w;
  User user(fakeLibrary());
  user.initialize();
  uint64_t session = user.open();
  uint64_t another = user.open();
  for (bool all : {false, true}) {
    w.hold();
    uint32_t running = user.send(work(session, 1));
    w.untilInside(1);
    Other other([&] { w.letGo(); });
    CHECK_EQUAL(user.sync(patient(all ? closeAll(1) : close(session))).rv, uint64_t{CKR_OK});
    CHECK_EQUAL(user.wait(running).rv, uint64_t{CKR_OK});
    CHECK_EQUAL(user.sync(patient(work(session, 1))).rv, uint64_t{ENGINE_SESSION_UNKNOWN});
    session = another;
  }
  session = user.open();
  w.hold();
  uint32_t running = user.send(work(session, 1));
  w.untilInside(1);
  {
    Other other([&] { w.letGo(); });
    CHECK_EQUAL(user.sync(patient(Frame(CALL_C_Finalize))).rv, uint64_t{CKR_OK});
  }
  CHECK_EQUAL(user.wait(running).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(user.sync(patient(work(session, 1))).rv, uint64_t{ENGINE_NOT_INITIALIZED});
  CHECK_EQUAL(w.violations, 0);
}

TEST(a_session_that_is_closed_while_a_patient_call_waits_is_unknown) {
  World w;
  User user(fakeLibrary());
  user.initialize();
  uint64_t session = user.open();
  w.hold();
  uint32_t running = user.send(work(session, 1));
  uint32_t closing = user.send(close(session));
  w.untilInside(1);
  Other other([&] { w.letGo(); });
  CHECK_EQUAL(user.sync(patient(work(session, 2))).rv, uint64_t{ENGINE_SESSION_UNKNOWN});
  CHECK_EQUAL(user.wait(running).rv, uint64_t{CKR_OK});
  CHECK_EQUAL(user.wait(closing).rv, uint64_t{CKR_OK});
}

TEST(many_patient_threads_have_their_turns) {
  World w;
  SharedLibrary& library = fakeLibrary();
  User first(library);
  first.initialize(true);
  std::vector<std::unique_ptr<Other>> others;
  for (int i = 0; i < 4; ++i) {
    others.push_back(std::make_unique<Other>([&] {
      User user(library);
      user.initialize(true);
      uint64_t session = user.open();
      for (int turn = 0; turn < 50; ++turn) {
        uint32_t ticket = user.send(work(session, 1));
        CHECK_EQUAL(user.sync(patient(work(session, 2))).rv, uint64_t{CKR_OK});
        CHECK_EQUAL(user.wait(ticket).rv, uint64_t{CKR_OK});
      }
    }));
  }
  others.clear();
  CHECK_EQUAL(w.violations, 0);
  CHECK_EQUAL(w.most, 1);
}

TEST(a_patient_call_waits_for_a_slot_event) {
  World w;
  User user(fakeLibrary());
  user.initialize();
  uint64_t session = user.open();
  CHECK_EQUAL(user.sync(waitForEvent()).rv, uint64_t{ENGINE_NOT_ALLOWED});
  Other other([&] {
    {
      Guard lock(w.mutex);
      w.changed.wait(lock, [&] { return w.waiting == 1; });
    }
    // Nothing else need wait meanwhile.
    CHECK_EQUAL(user.wait(user.send(work(session, 1))).rv, uint64_t{CKR_OK});
    Guard lock(w.mutex);
    w.event = true;
    w.changed.notify_all();
  });
  Reply reply = user.sync(patient(waitForEvent()));
  CHECK_EQUAL(reply.rv, uint64_t{CKR_OK});
  CHECK_EQUAL(reply.read().u64(), uint64_t{9});
}

TEST(manners_that_are_none_are_malformed) {
  World w;
  User user(fakeLibrary());
  user.initialize();
  Frame frame(CALL_C_GetInfo);
  frame.data[2] = 4;
  CHECK_EQUAL(user.call(frame).rv, uint64_t{ENGINE_MALFORMED});
}

}  // namespace cryptoki::test
