#include "call.h"

#include <memory>
#include <utility>

namespace cryptoki {

namespace {

// Position of the written-back block's length in a reply, and of the block.
constexpr size_t kBlockLength = 12;
constexpr size_t kBlock = 16;

size_t requestSize(const Job& job) {
  size_t size = job.frameSize;
  for (const Bytes& payload : job.payloads) size += payload.size;
  return size;
}

// The arena moves with everything in it; nothing in the job may point there any more.
Arena takeArena(Job& job) {
  Arena arena = std::move(job.arena);
  job.frame = nullptr;
  job.frameSize = 0;
  job.payloads.clear();
  return arena;
}

std::shared_ptr<WriteBack> takeWriteBack(Job& job) noexcept {
  if (job.writeBack.fields.empty()) return nullptr;
  try {
    auto taken = std::make_shared<WriteBack>(std::move(job.writeBack));
    job.writeBack.fields.clear();
    return taken;
  } catch (const std::bad_alloc&) {
    return nullptr;  // what the token writes can then not be told; that it has somewhere to write matters more
  }
}

const uint8_t* arguments(const Job& job) {
  if (job.frameSize < kRequestHeader) throw EngineFailure{ENGINE_MALFORMED, {}};
  return job.frame + kRequestHeader;
}

}  // namespace

Call::Call(CallContext& callContext)
    : context(callContext),
      arena(callContext.job.arena),
      reader(arguments(callContext.job), callContext.job.frameSize - kRequestHeader, callContext.job.payloads),
      decoder(reader, arena, callContext.job.writeBack),
      mostOutput_(std::min(kMostOutput + 2 * requestSize(callContext.job), Writer::kMostReply - kMostOutput)) {
  callContext.job.writeBack.fields.clear();
  if (context.session == nullptr) return;
  // For keepPending, when it is too late to fail.
  auto& pending = context.session->pending;
  if (pending.size() == pending.capacity()) pending.reserve(pending.size() + 1);
}

CK_SESSION_HANDLE Call::session() const {
  if (context.session == nullptr) throw EngineFailure{ENGINE_SESSION_UNKNOWN, {}};
  return context.session->handle;
}

void writeReply(Writer& reply, CK_RV rv, uint16_t function) {
  reply.reset();
  reply.u64(rv);
  reply.u16(function);
  reply.u16(0);
  reply.u32(0);
}

void writeReply(Writer& reply, CK_RV rv, uint16_t function, const WriteBack* writeBack) {
  writeReply(reply, rv, function);
  if (writeBack == nullptr || writeBack->fields.empty()) return;
  writeBack->write(reply);
  reply.patchU32(kBlockLength, static_cast<uint32_t>(reply.size() - kBlock));
}

void writeEngineReply(Writer& reply, uint32_t code, const std::string& detail) {
  writeReply(reply, code, FUNCTION_ENGINE);
  reply.bytes(detail.data(), detail.size());
}

void writeFailure(Call& call, CK_RV rv, uint16_t function) {
  if (rv == CKR_PENDING) keepPending(call, function);
  writeReply(call.context.job.reply, rv, function);
}

void expectMechanism(CallContext& context, uint16_t init) { context.session->pinned.try_emplace(init); }

std::shared_ptr<WriteBack> keepMechanism(CallContext& context, uint16_t init) noexcept {
  PinnedMechanism& pinned = context.session->pinned.find(init)->second;
  pinned.writeBack = takeWriteBack(context.job);
  // The memory of the mechanism before becomes the job's: nothing is allocated by signing again and again.
  Arena before = std::move(pinned.arena);
  pinned.arena = takeArena(context.job);
  before.reset();
  context.job.arena = std::move(before);
  return pinned.writeBack;
}

void forgetMechanism(CallContext& context, uint16_t init) {
  auto& pinned = context.session->pinned;
  auto found = pinned.find(init);
  if (found == pinned.end()) return;
  found->second.writeBack = nullptr;
  found->second.arena.reset();
}

void keepPending(Call& call, uint16_t function) noexcept {
  if (call.context.session == nullptr) return;
  PendingCall kept;
  kept.function = function;
  kept.writeBack = takeWriteBack(call.context.job);
  kept.output = call.output;
  kept.capacity = call.capacity;
  kept.arena = takeArena(call.context.job);
  call.context.session->pending.push_back(std::move(kept));
}

}  // namespace cryptoki
