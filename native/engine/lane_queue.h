// A lane: calls that must not run at the same time, in the order in which they came. Every session has one, every slot,
// and the library itself.
#pragma once

#include <atomic>
#include <cstdint>

namespace cryptoki {

struct Task;

struct LaneQueue {
  enum class State : uint8_t {
    Idle,
    Ready,    // has work and waits for a worker
    Running,  // one call runs; `run` says which
    Parked,   // its first task is a barrier that waits for `blockers` other lanes to drain
  };

  // All of this is guarded by the executor's mutex, `answered` and `asked` excepted.
  State state = State::Idle;
  Task* first = nullptr;
  Task* last = nullptr;
  LaneQueue* nextReady = nullptr;
  uint64_t run = 0;
  uint32_t blockers = 0;
  LaneQueue* waiter = nullptr;  // the parked lane that waits for this one
  // The run whose reply is out already, although its worker has not come round to give the lane back. A synchronous
  // call may take the lane over then: JavaScript must not find a session busy with a call whose result it holds.
  std::atomic<uint64_t> answered{0};
  // Somebody waits for this lane: what has run in it for the sake of a batch gives it back.
  std::atomic<bool> asked{false};
  bool extra = false;  // its call has been written off, and does not count among the library's threads
  bool low = false;    // stands in the ready list of the parts of batches
};

}  // namespace cryptoki
