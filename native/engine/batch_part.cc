// A member's work on a batch: no lock and no allocation from one item to the next.
#include <algorithm>
#include <cstring>

#include "../generated/engine_codes.h"
#include "call.h"
#include "crew.h"
#include "platform_wipe.h"

namespace cryptoki {

namespace {

// How often a token may say that a buffer is too small before its word is taken for an answer.
constexpr int kMostRounds = 3;

// How an item has gone.
struct Outcome {
  CK_RV rv = CKR_OK;
  uint16_t function = 0;
  const uint8_t* longer = nullptr;  // an output for which the slab has no room
  CK_ULONG size = 0;
};

class Work {
 public:
  Work(Part& part, Session& session) : part_(part), batch_(*part.batch), session_(session) {}
  ~Work() { secureWipe(mechanismBytes_.data(), mechanismBytes_.size()); }

  void run();

 private:
  void prepare();
  void doRange();
  // Everything that is done to an item while it is this member's.
  Outcome perform(uint32_t item);
  CK_RV begin(uint32_t item, uint16_t& function);
  Outcome operate(uint32_t item);
  Outcome grow(uint32_t item, CK_ULONG asked);
  Outcome engine(uint32_t code) { return {code, FUNCTION_ENGINE, nullptr, 0}; }
  void endOperation();
  void record(uint32_t item, const Outcome& outcome);
  void keepPending(uint32_t item, uint16_t function);

  CK_BYTE_PTR dataOf(uint32_t item) const { return const_cast<CK_BYTE_PTR>(batch_.data + batch_.starts[item]); }
  CK_ULONG sizeOf(uint32_t item) const {
    return static_cast<CK_ULONG>(batch_.starts[item + 1] - batch_.starts[item]);
  }
  uint8_t* outputOf(uint32_t item) const { return batch_.outputs + item * batch_.stride; }
  void setStatus(uint32_t item, uint32_t status) {
    uint8_t* at = batch_.statuses + size_t{item} * 4;
    for (int i = 0; i < 4; ++i) at[i] = static_cast<uint8_t>(status >> 8 * i);
  }

  Part& part_;
  Batch& batch_;
  Session& session_;
  Arena arena_;  // the mechanism
  Arena room_;   // outputs that were too long
  WriteBack ignored_;
  CK_MECHANISM* mechanism_ = nullptr;
  std::vector<uint8_t> mechanismBytes_;  // as it was given: what a token writes into it is not the next item's
  bool active_ = false;                  // an operation that could not be ended: the token may still use the mechanism
};

void Work::prepare() {
  // For the time when it is too late to fail.
  session_.pinned.try_emplace(batch_.functions.initId);
  auto& pending = session_.pending;
  if (pending.size() == pending.capacity()) pending.reserve(pending.size() + 1);
  if (batch_.ownMechanisms) return;
  Reader reader = batch_.mechanisms[0];
  mechanism_ = Decoder(reader, arena_, ignored_).mechanism();
  mechanismBytes_ = arena_.save();
}

void Work::run() {
  prepare();
  while (!part_.givesWay()) {
    if (part_.range.next == part_.range.end) part_.range = batch_.claim();
    if (part_.range.next == part_.range.end) break;
    doRange();
    if (part_.suspends || part_.range.next < part_.range.end) break;
  }
  if (!active_) return;
  PinnedMechanism& pinned = session_.pinned.find(batch_.functions.initId)->second;
  pinned.writeBack = nullptr;
  pinned.arena = std::move(arena_);
}

void Work::doRange() {
  uint32_t item = part_.range.next;
  const uint32_t end = part_.range.end;
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  part_.since.store(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count(), std::memory_order_relaxed);
  part_.sinceItem.store(item, std::memory_order_relaxed);
  if (!part_.grip.take(item)) return;
  for (;;) {
    Outcome outcome = perform(item);
    const uint32_t following = item + 1;
    bool simple = outcome.rv == CKR_OK && outcome.longer == nullptr;
    if (simple && following < end && !part_.givesWay()) {
      if (!part_.grip.next(item, following)) return;
      item = following;
      continue;
    }
    if (!part_.grip.drop(item)) {
      // Written off: what is left belongs to others now. Only what the token goes on using must stay.
      if (outcome.rv == CKR_PENDING) keepPending(item, outcome.function);
      return;
    }
    part_.range.next = following;
    if (simple) return;
    record(item, outcome);
    if (part_.suspends || following == end || part_.givesWay() || !part_.grip.take(following)) return;
    item = following;
  }
}

Outcome Work::perform(uint32_t item) {
  uint16_t function = 0;
  try {
    CK_RV rv = begin(item, function);
    if (rv != CKR_OK) {
      setStatus(item, kFailed);
      return {rv, function, nullptr, 0};
    }
  } catch (const EngineFailure& failure) {
    setStatus(item, kFailed);
    return engine(failure.code);
  } catch (const std::bad_alloc&) {
    setStatus(item, kFailed);
    return engine(ENGINE_MEMORY);
  }
  Outcome outcome = operate(item);
  if (outcome.rv != CKR_OK) {
    setStatus(item, kFailed);
    // A call that is pending goes on writing there.
    if (outcome.rv != CKR_PENDING) secureWipe(outputOf(item), batch_.stride);
  } else if (outcome.longer != nullptr) {
    setStatus(item, kLonger);
    secureWipe(outputOf(item), batch_.stride);
  } else {
    setStatus(item, static_cast<uint32_t>(outcome.size));
    if (outcome.size < batch_.stride) std::memset(outputOf(item) + outcome.size, 0, batch_.stride - outcome.size);
  }
  return outcome;
}

CK_RV Work::begin(uint32_t item, uint16_t& function) {
  const BatchFunctions& use = batch_.functions;
  if (batch_.ownMechanisms) {
    arena_.reset();
    ignored_.fields.clear();
    Reader reader = batch_.mechanisms[item];
    mechanism_ = Decoder(reader, arena_, ignored_).mechanism();
  } else {
    arena_.restore(mechanismBytes_);
  }
  function = use.initId;
  CK_RV rv = use.init != nullptr ? use.init(session_.handle, mechanism_, batch_.key)
                                 : use.digestInit(session_.handle, mechanism_);
  if (rv != CKR_OK || !batch_.login) return rv;
  function = CALL_C_Login;
  auto* pin = batch_.pin.null ? nullptr : const_cast<CK_UTF8CHAR_PTR>(batch_.pin.data);
  rv = use.login(session_.handle, CKU_CONTEXT_SPECIFIC, pin, static_cast<CK_ULONG>(batch_.pin.size));
  if (rv != CKR_OK) endOperation();
  return rv;
}

Outcome Work::operate(uint32_t item) {
  const BatchFunctions& use = batch_.functions;
  if (use.verify != nullptr) {
    size_t from = batch_.signatureStarts[item];
    auto* signature = const_cast<CK_BYTE_PTR>(batch_.signatures + from);
    auto length = static_cast<CK_ULONG>(batch_.signatureStarts[item + 1] - from);
    CK_RV rv = use.verify(session_.handle, dataOf(item), sizeOf(item), signature, length);
    return {rv, use.operationId, nullptr, 0};
  }
  CK_ULONG size = static_cast<CK_ULONG>(batch_.stride);
  CK_RV rv = use.operation(session_.handle, dataOf(item), sizeOf(item), outputOf(item), &size);
  if (rv == CKR_BUFFER_TOO_SMALL) return grow(item, size);
  if (rv == CKR_OK && size > batch_.stride) {
    endOperation();
    return engine(ENGINE_LENGTH_LIE);
  }
  return {rv, use.operationId, nullptr, size};
}

// The slab has too little room for this one: into a buffer of its own.
Outcome Work::grow(uint32_t item, CK_ULONG asked) {
  const BatchFunctions& use = batch_.functions;
  const size_t most = kMostOutput + 2 * size_t{sizeOf(item)};
  CK_ULONG capacity = static_cast<CK_ULONG>(batch_.stride);
  CK_ULONG size = asked;
  CK_RV rv = CKR_BUFFER_TOO_SMALL;
  for (int round = 0; rv == CKR_BUFFER_TOO_SMALL && round < kMostRounds; ++round) {
    if (size <= capacity) {
      // The token has not said how much it wants.
      size = 0;
      rv = use.operation(session_.handle, dataOf(item), sizeOf(item), nullptr, &size);
      if (rv != CKR_OK && rv != CKR_BUFFER_TOO_SMALL) return {rv, use.operationId, nullptr, 0};
      rv = CKR_BUFFER_TOO_SMALL;
      if (size <= capacity) break;
    }
    if (size > most) {
      endOperation();
      return engine(ENGINE_TOO_LARGE);
    }
    capacity = size;
    CK_BYTE_PTR output;
    try {
      room_.reset();
      output = room_.array<CK_BYTE>(capacity);
    } catch (const std::bad_alloc&) {
      endOperation();
      return engine(ENGINE_MEMORY);
    }
    rv = use.operation(session_.handle, dataOf(item), sizeOf(item), output, &size);
    if (rv != CKR_OK) continue;
    if (size > capacity) {
      endOperation();
      return engine(ENGINE_LENGTH_LIE);
    }
    if (size > batch_.stride) return {rv, use.operationId, output, size};
    if (size != 0) std::memcpy(outputOf(item), output, size);
    return {rv, use.operationId, nullptr, size};
  }
  if (rv == CKR_BUFFER_TOO_SMALL) endOperation();
  return {rv, use.operationId, nullptr, 0};
}

// Leaves nothing active where the standard can end an operation; where it cannot, the next one would find the session
// occupied, so somebody must see to it.
void Work::endOperation() {
  auto cancel = batch_.functions.cancel;
  if (cancel == nullptr || cancel(session_.handle, batch_.functions.flag) != CKR_OK) active_ = true;
}

void Work::record(uint32_t item, const Outcome& outcome) {
  try {
    if (outcome.longer != nullptr) {
      part_.records.tooLong(item, outcome.longer, outcome.size);
    } else {
      part_.records.fail(item, outcome.rv, outcome.function, session_.id);
    }
  } catch (...) {
    part_.memoryFailed = true;
  }
  room_.reset();
  const auto& fatal = batch_.fatal;
  bool ofToken = outcome.function != FUNCTION_ENGINE;
  bool bad = ofToken && std::find(fatal.begin(), fatal.end(), outcome.rv) != fatal.end();
  if (bad || active_) part_.suspends = true;
  if (!ofToken || outcome.rv != CKR_PENDING) return;
  keepPending(item, outcome.function);
  part_.leavesBehind = true;
  part_.leftItem = item;
  part_.suspends = true;
}

void Work::keepPending(uint32_t item, uint16_t function) {
  PendingCall kept;
  kept.function = function;
  kept.arena = std::move(arena_);
  kept.output = outputOf(item);
  kept.capacity = batch_.stride;
  kept.batch = part_.batch;
  session_.pending.push_back(std::move(kept));
}

}  // namespace

void Part::run(Session& session) noexcept {
  Work work(*this, session);
  try {
    work.run();
  } catch (...) {
    memoryFailed = true;  // of preparing: no item has been touched
    suspends = false;
    batch->stop();
  }
}

bool Part::givesWay() noexcept {
  if (batch->stopped() || lane->asked.load(std::memory_order_relaxed)) return true;
  uint32_t wanted = crew->wanted.load(std::memory_order_relaxed);
  while (wanted > 0) {
    if (crew->wanted.compare_exchange_weak(wanted, wanted - 1, std::memory_order_relaxed)) return true;
  }
  return executor->crowded();
}

}  // namespace cryptoki
