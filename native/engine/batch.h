// A batch: one operation on many inputs, shared out among the members of a crew by an atomic counter
// (docs/boundary.md, "Batches").
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "arena.h"
#include "lane_queue.h"
#include "library.h"
#include "wire.h"
#include "write_back.h"

namespace cryptoki {

class Executor;
struct Crew;
struct Session;
struct Task;

// Items [next, end) that somebody has taken.
struct ItemRange {
  uint32_t next = 0;
  uint32_t end = 0;
};

// What members tell of their items besides status and output. In the form of the reply, without the counts.
struct Records {
  uint32_t failed = 0;
  Writer failures;
  uint32_t longerCount = 0;
  Writer longer;

  void fail(uint32_t item, uint64_t rv, uint16_t function, uint64_t session);
  void tooLong(uint32_t item, const uint8_t* data, size_t size);
  void append(const Records& other);
  void reset();
};

// What an item is done with.
struct BatchFunctions {
  CK_C_SignInit init = nullptr;  // of the same type for all that have a key
  CK_C_DigestInit digestInit = nullptr;
  CK_C_Sign operation = nullptr;
  CK_C_Verify verify = nullptr;
  CK_C_Login login = nullptr;
  CK_C_SessionCancel cancel = nullptr;
  uint16_t initId = 0;
  uint16_t operationId = 0;
  CK_FLAGS flag = 0;  // for C_SessionCancel
};

class Batch {
 public:
  enum class Operation : uint8_t { Sign, Verify, Encrypt, Decrypt, Digest };

  // Reads the request and makes room for the reply. Throws EngineFailure and std::bad_alloc; the task stays the
  // caller's then.
  static std::shared_ptr<Batch> read(std::unique_ptr<Task>& task, const FunctionTable& table);
  ~Batch();

  uint32_t ticket() const;
  Task& task() { return *task_; }
  std::unique_ptr<Task> giveUp() noexcept;  // the task it was read from: the batch is not to be

  // Items for a member to work on, an empty range when there are none left. No lock.
  ItemRange claim();
  bool stopped() const { return stopped_.load(std::memory_order_relaxed); }

  // With the executor's lock.
  void stop() { stopped_.store(true, std::memory_order_relaxed); }
  bool unbegun() const;  // some item waits for somebody to take it
  // By those who are going to come too: whoever comes first, from another batch, must not take the share of all.
  void share(size_t members) {
    auto sharers = std::min<size_t>(most, std::max<size_t>(parts, members));
    sharers_.store(static_cast<uint32_t>(sharers), std::memory_order_relaxed);
  }
  bool wantsMore() const { return !stopped() && parts < most && unbegun(); }
  // The reply, once nobody works on it any more; the task to be posted.
  std::unique_ptr<Task> finish() noexcept;

  // What the items have in common; constant.
  Operation operation{};
  BatchFunctions functions;
  bool ownMechanisms = false;
  uint32_t most = 0;
  CK_OBJECT_HANDLE key = 0;
  bool login = false;
  Bytes pin;
  std::vector<CK_RV> fatal;
  uint32_t count = 0;
  size_t stride = 0;
  const uint8_t* data = nullptr;
  const uint8_t* signatures = nullptr;
  std::vector<size_t> starts;           // of each item in `data`, and the end
  std::vector<size_t> signatureStarts;  // for verify
  std::vector<Reader> mechanisms;       // where each stands, or the one for all

  // Of each item; every one is written by the member that works on it only.
  uint8_t* statuses = nullptr;
  uint8_t* outputs = nullptr;

  // Guarded by the executor's mutex.
  uint32_t parts = 0;  // members at work, and those that are going to be
  bool begun = false;  // some member has worked on it
  Records records;
  std::vector<ItemRange> returned;     // taken by a member that had to go
  std::vector<uint32_t> leftBehind;    // items whose memory the token may still use
  bool memoryFailed = false;           // a record could not be made

 private:
  Batch();
  void readArguments(const FunctionTable& table);
  const uint8_t* readItems(Reader& reader, std::vector<size_t>& into) const;
  void makeRoom();
  std::unique_ptr<Task> copyWithout() noexcept;
  void close(Writer& reply) const;

  std::unique_ptr<Task> task_;
  std::unique_ptr<Task> spare_;  // answers in its place when a token still uses its memory
  std::atomic<uint32_t> next_{0};
  std::atomic<uint32_t> sharers_{1};
  std::atomic<bool> stopped_{false};
};

constexpr uint32_t kNotBegun = 0xffffffff;
constexpr uint32_t kFailed = 0xfffffffe;
constexpr uint32_t kLonger = 0xfffffffd;

// Which item a member works on. Another thread may write the member off in the midst of one: from then on that item,
// and nothing else of the batch, is no longer the member's. No lock: one exchange per item.
class Grip {
 public:
  enum class WrittenOff : uint8_t { Inside, Between };

  void reset() { state_.store(kIdle, std::memory_order_relaxed); }
  // Each answers false when the member has been written off.
  bool take(uint32_t item) { return swap(kIdle, inside(item)); }
  bool next(uint32_t from, uint32_t to) { return swap(inside(from), inside(to)); }
  bool drop(uint32_t item) { return swap(inside(item), kIdle); }
  // Inside: in the midst of an item, which `item` tells. Between: it will notice by itself.
  WrittenOff writeOff(uint32_t& item) {
    uint64_t before = state_.exchange(kGone, std::memory_order_acq_rel);
    item = itemOf(before);
    return (before & 3) == kInside ? WrittenOff::Inside : WrittenOff::Between;
  }
  // Changes with every item.
  uint64_t look() const { return state_.load(std::memory_order_relaxed); }
  static bool isInside(uint64_t state) { return (state & 3) == kInside; }
  static uint32_t itemOf(uint64_t state) { return static_cast<uint32_t>(state >> 2); }

 private:
  static constexpr uint64_t kIdle = 0;
  static constexpr uint64_t kInside = 1;
  static constexpr uint64_t kGone = 2;
  static constexpr uint64_t inside(uint32_t item) { return uint64_t{item} << 2 | kInside; }
  bool swap(uint64_t from, uint64_t to) {
    return state_.compare_exchange_strong(from, to, std::memory_order_acq_rel, std::memory_order_relaxed);
  }
  std::atomic<uint64_t> state_{kIdle};
};

// A member's part of a batch.
struct Part {
  std::shared_ptr<Batch> batch;
  std::shared_ptr<Crew> crew;
  Executor* executor = nullptr;
  LaneQueue* lane = nullptr;
  Grip grip;
  std::atomic<int64_t> since{0};  // when the range was taken, in nanoseconds of the steady clock
  std::atomic<uint32_t> sinceItem{0};
  // Of the member's thread, and of whoever writes it off while it is inside an item.
  ItemRange range;
  Records records;
  bool suspends = false;       // the member takes nothing more until somebody says so
  bool memoryFailed = false;
  bool leavesBehind = false;   // the token goes on using the batch's memory
  uint32_t leftItem = 0;
  bool detached = false;       // written off inside an item: the batch goes on without it; by the executor's mutex

  // No lock. Works until there is nothing left, or something else has to be done on its lane or by its thread.
  void run(Session& session) noexcept;
  // One of the reasons for which `run` ends early.
  bool givesWay() noexcept;
};

}  // namespace cryptoki
