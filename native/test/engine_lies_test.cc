// Tokens that lie about lengths, counts, pointers: whatever they say, the answer is a clean one and no memory is
// touched that is not ours.
#include <algorithm>
#include <set>

#include "../engine/layouts.h"
#include "driver.h"

using namespace cryptoki;
using namespace cryptoki::driver;

namespace {

constexpr uint64_t kHuge = uint64_t{1} << 40;
constexpr uint64_t kAll = ~uint64_t{0};

struct Ready {
  Fault fault;
  Engine engine{fault.path()};
  uint64_t session = 0;
  uint64_t key = 0;

  Ready() {
    engine.start();
    session = engine.openLoggedIn();
    key = engine.secretKey(session, "a key");
  }
  Request sign() { return Engine::signOnce(session, key, "data"); }
  // Afterwards everything works as ever.
  void checkSound() {
    for (uint16_t function :
         {CALL_C_Sign, CALL_C_GetAttributeValue, CALL_C_FindObjects, CALL_C_GetSlotList, CALL_C_GetMechanismList})
      fault.lie(function, LIE_NONE);
    uint64_t fresh = engine.open();
    CHECK(engine.call(Engine::signOnce(fresh, key, "data")).ok());
    fault.checkManners();
  }
};

}  // namespace

TEST(engine_lie_about_the_length_written) {
  Ready ready;
  for (uint64_t said : {uint64_t{65}, uint64_t{4096}, kHuge, kAll}) {
    ready.fault.lie(CALL_C_Sign, LIE_LENGTH, said);
    CHECK(ready.engine.call(ready.sign()).engine(ENGINE_LENGTH_LIE));
  }
  ready.fault.lie(CALL_C_Sign, LIE_LENGTH, 0);
  Answer nothing = ready.engine.call(ready.sign());
  CHECK(nothing.ok());
  CHECK(nothing.bytes().empty());
  ready.checkSound();
}

TEST(engine_lie_about_the_length_needed) {
  for (uint64_t said : {uint64_t{0}, uint64_t{1}, uint64_t{64}, uint64_t{1 << 20}, kHuge, kAll}) {
    Ready ready;
    ready.fault.lie(CALL_C_Sign, LIE_TOO_SMALL, said);
    uint64_t before = ready.fault.calls(CALL_C_Sign);
    Answer answer = ready.engine.call(ready.sign());
    CHECK(answer.rv == CKR_BUFFER_TOO_SMALL || answer.engine(ENGINE_TOO_LARGE));
    CHECK(ready.fault.calls(CALL_C_Sign) - before <= 10);
    ready.checkSound();
  }
  for (fault_lie how : {LIE_TOO_SMALL_KEPT, LIE_TOO_SMALL_GROWS}) {
    Ready ready;
    ready.fault.lie(CALL_C_Sign, how);
    CHECK_EQUAL(ready.engine.call(ready.sign()).rv, CKR_BUFFER_TOO_SMALL);
    CHECK(ready.fault.calls(CALL_C_Sign) <= 10);
    ready.checkSound();
  }
}

TEST(engine_lie_in_a_length_query) {
  Ready ready;
  for (uint64_t said : {uint64_t{0}, uint64_t{3}, kHuge, kAll}) {
    ready.fault.lie(CALL_C_Sign, LIE_QUERY, said);
    Answer answer = ready.engine.call(Request(CALL_SignOnce)
                                          .u64(ready.session)
                                          .mechanism(CKM_SHA256_HMAC)
                                          .u64(ready.key)
                                          .noPin()
                                          .bytes("data")
                                          .u32(0xffffffff));
    CHECK(answer.ok() || answer.engine(ENGINE_TOO_LARGE));
    if (answer.ok()) CHECK_EQUAL(answer.bytes().size(), 32u);
  }
  // A token that does not say what it needs unless it is asked.
  ready.fault.lie(CALL_C_Sign, LIE_QUIET_ONCE);
  Answer asked = ready.engine.call(
      Request(CALL_SignOnce).u64(ready.session).mechanism(CKM_SHA256_HMAC).u64(ready.key).noPin().bytes("data").u32(5));
  CHECK(asked.ok());
  CHECK_EQUAL(asked.bytes().size(), 32u);
  ready.checkSound();
}

TEST(engine_lie_about_attributes) {
  Ready ready;
  auto read = [&] {
    Request request(CALL_C_GetAttributeValue);
    return ready.engine.call(request.u64(ready.session)
                                 .u64(ready.key)
                                 .u32(4)
                                 .u64(CKA_CLASS)
                                 .u8(2)
                                 .u64(CKA_VALUE)
                                 .u8(3)
                                 .u64(CKA_TOKEN)
                                 .u8(1)
                                 .u64(CKA_ID)
                                 .u8(3));
  };
  for (fault_lie how :
       {LIE_LENGTH, LIE_QUERY, LIE_TOO_SMALL, LIE_TOO_SMALL_KEPT, LIE_TOO_SMALL_GROWS, LIE_POINTER, LIE_TYPE}) {
    for (uint64_t said :
         {uint64_t{0}, uint64_t{1}, uint64_t{7}, uint64_t{300}, uint64_t{1 << 20}, kHuge, kAll - 1, kAll}) {
      ready.fault.lie(CALL_C_GetAttributeValue, how, said);
      uint64_t before = ready.fault.calls(CALL_C_GetAttributeValue);
      Answer answer = read();
      CHECK(ready.fault.calls(CALL_C_GetAttributeValue) - before <= 16);
      // A right answer, the token's own code, or a lie found out; the sanitizers watch over the rest.
      std::set<uint64_t> fine{CKR_OK, CKR_BUFFER_TOO_SMALL, CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_SENSITIVE};
      bool found = answer.engine(ENGINE_LENGTH_LIE) || answer.engine(ENGINE_TOO_LARGE);
      CHECK(found || (answer.function == CALL_C_GetAttributeValue && fine.count(answer.rv) == 1));
      if (how == LIE_LENGTH && said == kHuge) CHECK(found);
    }
  }
  ready.checkSound();
}

TEST(engine_lie_about_counts) {
  Ready ready;
  for (uint64_t said : {uint64_t{1001}, kHuge, kAll}) {
    ready.fault.lie(CALL_C_FindObjects, LIE_LENGTH, said);
    CHECK(ready.engine.call(Request(CALL_Find).u64(ready.session).attributes(0).u32(0xffffffff))
              .engine(ENGINE_LENGTH_LIE));
    ready.fault.lie(CALL_C_GetSlotList, LIE_LENGTH, said);
    CHECK(ready.engine.call(Request(CALL_C_GetSlotList).u8(1)).engine(ENGINE_LENGTH_LIE));
    ready.fault.lie(CALL_C_GetMechanismList, LIE_QUERY, said);
    Answer list = ready.engine.call(Request(CALL_C_GetMechanismList).u64(1));
    CHECK(list.ok() || list.engine(ENGINE_TOO_LARGE));
    ready.fault.lie(CALL_C_GetMechanismList, LIE_TOO_SMALL, said);
    list = ready.engine.call(Request(CALL_C_GetMechanismList).u64(1));
    CHECK(list.rv == CKR_BUFFER_TOO_SMALL || list.engine(ENGINE_TOO_LARGE));
  }
  ready.fault.lie(CALL_C_FindObjects, LIE_ENDLESS);
  Answer endless = ready.engine.call(Request(CALL_Find).u64(ready.session).attributes(0).u32(0xffffffff));
  CHECK(endless.engine(ENGINE_TOO_LARGE));
  CHECK_EQUAL(ready.engine.call(Request(CALL_Find).u64(ready.session).attributes(0).u32(5000)).ulongs().size(), 5000u);
  ready.checkSound();
}

TEST(engine_lie_in_structures_and_handles) {
  Ready ready;
  for (uint16_t function :
       {CALL_C_GetInfo, CALL_C_GetSlotInfo, CALL_C_GetTokenInfo, CALL_C_GetMechanismInfo, CALL_C_GetSessionInfo})
    ready.fault.lie(function, LIE_GARBAGE);
  CHECK(ready.engine.call(Request(CALL_C_GetInfo)).ok());
  CHECK(ready.engine.call(Request(CALL_C_GetSlotInfo).u64(1)).ok());
  CHECK(ready.engine.call(Request(CALL_C_GetTokenInfo).u64(1)).ok());
  Answer mechanism = ready.engine.call(Request(CALL_C_GetMechanismInfo).u64(1).u64(CKM_SHA256));
  CHECK_EQUAL(mechanism.u64(), kAll);
  CHECK(ready.engine.call(Request(CALL_C_GetSessionInfo).u64(ready.session)).ok());
  // A session handle that is already in use, one that is 0: ours stay distinct.
  for (uint64_t handle : {uint64_t{0}, uint64_t{1}}) {
    ready.fault.lie(CALL_C_OpenSession, LIE_HANDLE, handle);
    Answer opened = ready.engine.call(Request(CALL_C_OpenSession).u64(1).u64(CKF_SERIAL_SESSION));
    CHECK(opened.ok());
    CHECK(opened.u64() != ready.session);
  }
  ready.fault.lie(CALL_C_OpenSession, LIE_NONE);
  ready.fault.lie(CALL_C_CreateObject, LIE_HANDLE, kAll);
  Answer made =
      ready.engine.call(Request(CALL_C_CreateObject).u64(ready.session).attributes(1).ulong(CKA_CLASS, CKO_DATA));
  CHECK(made.ok());
  CHECK_EQUAL(made.u64(), kAll);
}

TEST(engine_lie_about_what_was_pending) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t plain = engine.openLoggedIn();
  uint64_t key = engine.secretKey(plain, "a key");
  uint64_t session = engine.open(1, CKF_SERIAL_SESSION | CKF_RW_SESSION | CKF_ASYNC_SESSION);
  for (fault_lie how : {LIE_LENGTH, LIE_POINTER}) {
    fault.lie(CALL_C_AsyncComplete, how, kHuge);
    CHECK(engine.call(Request(CALL_C_SignInit).u64(session).mechanism(CKM_SHA256_HMAC).u64(key)).ok());
    CHECK_EQUAL(engine.call(Request(CALL_C_Sign).u64(session).bytes("data").u32(32)).rv, CKR_PENDING);
    CHECK(engine.call(Request(CALL_C_AsyncComplete).u64(session).bytes("C_Sign")).engine(ENGINE_LENGTH_LIE));
  }
  fault.checkManners();
}

TEST(engine_says_ok_and_does_nothing) {
  Ready ready;
  for (uint16_t function : {CALL_C_SignInit, CALL_C_Sign, CALL_C_GetAttributeValue, CALL_C_FindObjectsInit,
                            CALL_C_FindObjects, CALL_C_OpenSession, CALL_C_CreateObject, CALL_C_GetSlotList}) {
    ready.fault.fail(function, CKR_OK, 0, 1);
  }
  ready.engine.call(ready.sign());
  ready.engine.call(Request(CALL_C_GetAttributeValue)
                        .u64(ready.session)
                        .u64(ready.key)
                        .u32(2)
                        .u64(CKA_VALUE)
                        .u8(3)
                        .u64(CKA_WRAP_TEMPLATE)
                        .u8(5));
  ready.engine.call(Request(CALL_Find).u64(ready.session).attributes(0).u32(10));
  ready.engine.call(Request(CALL_C_OpenSession).u64(1).u64(CKF_SERIAL_SESSION));
  ready.engine.call(Request(CALL_C_CreateObject).u64(ready.session).attributes(1).ulong(CKA_CLASS, CKO_DATA));
  ready.engine.call(Request(CALL_C_GetSlotList).u8(1));
  ready.checkSound();
}

TEST(engine_every_function_may_fail_with_any_code) {
  Ready ready;
  for (CK_RV rv : {CK_RV{CKR_GENERAL_ERROR}, CK_RV{CKR_DEVICE_REMOVED}, CK_RV{CKR_VENDOR_DEFINED | 0x123}, ~CK_RV{0},
                   CK_RV{CKR_PENDING}}) {
    for (uint16_t function : {CALL_C_SignInit, CALL_C_Sign}) {
      ready.fault.fail(function, rv);
      Answer answer = ready.engine.call(ready.sign());
      CHECK_EQUAL(answer.rv, uint64_t{rv});
      CHECK_EQUAL(answer.function, function);
      ready.engine.call(Request(CALL_C_SessionCancel).u64(ready.session).u64(CKF_SIGN));
    }
    ready.fault.fail(CALL_C_GetSlotList, rv);
    CHECK_EQUAL(ready.engine.call(Request(CALL_C_GetSlotList).u8(1)).rv, uint64_t{rv});
    ready.fault.fail(CALL_C_FindObjects, rv);
    CHECK_EQUAL(ready.engine.call(Request(CALL_Find).u64(ready.session).attributes(0).u32(5)).rv, uint64_t{rv});
    CHECK(ready.engine.call(Request(CALL_Find).u64(ready.session).attributes(0).u32(5)).ok());
  }
  ready.checkSound();
}
