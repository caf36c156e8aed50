// The recipe Find: a whole search in one crossing.
#include "by_hand.h"
#include "roles.h"

namespace cryptoki::byHand {

namespace {

// Handles asked for at once.
constexpr uint32_t kBatch = 1000;

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

}  // namespace

void Find(CallContext& context) {
  Call call(context);
  role::Session session;
  role::Template sought;
  session.read(call);
  sought.read(call);
  uint32_t most = call.reader.u32();
  call.reader.expectEnd();
  auto init = present(context.functions.C_FindObjectsInit, "C_FindObjectsInit");
  present(context.functions.C_FindObjects, "C_FindObjects");
  auto final = present(context.functions.C_FindObjectsFinal, "C_FindObjectsFinal");

  CK_RV rv = init(session.handle, sought.value.attributes, sought.value.count);
  if (rv != CKR_OK) return writeFailure(call, rv, CALL_C_FindObjectsInit);
  writeReply(context.job.reply, rv, CALL_C_FindObjects);
  try {
    rv = collect(call, session.handle, most);
  } catch (...) {
    final(session.handle);
    throw;
  }
  CK_RV ended = final(session.handle);
  if (rv != CKR_OK) return writeFailure(call, rv, CALL_C_FindObjects);
  if (ended != CKR_OK) writeFailure(call, ended, CALL_C_FindObjectsFinal);
}

}  // namespace cryptoki::byHand
