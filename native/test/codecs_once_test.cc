// One-shot recipes, and calls that stay pending.
#include <deque>

#include "codecs_support.h"
#include "rows.h"

namespace cryptoki::test {
namespace {

struct Token {
  std::string log;
  CK_RV initRv = CKR_OK;
  CK_RV loginRv = CKR_OK;
  CK_RV cancelRv = CKR_OK;
  std::deque<CK_RV> signRv;
  CK_ULONG wants = 3;
  CK_MECHANISM_PTR mechanism = nullptr;
} token;

CK_RV CK_CALL signInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  CHECK_EQUAL(session, kTokensSession);
  CHECK_EQUAL(key, 5u);
  token.log += "init ";
  token.mechanism = mechanism;
  return token.initRv;
}

CK_RV CK_CALL login(CK_SESSION_HANDLE, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG size) {
  CHECK_EQUAL(user, CKU_CONTEXT_SPECIFIC);
  token.log +=
      "login(" + (pin == nullptr ? std::string("null") : std::string(reinterpret_cast<char*>(pin), size)) + ") ";
  return token.loginRv;
}

CK_RV CK_CALL signData(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR to, CK_ULONG_PTR size) {
  token.log += "sign ";
  if (!token.signRv.empty()) {
    CK_RV rv = token.signRv.front();
    token.signRv.pop_front();
    *size = token.wants;
    return rv;
  }
  std::memcpy(to, "sig", 3);
  *size = 3;
  return CKR_OK;
}

CK_RV CK_CALL cancel(CK_SESSION_HANDLE, CK_FLAGS flags) {
  CHECK_EQUAL(flags, CKF_SIGN);
  token.log += "cancel ";
  return token.cancelRv;
}

Stage& fresh() {
  static Stage* stage = nullptr;
  delete stage;
  stage = new Stage();
  token = {};
  stage->functions.C_SignInit = signInit;
  stage->functions.C_Sign = signData;
  stage->functions.C_Login = login;
  stage->functions.C_SessionCancel = cancel;
  return *stage;
}

Frame signOnce(const char* pin = nullptr, uint32_t capacity = 64) {
  Frame frame = Frame::onSession(CALL_SignOnce);
  frame.u64(CKM_AES_CMAC).u8(1).bytes("parameter").u64(5);
  if (pin == nullptr) {
    frame.u8(0);
  } else {
    frame.u8(1).bytes(pin);
  }
  return std::move(frame.bytes("data").u32(capacity));
}

TEST(sign_once_is_init_and_sign) {
  Stage& stage = fresh();
  Reply reply = stage.run(signOnce());
  CHECK_EQUAL(reply.rv, CKR_OK);
  CHECK_EQUAL(reply.function, CALL_C_Sign);
  CHECK(text(reply.read().bytes()) == "sig");
  CHECK(text(reply.readBack().bytes()) == "parameter");
  CHECK(token.log == "init sign ");
}

TEST(sign_once_logs_in_between) {
  Stage& stage = fresh();
  CHECK_EQUAL(stage.run(signOnce("1234")).rv, CKR_OK);
  CHECK(token.log == "init login(1234) sign ");
}

TEST(a_failing_init_is_named_and_nothing_follows) {
  Stage& stage = fresh();
  token.initRv = CKR_KEY_HANDLE_INVALID;
  Reply reply = stage.run(signOnce("1234"));
  CHECK_EQUAL(reply.rv, CKR_KEY_HANDLE_INVALID);
  CHECK_EQUAL(reply.function, CALL_C_SignInit);
  CHECK(token.log == "init ");
}

TEST(a_failing_login_cancels_the_operation) {
  Stage& stage = fresh();
  token.loginRv = CKR_PIN_INCORRECT;
  Reply reply = stage.run(signOnce("1234"));
  CHECK_EQUAL(reply.rv, CKR_PIN_INCORRECT);
  CHECK_EQUAL(reply.function, CALL_C_Login);
  CHECK(token.log == "init login(1234) cancel ");
}

TEST(an_operation_that_cannot_be_cancelled_keeps_its_mechanism) {
  Stage& stage = fresh();
  stage.functions.C_SessionCancel = nullptr;
  token.loginRv = CKR_PIN_INCORRECT;
  CHECK_EQUAL(stage.run(signOnce("1234")).rv, CKR_PIN_INCORRECT);
  stage.run(Frame::onSession(CALL_WrittenBack).u32(0));
  CHECK(std::memcmp(token.mechanism->pParameter, "parameter", 9) == 0);
  // The next operation that comes to its end lets it go.
  token.loginRv = CKR_OK;
  stage.run(signOnce("1234"));
  CHECK_EQUAL(stage.run(Frame::onSession(CALL_WrittenBack).u32(CALL_C_SignInit)).writtenBack.size(), 0u);
}

TEST(a_failing_operation_is_over) {
  Stage& stage = fresh();
  token.signRv = {CKR_DATA_LEN_RANGE};
  Reply reply = stage.run(signOnce());
  CHECK_EQUAL(reply.rv, CKR_DATA_LEN_RANGE);
  CHECK_EQUAL(reply.function, CALL_C_Sign);
  CHECK_EQUAL(reply.writtenBack.size(), 0u);
  CHECK(token.log == "init sign ");
}

TEST(an_operation_waiting_for_room_is_cancelled) {
  Stage& stage = fresh();
  token.wants = static_cast<CK_ULONG>(1) << 30;
  token.signRv = {CKR_BUFFER_TOO_SMALL};
  CHECK_EQUAL(stage.run(signOnce()).rv, ENGINE_TOO_LARGE);
  CHECK(token.log == "init sign cancel ");

  Stage& other = fresh();
  token.wants = 1;
  token.signRv = std::deque<CK_RV>(20, CKR_BUFFER_TOO_SMALL);
  CHECK_EQUAL(other.run(signOnce()).rv, CKR_BUFFER_TOO_SMALL);
  CHECK(token.log.substr(token.log.size() - 7) == "cancel ");
}

TEST(a_lying_length_is_not_followed) {
  Stage& stage = fresh();
  token.wants = 65;
  token.signRv = {CKR_OK};
  CHECK_EQUAL(stage.run(signOnce()).rv, ENGINE_LENGTH_LIE);
}

TEST(functions_are_looked_for_before_anything_starts) {
  Stage& stage = fresh();
  stage.functions.C_Sign = nullptr;
  CHECK(text(stage.run(signOnce()).read().bytes()) == "C_Sign");
  stage.functions.C_Sign = signData;
  stage.functions.C_Login = nullptr;
  CHECK(text(stage.run(signOnce("1")).read().bytes()) == "C_Login");
  CHECK(token.log.empty());
}

TEST(verify_once_answers_what_the_token_says) {
  Stage& stage = fresh();
  stage.functions.C_VerifyInit = signInit;
  stage.functions.C_Verify = [](CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG size, CK_BYTE_PTR signature,
                                CK_ULONG signatureSize) -> CK_RV {
    CHECK_EQUAL(size, 4u);
    return std::string(reinterpret_cast<char*>(signature), signatureSize) == "sig" ? CKR_OK : CKR_SIGNATURE_INVALID;
  };
  for (bool good : {true, false}) {
    Frame frame = Frame::onSession(CALL_VerifyOnce)
                      .mechanism(CKM_RSA_PKCS)
                      .u64(5)
                      .u8(0)
                      .bytes("data")
                      .bytes(good ? "sig" : "gis");
    Reply reply = stage.run(frame);
    CHECK_EQUAL(reply.rv, good ? CKR_OK : CKR_SIGNATURE_INVALID);
    CHECK_EQUAL(reply.function, CALL_C_Verify);
  }
}

TEST(digest_once_has_no_key) {
  Stage& stage = fresh();
  stage.functions.C_DigestInit = [](CK_SESSION_HANDLE, CK_MECHANISM_PTR mechanism) -> CK_RV {
    CHECK_EQUAL(mechanism->mechanism, CKM_SHA256);
    return CKR_OK;
  };
  stage.functions.C_Digest = signData;
  Reply reply = stage.run(Frame::onSession(CALL_DigestOnce).mechanism(CKM_SHA256).bytes("data").u32(32));
  CHECK(text(reply.read().bytes()) == "sig");
}

CK_BYTE_PTR pendingBuffer = nullptr;
CK_ULONG pendingSize = 0;

TEST(a_pending_call_keeps_its_memory_until_it_is_complete) {
  Stage& stage = fresh();
  stage.functions.C_Encrypt = [](CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR to, CK_ULONG_PTR size) -> CK_RV {
    pendingBuffer = to;
    pendingSize = *size;
    return CKR_PENDING;
  };
  stage.functions.C_AsyncComplete = [](CK_SESSION_HANDLE, CK_UTF8CHAR_PTR name, CK_ASYNC_DATA_PTR result) -> CK_RV {
    CHECK(std::strcmp(reinterpret_cast<char*>(name), "C_Encrypt") == 0);
    if (pendingSize == 0) return CKR_PENDING;
    std::memset(pendingBuffer, 'e', pendingSize);
    result->ulVersion = 1;
    result->pValue = pendingBuffer;
    result->ulValue = pendingSize;
    result->hObject = 4;
    return CKR_OK;
  };
  Reply pending = stage.run(Frame::onSession(CALL_C_Encrypt).bytes("data").u32(48));
  CHECK_EQUAL(pending.rv, CKR_PENDING);
  CHECK_EQUAL(pending.outputs.size(), 0u);
  CHECK_EQUAL(stage.session.pending.size(), 1u);

  CK_ULONG size = pendingSize;
  pendingSize = 0;
  CHECK_EQUAL(stage.run(Frame::onSession(CALL_C_AsyncComplete).bytes("C_Encrypt")).rv, CKR_PENDING);
  CHECK_EQUAL(stage.session.pending.size(), 1u);
  pendingSize = size;
  Reply done = stage.run(Frame::onSession(CALL_C_AsyncComplete).bytes("C_Encrypt"));
  CHECK_EQUAL(done.rv, CKR_OK);
  Reader outputs = done.read();
  CHECK_EQUAL(outputs.u64(), 1u);
  CHECK(text(outputs.bytes()) == std::string(48, 'e'));
  CHECK_EQUAL(outputs.u64(), 4u);
  CHECK_EQUAL(outputs.u64(), 0u);
  CHECK_EQUAL(stage.session.pending.size(), 0u);
}

TEST(a_completed_call_cannot_point_elsewhere) {
  Stage& stage = fresh();
  static CK_BYTE elsewhere[64];
  stage.functions.C_AsyncComplete = [](CK_SESSION_HANDLE, CK_UTF8CHAR_PTR, CK_ASYNC_DATA_PTR result) -> CK_RV {
    result->pValue = elsewhere;
    result->ulValue = 64;
    return CKR_OK;
  };
  CHECK_EQUAL(stage.run(Frame::onSession(CALL_C_AsyncComplete).bytes("C_Encrypt")).rv, ENGINE_LENGTH_LIE);
}

TEST(joining_gives_a_buffer_that_stays) {
  Stage& stage = fresh();
  stage.functions.C_AsyncJoin = [](CK_SESSION_HANDLE, CK_UTF8CHAR_PTR, CK_ULONG id, CK_BYTE_PTR data,
                                   CK_ULONG size) -> CK_RV {
    CHECK_EQUAL(id, 8u);
    pendingBuffer = data;
    pendingSize = size;
    return CKR_OK;
  };
  CHECK_EQUAL(stage.run(Frame::onSession(CALL_C_AsyncJoin).bytes("C_Sign").u64(8).u32(100)).rv, CKR_OK);
  CHECK_EQUAL(pendingSize, 100u);
  stage.run(Frame::onSession(CALL_WrittenBack).u32(0));
  std::memset(pendingBuffer, 1, pendingSize);
  CHECK_EQUAL(stage.session.pending.size(), 1u);
  CHECK_EQUAL(stage.session.pending[0].function, CALL_C_Sign);
}

TEST(a_pending_init_becomes_a_kept_mechanism) {
  Stage& stage = fresh();
  token.initRv = CKR_PENDING;
  Frame frame = Frame::onSession(CALL_C_SignInit).u64(CKM_AES_CMAC).u8(1).bytes("parameter").u64(5);
  CHECK_EQUAL(stage.run(frame).rv, CKR_PENDING);
  stage.functions.C_AsyncComplete = [](CK_SESSION_HANDLE, CK_UTF8CHAR_PTR, CK_ASYNC_DATA_PTR) -> CK_RV {
    return CKR_OK;
  };
  CHECK_EQUAL(stage.run(Frame::onSession(CALL_C_AsyncComplete).bytes("C_SignInit")).rv, CKR_OK);
  static_cast<char*>(token.mechanism->pParameter)[0] = 'P';
  CHECK(text(stage.run(Frame::onSession(CALL_WrittenBack).u32(CALL_C_SignInit)).readBack().bytes()) == "Parameter");
}

}  // namespace
}  // namespace cryptoki::test
