// The recipes Find and FindAndRead: a whole search in one crossing.
#include "attribute_reader.h"
#include "by_hand.h"
#include "roles.h"

namespace cryptoki::byHand {

namespace {

// Handles asked for at once.
constexpr uint32_t kBatch = 1000;
constexpr size_t kReplyHeader = 16;

// Appends handles to the reply behind its header and their count. Answers what C_FindObjects answered last.
CK_RV collect(Call& call, CK_SESSION_HANDLE session, uint32_t most) {
  Writer& reply = call.context.job.reply;
  const size_t countAt = reply.size();
  uint32_t found = 0;
  reply.u32(0);
  // Never one more than is wanted: to find one object, some tokens search as long as it takes to be sure that there is
  // no second.
  const uint32_t room = std::min(most, kBatch);
  auto* handles = call.arena.array<CK_OBJECT_HANDLE>(room);
  auto* given = call.arena.array<CK_ULONG>(1);
  while (found < most) {
    // Beyond the cap one is asked for, to know whether the list would have been cut off.
    CK_ULONG wanted = std::min(room, std::max<uint32_t>(1, std::min(most, kMostEntries) - found));
    *given = 0;
    CK_RV rv = call.context.functions.C_FindObjects(session, handles, wanted, given);
    if (rv != CKR_OK) return rv;
    CK_ULONG count = *given;
    if (count > wanted) throw EngineFailure{ENGINE_LENGTH_LIE, {}};
    // Only nothing ends a search: tokens may answer fewer than asked at any time.
    if (count == 0) break;
    if (found >= kMostEntries) throw EngineFailure{ENGINE_TOO_LARGE, {}};
    for (CK_ULONG i = 0; i < count; ++i) reply.ulong(handles[i]);
    found += static_cast<uint32_t>(count);
  }
  reply.patchU32(countAt, found);
  return CKR_OK;
}

// From C_FindObjectsInit to C_FindObjectsFinal. False when it failed and the reply says so.
bool search(Call& call, CK_SESSION_HANDLE session, const Decoder::Template& sought, uint32_t most) {
  CallContext& context = call.context;
  auto init = present(context.functions.C_FindObjectsInit, "C_FindObjectsInit");
  present(context.functions.C_FindObjects, "C_FindObjects");
  auto final = present(context.functions.C_FindObjectsFinal, "C_FindObjectsFinal");

  CK_RV rv = init(session, sought.attributes, sought.count);
  if (rv != CKR_OK) {
    writeFailure(call, rv, CALL_C_FindObjectsInit);
    return false;
  }
  writeReply(context.job.reply, rv, CALL_C_FindObjects);
  try {
    rv = collect(call, session, most);
  } catch (...) {
    final(session);
    throw;
  }
  CK_RV ended = final(session);
  if (rv != CKR_OK) {
    writeFailure(call, rv, CALL_C_FindObjects);
  } else if (ended != CKR_OK) {
    writeFailure(call, ended, CALL_C_FindObjectsFinal);
  }
  return rv == CKR_OK && ended == CKR_OK;
}

}  // namespace

void Find(CallContext& context) {
  Call call(context);
  role::Session session;
  role::Template sought;
  session.read(call);
  sought.read(call);
  uint32_t most = call.reader.u32();
  call.reader.expectEnd();
  search(call, session.handle, sought.value, most);
}

void FindAndRead(CallContext& context) {
  Call call(context);
  role::Session session;
  role::Template sought;
  session.read(call);
  sought.read(call);
  uint32_t most = call.reader.u32();
  uint32_t first = call.reader.u32();
  AttributeReader attributes(call, session.handle);
  call.reader.expectEnd();
  present(context.functions.C_GetAttributeValue, "C_GetAttributeValue");
  if (!search(call, session.handle, sought.value, most)) return;

  // The handles lie behind the header as they were found.
  const Writer& reply = context.job.reply;
  Reader found(reply.data() + kReplyHeader, reply.size() - kReplyHeader, context.job.payloads);
  uint32_t count = std::min(found.u32(), first);
  auto* objects = call.arena.array<CK_OBJECT_HANDLE>(count);
  for (uint32_t i = 0; i < count; ++i) objects[i] = found.ulong();
  CK_RV rv = readRows(call, attributes, objects, count);
  if (rv != CKR_OK) writeFailure(call, rv, CALL_C_GetAttributeValue);
}

}  // namespace cryptoki::byHand
