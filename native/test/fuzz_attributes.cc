// Replies made from what a lying token answers: the dice say what C_GetAttributeValue, C_FindObjects, C_Sign and their
// like do. The one rule the token keeps is that it writes within the room it was given; who breaks that has the whole
// process anyway.
#include <cstring>

#include "../engine/job.h"
#include "driver.h"
#include "rows.h"
#include "fuzz.h"

namespace cryptoki::fuzz {

const unsigned kIterations = 80000;

namespace {

using driver::Answer;
using driver::Request;

Dice* dice = nullptr;
unsigned calls = 0;

CK_RV someCode() {
  static const CK_RV codes[] = {CKR_OK,
                                CKR_OK,
                                CKR_OK,
                                CKR_BUFFER_TOO_SMALL,
                                CKR_ATTRIBUTE_SENSITIVE,
                                CKR_ATTRIBUTE_TYPE_INVALID,
                                CKR_OBJECT_HANDLE_INVALID,
                                CKR_DEVICE_REMOVED,
                                CKR_SESSION_HANDLE_INVALID,
                                CKR_GENERAL_ERROR,
                                CKR_PENDING,
                                ~CK_RV{0}};
  return codes[dice->u8() % (sizeof(codes) / sizeof(*codes))];
}

// A length: mostly one that could be, sometimes anything.
CK_ULONG someLength(CK_ULONG room) {
  switch (dice->u8() % 8) {
    case 0:
      return static_cast<CK_ULONG>(dice->u64() >> dice->u8() % 64);
    case 1:
      return CK_UNAVAILABLE_INFORMATION;
    case 2:
      return 0;
    case 3:
      return room + 1;
    case 4:
      return sizeof(CK_ATTRIBUTE) * (dice->u8() % 4);
    case 5:
      return dice->u8();
    default:
      return room;
  }
}

void answerAttributes(CK_ATTRIBUTE* attributes, CK_ULONG count, int depth) {
  for (CK_ULONG i = 0; i < count; ++i) {
    CK_ATTRIBUTE& one = attributes[i];
    CK_ULONG room = one.ulValueLen;
    bool nested =
        one.pValue != nullptr && (one.type & CKF_ARRAY_ATTRIBUTE) != 0 && room >= sizeof(CK_ATTRIBUTE) && depth < 12;
    if (nested && dice->u8() % 4 != 0) {
      // The caller's array: its own elements are set, and the places it gave are filled.
      answerAttributes(static_cast<CK_ATTRIBUTE*>(one.pValue), room / sizeof(CK_ATTRIBUTE), depth + 1);
      auto* inner = static_cast<CK_ATTRIBUTE*>(one.pValue);
      for (CK_ULONG j = 0; j < room / sizeof(CK_ATTRIBUTE); ++j) {
        if (dice->u8() % 2 == 0) inner[j].type = dice->u8() % 2 == 0 ? CKA_WRAP_TEMPLATE : dice->u8();
      }
    } else if (one.pValue != nullptr && !nested) {
      std::memset(one.pValue, dice->u8(), room);
    }
    one.ulValueLen = someLength(room);
    if (dice->u8() % 16 == 0) one.pValue = reinterpret_cast<void*>(uintptr_t{0x41414141});
    if (dice->u8() % 16 == 0) one.type = static_cast<CK_ULONG>(dice->u64());
  }
}

CK_RV getAttributeValue(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE_PTR attributes, CK_ULONG count) {
  ++calls;
  answerAttributes(attributes, count, 0);
  return someCode();
}

CK_RV findObjectsInit(CK_SESSION_HANDLE, CK_ATTRIBUTE_PTR, CK_ULONG) {
  return dice->u8() % 8 == 0 ? someCode() : CKR_OK;
}
CK_RV findObjectsFinal(CK_SESSION_HANDLE) { return someCode(); }
CK_RV findObjects(CK_SESSION_HANDLE, CK_OBJECT_HANDLE_PTR list, CK_ULONG room, CK_ULONG_PTR count) {
  for (CK_ULONG i = 0; i < room; ++i) list[i] = i;
  *count = dice->left() == 0 ? 0 : someLength(room);
  return someCode();
}

CK_RV initialize(CK_SESSION_HANDLE, CK_MECHANISM_PTR, CK_OBJECT_HANDLE) {
  return dice->u8() % 8 == 0 ? someCode() : CKR_OK;
}
CK_RV cancel(CK_SESSION_HANDLE, CK_FLAGS) { return someCode(); }
CK_RV logIn(CK_SESSION_HANDLE, CK_USER_TYPE, CK_UTF8CHAR_PTR, CK_ULONG) { return someCode(); }
CK_RV operation(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  ++calls;
  if (out != nullptr && *size != 0) std::memset(out, dice->u8(), *size);
  *size = someLength(*size);
  return someCode();
}

CK_RV getSlotList(CK_BBOOL, CK_SLOT_ID_PTR list, CK_ULONG_PTR count) {
  ++calls;
  for (CK_ULONG i = 0; list != nullptr && i < *count; ++i) list[i] = i;
  *count = someLength(*count);
  return someCode();
}

CK_RV getTokenInfo(CK_SLOT_ID, CK_TOKEN_INFO_PTR info) {
  std::memset(info, dice->u8(), sizeof(*info));
  return someCode();
}

CK_RV asyncComplete(CK_SESSION_HANDLE, CK_UTF8CHAR_PTR, CK_ASYNC_DATA_PTR result) {
  *result = {0, dice->u8() % 2 == 0 ? nullptr : reinterpret_cast<CK_BYTE_PTR>(uintptr_t{0x41414141}), someLength(32), 1,
             2};
  return someCode();
}

Request on(uint16_t call) { return Request(call).u64(1); }

// What is asked; the input chooses.
std::vector<Request> requests() {
  Request attributes = on(CALL_C_GetAttributeValue).u64(5).u32(7);
  Request rows = on(CALL_ReadAttributes).u32(3).u64(5).u64(6).u64(7).u32(7);
  for (Request* request : {&attributes, &rows}) {
    request->u64(CKA_CLASS)
        .u8(2)
        .u64(CKA_TOKEN)
        .u8(1)
        .u64(CKA_LABEL)
        .u8(3)
        .u64(CKA_VALUE)
        .u8(3)
        .u64(CKA_WRAP_TEMPLATE)
        .u8(5)
        .u64(CKA_ALLOWED_MECHANISMS)
        .u8(4);
    request->u64(CKA_ID).u8(3);
  }
  return {attributes,
          rows,
          on(CALL_C_GetAttributeValue).u64(5).u32(1).u64(CKA_WRAP_TEMPLATE).u8(5),
          on(CALL_C_GetAttributeValue).u64(5).u32(2).u64(CKA_VALUE).u8(3).u64(CKA_LABEL).u8(3),
          on(CALL_Find).attributes(0).u32(2500),
          on(CALL_FindAndRead).attributes(0).u32(40).u32(9).u32(2).u64(CKA_LABEL).u8(3).u64(CKA_WRAP_TEMPLATE).u8(5),
          on(CALL_C_FindObjects).u32(10),
          on(CALL_SignOnce).mechanism(CKM_ECDSA).u64(5).noPin().bytes("data").u32(8),
          on(CALL_SignOnce).mechanism(CKM_ECDSA).u64(5).pin("1234").bytes("data").u32(0xffffffff),
          on(CALL_C_Sign).bytes("data").u32(64),
          on(CALL_C_AsyncComplete).bytes("C_Sign"),
          Request(CALL_C_GetSlotList).u8(1),
          Request(CALL_C_GetTokenInfo).u64(1)};
}

// A second reading of the answer, by what docs/boundary.md says: it must be whole.
void readAttributes(Answer& answer, int depth) {
  if (depth > 8) __builtin_trap();
  for (uint32_t count = answer.u32(); count > 0; --count) {
    answer.u64();
    switch (answer.u8()) {
      case 0:
        break;
      case 1:
        answer.u8();
        break;
      case 2:
        answer.u64();
        break;
      case 3:
        answer.bytes();
        break;
      case 4:
        answer.ulongs();
        break;
      case 5:
        readAttributes(answer, depth + 1);
        break;
      default:
        __builtin_trap();
    }
  }
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (size_t i = 0; i < requests().size(); ++i) {
    all.push_back(std::string(1, static_cast<char>(i)));
    for (int fill : {6, 7, 15, 250})
      all.push_back(std::string(1, static_cast<char>(i)) + std::string(60, static_cast<char>(fill)));
  }
  return all;
}

// Every row in its place, every value inside the answer.
void readRows(Answer& answer, uint16_t call) {
  std::string outputs = answer.rest();
  std::vector<uint64_t> types = {CKA_LABEL, CKA_WRAP_TEMPLATE};
  if (call == CALL_FindAndRead) {
    answer.ulongs();
  } else {
    types = {CKA_CLASS, CKA_TOKEN, CKA_LABEL, CKA_VALUE, CKA_WRAP_TEMPLATE, CKA_ALLOWED_MECHANISMS, CKA_ID};
  }
  test::Rows rows(outputs, outputs.size() - answer.rest().size());
  for (size_t i = 0; i < rows.count; ++i) rows.row(i, types);
  if (!rows.whole()) __builtin_trap();
}

}  // namespace cryptoki::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cryptoki;
  using namespace cryptoki::fuzz;
  static const auto& all = *new std::vector<Request>(requests());
  if (size == 0) return 0;
  Dice own(data + 1, size - 1);
  dice = &own;
  calls = 0;
  const Request& request = all[data[0] % all.size()];

  FunctionTable functions{};
  functions.C_GetAttributeValue = getAttributeValue;
  functions.C_FindObjectsInit = findObjectsInit;
  functions.C_FindObjects = findObjects;
  functions.C_FindObjectsFinal = findObjectsFinal;
  functions.C_SignInit = initialize;
  functions.C_Sign = operation;
  functions.C_SessionCancel = cancel;
  functions.C_Login = logIn;
  functions.C_GetSlotList = getSlotList;
  functions.C_GetTokenInfo = getTokenInfo;
  functions.C_AsyncComplete = asyncComplete;
  Session session;
  session.id = 1;
  session.handle = 9;
  Job job;
  job.frame = job.arena.copy(request.data.data(), request.data.size());
  job.frameSize = request.data.size();
  job.call = static_cast<uint16_t>(request.data[0] | request.data[1] << 8);
  CallContext context{job, functions, &session};
  runCall(context);

  if (calls > 200) __builtin_trap();
  Answer answer(job.reply);
  if (answer.function == CALL_C_GetAttributeValue && job.call == CALL_C_GetAttributeValue &&
      (answer.rv == CKR_OK || answer.rv == CKR_ATTRIBUTE_SENSITIVE || answer.rv == CKR_ATTRIBUTE_TYPE_INVALID)) {
    readAttributes(answer, 0);
    if (!answer.atEnd()) __builtin_trap();
  }
  if (answer.ok() && (job.call == CALL_ReadAttributes || job.call == CALL_FindAndRead)) readRows(answer, job.call);
  if (test::failures() != 0) __builtin_trap();
  return 0;
}
