// C_GetAttributeValue, and the recipe ReadAttributes: the same of many objects.
#include "attribute_reader.h"
#include "by_hand.h"
#include "roles.h"

namespace cryptoki::byHand {

namespace {

bool hasValues(CK_RV rv) { return rv == CKR_OK || rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_ATTRIBUTE_TYPE_INVALID; }

// Not this object's failure: the next would fail in the same way, each after a time-out perhaps, so the whole call
// fails.
bool concernsAll(CK_RV rv) {
  switch (rv) {
    case CKR_CRYPTOKI_NOT_INITIALIZED:
    case CKR_DEVICE_ERROR:
    case CKR_DEVICE_MEMORY:
    case CKR_DEVICE_REMOVED:
    case CKR_FUNCTION_NOT_SUPPORTED:
    case CKR_HOST_MEMORY:
    case CKR_SESSION_CLOSED:
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_TOKEN_NOT_RECOGNIZED:
    case CKR_PENDING:
      return true;
    default:
      return false;
  }
}

// What an object's attributes take, as a guess: label, identifier and the like.
constexpr size_t kSparePerObject = 64;

}  // namespace

CK_RV readRows(Call& call, AttributeReader& attributes, const CK_OBJECT_HANDLE* objects, uint32_t count) {
  Writer& reply = call.context.job.reply;
  size_t size = attributes.rowSize();
  reply.u32(count);
  reply.u32(static_cast<uint32_t>(size));
  size_t at = reply.size();
  reply.zeros(count * size, count * kSparePerObject);
  for (uint32_t i = 0; i < count; ++i, at += size) {
    CK_RV rv = attributes.read(objects[i]);
    if (concernsAll(rv)) return rv;
    reply.patchU64(at, rv);
    reply.patchU64(at + sizeof(uint64_t), objects[i]);
    if (hasValues(rv)) attributes.writeRow(reply, at);
  }
  return CKR_OK;
}

void C_GetAttributeValue(CallContext& context) {
  Call call(context);
  role::Session session;
  role::Ulong object;
  session.read(call);
  object.read(call);
  AttributeReader attributes(call, session.handle);
  call.reader.expectEnd();
  present(context.functions.C_GetAttributeValue, "C_GetAttributeValue");

  CK_RV rv = attributes.read(object.value);
  if (!hasValues(rv)) return writeFailure(call, rv, CALL_C_GetAttributeValue);
  writeReply(context.job.reply, rv, CALL_C_GetAttributeValue);
  attributes.write(context.job.reply);
}

void ReadAttributes(CallContext& context) {
  Call call(context);
  role::Session session;
  session.read(call);
  uint32_t count = call.reader.count(kMostEntries, sizeof(uint64_t));
  auto* objects = call.arena.array<CK_OBJECT_HANDLE>(count);
  for (uint32_t i = 0; i < count; ++i) objects[i] = call.reader.ulong();
  AttributeReader attributes(call, session.handle);
  call.reader.expectEnd();
  present(context.functions.C_GetAttributeValue, "C_GetAttributeValue");

  writeReply(context.job.reply, CKR_OK, CALL_C_GetAttributeValue);
  CK_RV rv = readRows(call, attributes, objects, count);
  if (rv != CKR_OK) writeFailure(call, rv, CALL_C_GetAttributeValue);
}

}  // namespace cryptoki::byHand
