#include "by_hand.h"

#include <cstring>

#include "roles.h"

namespace cryptoki {

namespace {

// The result of an asynchronous operation: its bytes lie in a buffer the caller gave when it began, so in a pending
// call of this session.
struct OutAsync : role::Plain {
  CK_ASYNC_DATA* value;
  const Session* session;

  void read(Call& call) {
    value = call.arena.array<CK_ASYNC_DATA>(1);
    session = call.context.session;
  }
  std::tuple<CK_ASYNC_DATA*> arguments() { return {value}; }

  void write(Writer& reply) const {
    reply.ulong(value->ulVersion);
    reply.bytes(value->pValue, value->pValue == nullptr ? 0 : checkedSize());
    reply.ulong(value->hObject);
    reply.ulong(value->hAdditionalObject);
  }

 private:
  size_t checkedSize() const {
    for (const PendingCall& pending : session->pending) {
      if (pending.output == value->pValue && value->ulValue <= pending.capacity) return value->ulValue;
    }
    throw EngineFailure{ENGINE_LENGTH_LIE, {}};
  }
};

// A buffer for the result of an operation that another process began.
struct JoinBuffer : role::Plain {
  CK_BYTE_PTR data;
  CK_ULONG size;
  void read(Call& call) {
    size = static_cast<CK_ULONG>(std::min<size_t>(call.reader.u32(), call.mostOutput()));
    data = call.arena.array<CK_BYTE>(size);
    call.output = data;
    call.capacity = size;
  }
  std::tuple<CK_BYTE_PTR, CK_ULONG> arguments() { return {data, size}; }
};

const CallRow* callNamed(const char* name) {
  for (uint16_t id = 0; id < FUNCTION_COUNT; ++id) {
    const CallRow* row = findCall(id);
    if (row != nullptr && std::strcmp(row->name, name) == 0) return row;
  }
  return nullptr;
}

// The operation has ended: its memory goes, or becomes that of the mechanism when it was an Init function.
void settlePending(CallContext& context, uint16_t function, CK_RV rv) {
  auto& pending = context.session->pending;
  for (auto at = pending.begin(); at != pending.end();) {
    if (at->function != function) {
      ++at;
      continue;
    }
    if (rv == CKR_OK && keepsItsMechanism(function)) {
      PinnedMechanism& pinned = context.session->pinned[function];
      pinned.writeBack = std::move(at->writeBack);
      pinned.arena = std::move(at->arena);
    }
    at = pending.erase(at);
  }
}

}  // namespace

namespace byHand {

void C_FindObjects(CallContext& context) {
  Row<CALL_C_FindObjects, role::Session, role::OutHandles>::run(context, context.functions.C_FindObjects,
                                                                "C_FindObjects");
}

void C_WaitForSlotEvent(CallContext& context) {
  Row<CALL_C_WaitForSlotEvent, role::Ulong, role::OutUlong, role::Reserved>::run(
      context, context.functions.C_WaitForSlotEvent, "C_WaitForSlotEvent");
}

void C_AsyncComplete(CallContext& context) {
  Call call(context);
  role::Session session;
  role::Text name;
  OutAsync result;
  session.read(call);
  name.read(call);
  result.read(call);
  call.reader.expectEnd();
  auto function = present(context.functions.C_AsyncComplete, "C_AsyncComplete");

  CK_RV rv = function(session.handle, name.data, result.value);
  Writer& reply = context.job.reply;
  writeReply(reply, rv, CALL_C_AsyncComplete);
  if (rv == CKR_OK) result.write(reply);
  const CallRow* row = name.data == nullptr ? nullptr : callNamed(reinterpret_cast<const char*>(name.data));
  // A code of the asking itself, not of the operation, must not take the memory from under the token.
  bool ended = rv != CKR_PENDING && rv != CKR_ARGUMENTS_BAD && rv != CKR_FUNCTION_NOT_SUPPORTED &&
               rv != CKR_OPERATION_NOT_INITIALIZED;
  if (ended && row != nullptr) settlePending(context, row->id, rv);
}

void C_AsyncJoin(CallContext& context) {
  Call call(context);
  role::Session session;
  role::Text name;
  role::Ulong id;
  JoinBuffer buffer;
  session.read(call);
  name.read(call);
  id.read(call);
  buffer.read(call);
  call.reader.expectEnd();
  auto function = present(context.functions.C_AsyncJoin, "C_AsyncJoin");

  CK_RV rv = function(session.handle, name.data, id.value, buffer.data, buffer.size);
  if (rv == CKR_OK || rv == CKR_PENDING) {
    const CallRow* row = name.data == nullptr ? nullptr : callNamed(reinterpret_cast<const char*>(name.data));
    keepPending(call, row == nullptr ? static_cast<uint16_t>(CALL_C_AsyncJoin) : row->id);
  }
  writeReply(context.job.reply, rv, CALL_C_AsyncJoin);
}

void WrittenBack(CallContext& context) {
  Call call(context);
  role::Session session;
  session.read(call);
  uint32_t init = call.reader.u32();
  call.reader.expectEnd();
  if (init >= FUNCTION_COUNT) throw EngineFailure{ENGINE_MALFORMED, {}};
  auto found = context.session->pinned.find(static_cast<uint16_t>(init));
  const WriteBack* written = found == context.session->pinned.end() ? nullptr : found->second.writeBack.get();
  writeReply(context.job.reply, CKR_OK, static_cast<uint16_t>(init), written);
}

}  // namespace byHand
}  // namespace cryptoki
