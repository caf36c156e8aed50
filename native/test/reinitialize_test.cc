// A library that was finalised behind its users' back.
#include "crew_support.h"

using namespace cryptoki;
using namespace cryptoki::driver;

namespace {

Request reinitialize(bool finalizeFirst) { return Request(CALL_Reinitialize).u8(finalizeFirst); }

}  // namespace

TEST(reinitialize_makes_a_lost_library_work_again) {
  Fault fault;
  Engine engine(fault.path());
  CHECK(engine.call(reinitialize(false)).engine(ENGINE_NOT_LOADED));
  engine.load();
  CHECK(engine.call(reinitialize(false)).engine(ENGINE_NOT_INITIALIZED));
  CHECK(engine.call(Engine::initialize()).ok());
  uint64_t session = engine.open();
  fault.set(&fault_words::drop_library, 1);
  CHECK_EQUAL(engine.call(digest(session, "x")).rv, uint64_t{CKR_CRYPTOKI_NOT_INITIALIZED});
  CHECK(engine.call(reinitialize(false)).ok());
  CHECK(engine.call(digest(session, "x")).engine(ENGINE_SESSION_UNKNOWN));
  CHECK_EQUAL(engine.call(Request(CALL_C_CloseSession).u64(session)).rv, uint64_t{CKR_SESSION_HANDLE_INVALID});
  CHECK(engine.call(Request(CALL_C_CloseSession).u64(session)).engine(ENGINE_SESSION_UNKNOWN));
  CHECK(engine.call(digest(engine.open(), "x")).ok());
  // It was not lost at all.
  CHECK(engine.call(reinitialize(false)).ok());
  engine.finish();
  CHECK_EQUAL(fault.get(&fault_words::initialized), 0u);
}

TEST(reinitialize_keeps_a_session_that_is_opened_before_it_comes_back) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t old = engine.open();
  fault.set(&fault_words::drop_library, 1);
  CHECK_EQUAL(engine.call(digest(old, "x")).rv, uint64_t{CKR_CRYPTOKI_NOT_INITIALIZED});
  fault.tell(CALL_C_Initialize, &fault_function::linger, 1);
  uint32_t again = engine.submit(reinitialize(false));
  until([&] { return fault.get(&fault_words::initialized) == 1; });
  uint64_t young = engine.open();
  fault.tell(CALL_C_Initialize, &fault_function::linger, 0);
  CHECK(engine.wait(again).ok());
  CHECK(engine.call(digest(old, "x")).engine(ENGINE_SESSION_UNKNOWN));
  CHECK(engine.call(digest(young, "x")).ok());
  engine.finish();
  CHECK_EQUAL(fault.get(&fault_words::sessions), 0u);
}

TEST(reinitialize_from_scratch_needs_a_quiet_library) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.open();
  CrewOf crew(engine);
  crew.add();
  fault.hang(CALL_C_Digest);
  uint32_t runs = engine.submit(digest(session, "x"));
  fault.waitInside(CALL_C_Digest);
  CHECK(engine.call(reinitialize(true)).engine(ENGINE_BUSY));
  fault.release(CALL_C_Digest);
  CHECK(engine.wait(runs).ok());
  until([&] { return engine.call(reinitialize(true)).ok(); });
  CHECK_EQUAL(fault.get(&fault_words::finalizations), 1u);
  CHECK_EQUAL(fault.get(&fault_words::sessions), 0u);
  // What comes meanwhile waits.
  fault.hang(CALL_C_Initialize);
  uint32_t again = engine.submit(reinitialize(true));
  fault.waitInside(CALL_C_Initialize);
  uint32_t waits = engine.submit(Request(CALL_C_OpenSession).u64(1).u64(CKF_SERIAL_SESSION));
  CHECK(engine.sync(Request(CALL_C_GetSlotInfo).u64(1)).engine(ENGINE_BUSY));
  CHECK_EQUAL(fault.calls(CALL_C_OpenSession), 2u);
  fault.release(CALL_C_Initialize);
  CHECK(engine.wait(again).ok());
  CHECK(engine.wait(waits).ok());
  fault.fail(CALL_C_Initialize, CKR_DEVICE_ERROR);
  CHECK_EQUAL(engine.call(reinitialize(true)).rv, uint64_t{CKR_DEVICE_ERROR});
  CHECK(engine.call(reinitialize(false)).ok());
  CHECK(engine.call(reinitialize(false).u8(1)).engine(ENGINE_MALFORMED));
  fault.checkManners();
}
