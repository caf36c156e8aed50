#include "batch.h"

#include <algorithm>
#include <cstring>

#include "../generated/engine_codes.h"
#include "call.h"
#include "task.h"

namespace cryptoki {

namespace {

constexpr size_t kCountAt = 16;     // behind the header of a reply
constexpr size_t kStatusesAt = 24;  // behind count and stride
constexpr uint32_t kMostFatal = 1000;
constexpr uint32_t kLongestRange = 64;
// With so many members a call is likely to take long: each takes one item at a time, so that all end together.
constexpr uint32_t kManyMembers = 8;
constexpr uint32_t kRangesPerMember = 4;

size_t roundUp(size_t size) { return (size + 7) & ~size_t{7}; }

#define NEEDED(table, function) present((table).function, #function)

BatchFunctions functionsOf(Batch::Operation operation, const FunctionTable& table, bool login) {
  BatchFunctions it;
  it.cancel = table.C_SessionCancel;
  if (login) it.login = NEEDED(table, C_Login);
  auto set = [&](uint16_t init, uint16_t done, CK_FLAGS flag) {
    it.initId = init;
    it.operationId = done;
    it.flag = flag;
  };
  switch (operation) {
    case Batch::Operation::Sign:
      it.init = NEEDED(table, C_SignInit);
      it.operation = NEEDED(table, C_Sign);
      set(CALL_C_SignInit, CALL_C_Sign, CKF_SIGN);
      break;
    case Batch::Operation::Verify:
      it.init = NEEDED(table, C_VerifyInit);
      it.verify = NEEDED(table, C_Verify);
      set(CALL_C_VerifyInit, CALL_C_Verify, CKF_VERIFY);
      break;
    case Batch::Operation::Encrypt:
      it.init = NEEDED(table, C_EncryptInit);
      it.operation = NEEDED(table, C_Encrypt);
      set(CALL_C_EncryptInit, CALL_C_Encrypt, CKF_ENCRYPT);
      break;
    case Batch::Operation::Decrypt:
      it.init = NEEDED(table, C_DecryptInit);
      it.operation = NEEDED(table, C_Decrypt);
      set(CALL_C_DecryptInit, CALL_C_Decrypt, CKF_DECRYPT);
      break;
    case Batch::Operation::Digest:
      it.digestInit = NEEDED(table, C_DigestInit);
      it.operation = NEEDED(table, C_Digest);
      set(CALL_C_DigestInit, CALL_C_Digest, CKF_DIGEST);
      break;
  }
  return it;
}

#undef NEEDED

}  // namespace

void Records::fail(uint32_t item, uint64_t rv, uint16_t function, uint64_t session) {
  size_t before = failures.size();
  try {
    failures.u32(item);
    failures.u64(rv);
    failures.u16(function);
    failures.u64(session);
  } catch (...) {
    failures.truncate(before);
    throw;
  }
  ++failed;
}

void Records::tooLong(uint32_t item, const uint8_t* data, size_t size) {
  size_t before = longer.size();
  try {
    longer.u32(item);
    longer.bytes(data, size);
  } catch (...) {
    longer.truncate(before);
    throw;
  }
  ++longerCount;
}

void Records::append(const Records& other) {
  failures.raw(other.failures.data(), other.failures.size());
  failed += other.failed;
  longer.raw(other.longer.data(), other.longer.size());
  longerCount += other.longerCount;
}

void Records::reset() {
  failed = longerCount = 0;
  failures.reset();
  longer.reset();
}

Batch::Batch() = default;

Batch::~Batch() {
  if (task_) Task::giveBack(std::move(task_));
  if (spare_) Task::giveBack(std::move(spare_));
}

std::shared_ptr<Batch> Batch::read(std::unique_ptr<Task>& task, const FunctionTable& table) {
  std::shared_ptr<Batch> batch(new Batch);
  batch->spare_ = Task::take();
  batch->task_ = std::move(task);
  try {
    batch->readArguments(table);
    batch->makeRoom();
  } catch (...) {
    task = batch->giveUp();
    throw;
  }
  return batch;
}

std::unique_ptr<Task> Batch::giveUp() noexcept {
  task_->reply.reset();
  return std::move(task_);
}

uint32_t Batch::ticket() const { return task_->ticket; }

void Batch::readArguments(const FunctionTable& table) {
  Reader reader(task_->frame + kRequestHeader, task_->frameSize - kRequestHeader, task_->payloads);
  reader.u64();
  uint8_t wanted = reader.u8();
  uint8_t flags = reader.u8();
  most = reader.u32();
  if (wanted > static_cast<uint8_t>(Operation::Digest) || flags > 1 || most == 0)
    throw EngineFailure{ENGINE_MALFORMED, {}};
  operation = static_cast<Operation>(wanted);
  ownMechanisms = flags != 0;
  key = reader.ulong();
  login = reader.u8() != 0;
  if (login) pin = reader.bytes();
  uint32_t capacity = reader.u32();
  if (operation != Operation::Verify) stride = roundUp(capacity);
  uint32_t codes = reader.count(kMostFatal, 8);
  fatal.reserve(codes);
  for (uint32_t i = 0; i < codes; ++i) fatal.push_back(reader.ulong());

  // Decoded here once, to find where it ends, and again by every member.
  Arena scratch;
  WriteBack ignored;
  auto skipMechanism = [&] {
    mechanisms.push_back(reader);
    Decoder(reader, scratch, ignored).mechanism();
    scratch.reset();
    ignored.fields.clear();
  };
  if (!ownMechanisms) skipMechanism();
  count = reader.u32();
  if (count > kMostEntries) throw EngineFailure{ENGINE_TOO_LARGE, {}};
  data = readItems(reader, starts);
  if (operation == Operation::Verify) signatures = readItems(reader, signatureStarts);
  if (ownMechanisms) {
    mechanisms.reserve(count);
    for (uint32_t i = 0; i < count; ++i) skipMechanism();
  }
  reader.expectEnd();
  functions = functionsOf(operation, table, login);
}

const uint8_t* Batch::readItems(Reader& reader, std::vector<size_t>& into) const {
  Bytes packed = reader.bytes();
  Bytes lengths = reader.bytes();
  if (lengths.size != size_t{count} * 4) throw EngineFailure{ENGINE_MALFORMED, {}};
  into.resize(size_t{count} + 1);
  size_t at = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const uint8_t* length = lengths.data + size_t{i} * 4;
    into[i] = at;
    at += length[0] | uint32_t{length[1]} << 8 | uint32_t{length[2]} << 16 | uint32_t{length[3]} << 24;
  }
  into[count] = at;
  if (at != packed.size) throw EngineFailure{ENGINE_MALFORMED, {}};
  // An item of no bytes has a valid pointer, as everywhere.
  static const uint8_t none = 0;
  return packed.null ? &none : packed.data;
}

void Batch::makeRoom() {
  constexpr size_t kClosing = 8;
  size_t slab = roundUp(kStatusesAt + size_t{count} * 4) - kStatusesAt;
  if (stride != 0 && count > (Writer::kMostReply - slab) / stride) throw EngineFailure{ENGINE_TOO_LARGE, {}};
  Writer& reply = task_->reply;
  writeReply(reply, CKR_OK, FUNCTION_ENGINE);
  reply.u32(count);
  reply.u32(static_cast<uint32_t>(stride));
  statuses = reply.zeros(slab + count * stride, kClosing);
  outputs = statuses + slab;
  std::memset(statuses, 0xff, size_t{count} * 4);
}

ItemRange Batch::claim() {
  uint32_t begun = next_.load(std::memory_order_relaxed);
  if (begun >= count) return {};
  uint32_t members = sharers_.load(std::memory_order_relaxed);
  uint32_t length = 1;
  if (members <= kManyMembers) {
    uint32_t share = (count - begun) / (kRangesPerMember * std::max(members, 1u));
    length = std::min(std::max(share, 1u), kLongestRange);
  }
  uint32_t from = next_.fetch_add(length, std::memory_order_relaxed);
  return from >= count ? ItemRange{} : ItemRange{from, std::min(count, from + length)};
}

bool Batch::unbegun() const { return next_.load(std::memory_order_relaxed) < count || !returned.empty(); }

std::unique_ptr<Task> Batch::finish() noexcept {
  std::unique_ptr<Task> answer = leftBehind.empty() ? std::move(task_) : copyWithout();
  Writer& reply = answer->reply;
  uint32_t failure = memoryFailed ? ENGINE_MEMORY : 0;
  try {
    if (failure == 0) close(reply);
  } catch (const EngineFailure& refusal) {
    failure = refusal.code;
  } catch (const std::bad_alloc&) {
    failure = ENGINE_MEMORY;
  }
  if (failure != 0) writeEngineReply(reply, failure, {});
  return answer;
}

void Batch::close(Writer& reply) const {
  reply.u32(records.failed);
  reply.raw(records.failures.data(), records.failures.size());
  reply.u32(records.longerCount);
  reply.raw(records.longer.data(), records.longer.size());
}

// Some token goes on using the batch's memory: what it may be writing to is not read, and stays where it is.
std::unique_ptr<Task> Batch::copyWithout() noexcept {
  std::unique_ptr<Task> answer = std::move(spare_);
  answer->ticket = task_->ticket;
  answer->client = task_->client;
  Writer& reply = answer->reply;
  try {
    std::sort(leftBehind.begin(), leftBehind.end());
    reply.raw(task_->reply.data(), kStatusesAt);
    size_t slab = static_cast<size_t>(outputs - statuses);
    uint8_t* to = reply.zeros(slab + count * stride, 8);
    auto copy = [&](uint32_t from, uint32_t end) {
      std::memcpy(to + size_t{from} * 4, statuses + size_t{from} * 4, size_t{end - from} * 4);
      if (stride != 0) std::memcpy(to + slab + from * stride, outputs + from * stride, (end - from) * stride);
    };
    uint32_t from = 0;
    for (uint32_t item : leftBehind) {
      copy(from, item);
      for (int i = 0; i < 4; ++i) to[size_t{item} * 4 + i] = static_cast<uint8_t>(kFailed >> 8 * i);
      from = item + 1;
    }
    copy(from, count);
  } catch (...) {
    memoryFailed = true;
  }
  return answer;
}

}  // namespace cryptoki
