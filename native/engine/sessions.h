// Our session ids and what stands behind them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "../generated/cryptoki.h"
#include "arena.h"
#include "lane_queue.h"

namespace cryptoki {

class Client;
class Batch;
struct Member;     // crew.h
struct WriteBack;  // write_back.h

// What an Init function was given and may still write to: lives until the next such Init, or the session's end.
struct PinnedMechanism {
  Arena arena;
  std::shared_ptr<WriteBack> writeBack;
};

// Memory of a call that answered CKR_PENDING: the token goes on using it until C_AsyncComplete says that the call has
// ended.
struct PendingCall {
  uint16_t function = 0;  // its index
  Arena arena;
  std::shared_ptr<WriteBack> writeBack;
  const uint8_t* output = nullptr;  // of variable length, where the function has one
  size_t capacity = 0;
  std::shared_ptr<Batch> batch;  // whose memory it is
};

// The task of a session that a worker has taken last.
struct PresentRun {
  PresentRun() = default;
  PresentRun(uint32_t itsTicket, bool isPart, const LaneQueue& itsLane)
      : ticket(itsTicket), part(isPart), lane(&itsLane), run(itsLane.run) {}

  uint32_t ticket = 0;
  bool part = false;  // of a batch, which has the ticket
  const LaneQueue* lane = nullptr;
  uint64_t run = 0;
  std::chrono::steady_clock::time_point since{};  // of members of a crew

  bool ended() const { return !holdsLane() || lane->answered.load(std::memory_order_acquire) == run; }
  // Its reply is out, and its worker has not come round to give the lane back.
  bool answered() const { return holdsLane() && ended(); }

 private:
  bool holdsLane() const {
    return lane != nullptr && lane->state == LaneQueue::State::Running && lane->run == run;
  }
};

struct Session : std::enable_shared_from_this<Session> {
  void lose() noexcept {
    lost = true;
    handle = CK_INVALID_HANDLE;
  }

  uint64_t id = 0;
  std::atomic<CK_SESSION_HANDLE> handle{CK_INVALID_HANDLE};
  // The library was initialised anew since: it may have given the handle to another session.
  std::atomic<bool> lost{false};
  CK_SLOT_ID slot = 0;
  Client* owner = nullptr;
  bool closing = false;  // no new calls; guarded by the executor's mutex
  LaneQueue lane;
  // Guarded by the executor's mutex.
  uint32_t outstanding = 0;  // tasks in a lane on its account, until their worker has come round
  PresentRun present;
  std::shared_ptr<Member> member;  // of a crew, or once so
  // Touched only by the job that runs on this session's lane.
  std::unordered_map<uint16_t, PinnedMechanism> pinned;  // by the index of the Init function
  std::vector<PendingCall> pending;
};

// Never 0, never given twice in a process: a session of another environment is unknown to this one, a closed one is
// unknown to all.
uint64_t newSessionId();

}  // namespace cryptoki
