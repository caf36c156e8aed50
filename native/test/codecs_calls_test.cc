// The call table: arguments in, outputs out, buffers that grow, tokens that lie.
#include "../engine/roles.h"
#include "codecs_support.h"

namespace cryptoki::test {
namespace {

// What the functions below were given and are to answer. One test at a time.
struct Token {
  int calls = 0;
  CK_RV rv = CKR_OK;
  std::string answer;
  CK_ULONG said = 0;
  std::string data;
  bool nullData = false;
} token;

CK_RV CK_CALL sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size, CK_BYTE_PTR signature,
                   CK_ULONG_PTR signatureSize) {
  ++token.calls;
  CHECK_EQUAL(session, kTokensSession);
  token.nullData = data == nullptr;
  token.data = data == nullptr ? "" : std::string(reinterpret_cast<char*>(data), size);
  if (signature == nullptr) {
    *signatureSize = token.answer.size();
    return CKR_OK;
  }
  if (*signatureSize < token.answer.size()) {
    *signatureSize = token.answer.size();
    return CKR_BUFFER_TOO_SMALL;
  }
  std::memcpy(signature, token.answer.data(), token.answer.size());
  *signatureSize = token.answer.size();
  return CKR_OK;
}

Frame signFrame(const std::string& data, uint32_t capacity) {
  return std::move(Frame::onSession(CALL_C_Sign).bytes(data).u32(capacity));
}

// A row whose roles are not the prototype does not compile.
static_assert(Row<CALL_C_Sign, role::Session, role::InBytes, role::OutBytes>::fits<CK_C_Sign>);
static_assert(!Row<CALL_C_Sign, role::Session, role::InBytes, role::InBytes>::fits<CK_C_Sign>);
static_assert(!Row<CALL_C_Sign, role::Session, role::InBytes>::fits<CK_C_Sign>);
static_assert(!Row<CALL_C_Sign, role::Session, role::OutBytes, role::InBytes>::fits<CK_C_Sign>);
static_assert(!Row<CALL_C_GetSlotList, role::Ulong, role::OutUlongs>::fits<CK_C_GetSlotList>);

TEST(every_row_of_the_table_has_its_place) {
  for (uint16_t id = 0; id < FUNCTION_COUNT; ++id) {
    const CallRow* row = findCall(id);
    bool loaders = id == CALL_C_GetFunctionList || id == CALL_C_GetInterface || id == CALL_C_GetInterfaceList;
    CHECK_EQUAL(row == nullptr, loaders);
    if (row != nullptr) CHECK_EQUAL(row->id, id);
    if (row != nullptr) CHECK_EQUAL(row->run == nullptr, row->lane == Lane::Life);
  }
  for (uint16_t id = CALL_Load; id <= CALL_Reinitialize; ++id) CHECK(findCall(id) != nullptr);
  CHECK(findCall(200) == nullptr);
  CHECK(findCall(0xffff) == nullptr);
}

TEST(an_output_that_fits_takes_one_call) {
  Stage stage;
  token = {};
  token.answer = "signature";
  stage.functions.C_Sign = sign;
  Reply reply = stage.run(signFrame("data", 64));
  CHECK_EQUAL(reply.rv, CKR_OK);
  CHECK_EQUAL(reply.function, CALL_C_Sign);
  CHECK(text(reply.read().bytes()) == "signature");
  CHECK(token.data == "data");
  CHECK_EQUAL(token.calls, 1);
}

TEST(a_buffer_grows_to_what_the_token_asks) {
  Stage stage;
  token = {};
  token.answer = std::string(100000, 's');
  stage.functions.C_Sign = sign;
  Reply reply = stage.run(signFrame("data", 4));
  CHECK(text(reply.read().bytes()) == token.answer);
  CHECK_EQUAL(token.calls, 2);
}

TEST(the_length_is_asked_first_when_wanted) {
  Stage stage;
  token = {};
  token.answer = "signature";
  stage.functions.C_Sign = sign;
  Reply reply = stage.run(signFrame("data", 0xffffffff));
  CHECK(text(reply.read().bytes()) == "signature");
  CHECK_EQUAL(token.calls, 2);
}

TEST(an_empty_argument_is_a_pointer_and_null_is_null) {
  Stage stage;
  token = {};
  stage.functions.C_Sign = sign;
  stage.run(signFrame("", 64));
  CHECK(!token.nullData);
  stage.run(Frame::onSession(CALL_C_Sign).nullBytes().u32(64));
  CHECK(token.nullData);
  Reply reply = stage.run(Frame::onSession(CALL_C_Sign).payload().u32(64), {std::string(5000, 'p')});
  CHECK_EQUAL(reply.rv, CKR_OK);
  CHECK_EQUAL(token.data.size(), 5000u);
}

TEST(null_for_both_pointers_of_an_output) {
  Stage stage;
  stage.functions.C_DigestFinal = [](CK_SESSION_HANDLE, CK_BYTE_PTR data, CK_ULONG_PTR size) -> CK_RV {
    CHECK(data == nullptr && size == nullptr);
    return CKR_OK;
  };
  Reply reply = stage.run(Frame::onSession(CALL_C_DigestFinal).u32(0xfffffffe));
  CHECK_EQUAL(reply.rv, CKR_OK);
  CHECK_EQUAL(reply.read().bytes().size, 0u);
}

TEST(too_small_without_a_size_is_asked_and_then_believed) {
  Stage stage;
  token = {};
  token.answer = "four";
  // Says BUFFER_TOO_SMALL without a word on the length, but answers the question.
  stage.functions.C_Sign = [](CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size, CK_BYTE_PTR to,
                              CK_ULONG_PTR toSize) -> CK_RV {
    CK_ULONG given = *toSize;
    CK_RV rv = sign(session, data, size, to, toSize);
    if (rv == CKR_BUFFER_TOO_SMALL) *toSize = given;
    return rv;
  };
  Reply reply = stage.run(signFrame("data", 1));
  CHECK(text(reply.read().bytes()) == "four");
  CHECK_EQUAL(token.calls, 3);
}

TEST(too_small_for_ever_ends) {
  Stage stage;
  token = {};
  stage.functions.C_Sign = [](CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG_PTR size) -> CK_RV {
    ++token.calls;
    *size = 0;
    return CKR_BUFFER_TOO_SMALL;
  };
  Reply reply = stage.run(signFrame("data", 64));
  CHECK_EQUAL(reply.rv, CKR_BUFFER_TOO_SMALL);
  CHECK_EQUAL(reply.function, CALL_C_Sign);
  CHECK(token.calls <= 5);
}

CK_RV CK_CALL signLying(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG_PTR size) {
  *size = token.said;
  return token.rv;
}

TEST(a_length_beyond_the_buffer_is_a_lie) {
  Stage stage;
  token = {};
  token.said = 65;
  stage.functions.C_Sign = signLying;
  Reply reply = stage.run(signFrame("data", 64));
  CHECK_EQUAL(reply.rv, ENGINE_LENGTH_LIE);
  CHECK_EQUAL(reply.function, FUNCTION_ENGINE);
  CHECK_EQUAL(reply.read().bytes().size, 0u);
}

TEST(a_length_beyond_all_bounds_is_not_allocated) {
  Stage stage;
  for (CK_ULONG said : {static_cast<CK_ULONG>(1) << 31, CK_UNAVAILABLE_INFORMATION}) {
    token = {};
    token.said = said;
    token.rv = CKR_BUFFER_TOO_SMALL;
    stage.functions.C_Sign = signLying;
    CHECK_EQUAL(stage.run(signFrame("data", 64)).rv, ENGINE_TOO_LARGE);
  }
}

TEST(a_failure_has_no_outputs) {
  Stage stage;
  token = {};
  token.rv = CKR_DEVICE_ERROR;
  token.said = 10;
  stage.functions.C_Sign = signLying;
  Reply reply = stage.run(signFrame("data", 64));
  CHECK_EQUAL(reply.rv, CKR_DEVICE_ERROR);
  CHECK_EQUAL(reply.outputs.size(), 0u);
}

TEST(a_missing_function_is_named) {
  Stage stage;
  Reply reply = stage.run(signFrame("data", 64));
  CHECK_EQUAL(reply.rv, ENGINE_FUNCTION_MISSING);
  CHECK_EQUAL(reply.function, FUNCTION_ENGINE);
  CHECK(text(reply.read().bytes()) == "C_Sign");
}

TEST(frames_that_are_not_right_never_reach_the_token) {
  Stage stage;
  token = {};
  stage.functions.C_Sign = sign;
  CHECK_EQUAL(stage.run(signFrame("data", 64).u8(0)).rv, ENGINE_MALFORMED);
  CHECK_EQUAL(stage.run(Frame::onSession(CALL_C_Sign)).rv, ENGINE_MALFORMED);
  CHECK_EQUAL(stage.run(Frame(CALL_C_Sign)).rv, ENGINE_MALFORMED);
  CHECK_EQUAL(stage.run(Frame(CALL_C_GetFunctionList)).rv, ENGINE_NO_SUCH_CALL);
  CHECK_EQUAL(stage.run(Frame(CALL_C_Initialize)).rv, ENGINE_NO_SUCH_CALL);
  CHECK_EQUAL(stage.run(Frame(250)).rv, ENGINE_NO_SUCH_CALL);
  CHECK_EQUAL(token.calls, 0);
}

TEST(a_list_is_asked_for_its_length_and_may_grow_meanwhile) {
  Stage stage;
  token = {};
  stage.functions.C_GetSlotList = [](CK_BBOOL present, CK_SLOT_ID_PTR list, CK_ULONG_PTR count) -> CK_RV {
    CHECK_EQUAL(present, CK_TRUE);
    // A third slot comes after the first question.
    CK_ULONG there = ++token.calls == 1 ? 2 : 3;
    CK_ULONG room = *count;
    *count = there;
    if (list == nullptr) return CKR_OK;
    if (room < there) return CKR_BUFFER_TOO_SMALL;
    for (CK_ULONG i = 0; i < there; ++i) list[i] = i + 10;
    return CKR_OK;
  };
  Reply reply = stage.run(Frame(CALL_C_GetSlotList).u8(1));
  CHECK_EQUAL(reply.rv, CKR_OK);
  Reader outputs = reply.read();
  CHECK_EQUAL(outputs.u32(), 3u);
  CHECK_EQUAL(outputs.u64(), 10u);
  CHECK_EQUAL(token.calls, 4);
}

TEST(a_list_that_lies_or_is_too_long) {
  Stage stage;
  token = {};
  stage.functions.C_GetMechanismList = [](CK_SLOT_ID, CK_MECHANISM_TYPE_PTR list, CK_ULONG_PTR count) -> CK_RV {
    *count = list == nullptr ? token.said : token.said + 1;
    return CKR_OK;
  };
  token.said = 5;
  CHECK_EQUAL(stage.run(Frame(CALL_C_GetMechanismList).u64(1)).rv, ENGINE_LENGTH_LIE);
  token.said = 1000001;
  CHECK_EQUAL(stage.run(Frame(CALL_C_GetMechanismList).u64(1)).rv, ENGINE_TOO_LARGE);
  token.said = 0;
  Reply none = stage.run(Frame(CALL_C_GetMechanismList).u64(1));
  CHECK_EQUAL(none.rv, CKR_OK);
  CHECK_EQUAL(none.read().u32(), 0u);
}

TEST(a_list_that_never_fits_is_an_error_not_an_empty_list) {
  Stage stage;
  token = {};
  stage.functions.C_GetMechanismList = [](CK_SLOT_ID, CK_MECHANISM_TYPE_PTR list, CK_ULONG_PTR count) -> CK_RV {
    ++token.calls;
    *count = 3;
    return list == nullptr ? CKR_OK : CKR_BUFFER_TOO_SMALL;
  };
  CHECK_EQUAL(stage.run(Frame(CALL_C_GetMechanismList).u64(1)).rv, CKR_BUFFER_TOO_SMALL);
  CHECK(token.calls < 10);
}

TEST(info_structures_travel_field_by_field) {
  Stage stage;
  stage.functions.C_GetTokenInfo = [](CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info) -> CK_RV {
    CHECK_EQUAL(slot, 4u);
    std::memset(info->label, ' ', 32);
    std::memcpy(info->label, "demo", 4);
    info->ulMaxSessionCount = CK_UNAVAILABLE_INFORMATION;
    info->flags = 0x40d;
    info->hardwareVersion = {2, 7};
    return CKR_OK;
  };
  Reply reply = stage.run(Frame(CALL_C_GetTokenInfo).u64(4));
  Reader outputs = reply.read();
  CHECK(text(outputs.bytes()).substr(0, 5) == "demo ");
  CHECK_EQUAL(outputs.bytes().size, 32u);
  CHECK_EQUAL(outputs.bytes().size, 16u);
  CHECK_EQUAL(outputs.bytes().size, 16u);
  CHECK_EQUAL(outputs.u64(), 0x40du);
  CHECK_EQUAL(outputs.u64(), UINT64_MAX);
  for (int i = 0; i < 9; ++i) outputs.u64();
  CHECK_EQUAL(outputs.u8(), 2);
  CHECK_EQUAL(outputs.u8(), 7);
  outputs.u16();
  CHECK_EQUAL(outputs.bytes().size, 16u);
  outputs.expectEnd();
}

TEST(labels_are_padded_and_not_too_long) {
  Stage stage;
  stage.functions.C_InitToken = [](CK_SLOT_ID, CK_UTF8CHAR_PTR pin, CK_ULONG pinSize, CK_UTF8CHAR_PTR label) -> CK_RV {
    CHECK(std::string(reinterpret_cast<char*>(pin), pinSize) == "so-pin");
    CHECK(std::string(reinterpret_cast<char*>(label), 32) == "demo" + std::string(28, ' '));
    return CKR_OK;
  };
  CHECK_EQUAL(stage.run(Frame(CALL_C_InitToken).u64(0).bytes("so-pin").bytes("demo")).rv, CKR_OK);
  CHECK_EQUAL(stage.run(Frame(CALL_C_InitToken).u64(0).bytes("so-pin").bytes(std::string(33, 'x'))).rv,
              ENGINE_MALFORMED);
}

TEST(random_bytes_have_the_length_that_was_asked) {
  Stage stage;
  stage.functions.C_GenerateRandom = [](CK_SESSION_HANDLE, CK_BYTE_PTR data, CK_ULONG size) -> CK_RV {
    std::memset(data, 'r', size);
    return CKR_OK;
  };
  CHECK_EQUAL(stage.run(Frame::onSession(CALL_C_GenerateRandom).u32(1000)).read().bytes().size, 1000u);
  CHECK_EQUAL(stage.run(Frame::onSession(CALL_C_GenerateRandom).u32(0x7fffffff)).rv, ENGINE_TOO_LARGE);
}

TEST(slot_events_pass_null_for_the_reserved_pointer) {
  Stage stage;
  stage.functions.C_WaitForSlotEvent = [](CK_FLAGS flags, CK_SLOT_ID_PTR slot, CK_VOID_PTR reserved) -> CK_RV {
    CHECK_EQUAL(flags, CKF_DONT_BLOCK);
    CHECK(reserved == nullptr);
    *slot = 9;
    return CKR_OK;
  };
  CHECK_EQUAL(stage.run(Frame(CALL_C_WaitForSlotEvent).u64(CKF_DONT_BLOCK)).read().u64(), 9u);
}

}  // namespace
}  // namespace cryptoki::test
