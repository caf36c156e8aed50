// Our session ids and what stands behind them.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "../generated/cryptoki.h"
#include "arena.h"
#include "lane_queue.h"

namespace cryptoki {

class Client;
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
};

struct Session {
  uint64_t id = 0;
  CK_SESSION_HANDLE handle = CK_INVALID_HANDLE;
  CK_SLOT_ID slot = 0;
  Client* owner = nullptr;
  bool closing = false;  // no new calls; guarded by the executor's mutex
  LaneQueue lane;
  // Touched only by the job that runs on this session's lane.
  std::unordered_map<uint16_t, PinnedMechanism> pinned;  // by the index of the Init function
  std::vector<PendingCall> pending;
};

// Never 0, never given twice in a process: a session of another environment is unknown to this one, a closed one is
// unknown to all.
uint64_t newSessionId();

}  // namespace cryptoki
