// Calls on the calling thread.
#include <thread>

#include "../generated/engine_codes.h"
#include "client.h"

namespace cryptoki {

void Client::callSync(Task& task, const uint8_t* frame, size_t size, const std::vector<Bytes>& payloads) {
  uint32_t refusal = fill(task, frame, size, payloads);
  SharedLibrary* library = library_.load(std::memory_order_acquire);
  if (refusal == 0 && task.call == CALL_Load) {
    if (loading_.exchange(true)) {
      refusal = ENGINE_BUSY;
    } else {
      run(task);
      loading_ = false;
    }
  } else if (refusal == 0 && library != nullptr && task.row->lane == Lane::Immediate) {
    runImmediate(*library, task);
  } else if (refusal == 0) {
    refusal = library == nullptr ? ENGINE_NOT_LOADED : runSync(*library, task);
  }
  if (refusal != 0) writeRefusal(task, refusal);
}

uint32_t Client::runSync(SharedLibrary& library, Task& task) {
  Executor& executor = library.executor;
  auto lock = executor.lock();
  LaneQueue* lane = nullptr;
  uint32_t refusal = place(task, lane);
  if (refusal != 0) return refusal;
  // It would stop the event loop for as long as nobody touches a card, or a batch lasts.
  if (task.waits || task.call == CALL_Batch) return ENGINE_NOT_ALLOWED;
  if (task.call == CALL_C_Finalize) {
    if (unanswered_.load(std::memory_order_acquire) > 0) return ENGINE_BUSY;
    // What is pending has been answered: its workers are about to give back their lanes, and wait for nothing but the
    // lock.
    while (pending_ > 0) {
      lock.unlock();
      std::this_thread::yield();
      lock.lock();
    }
  }
  if (task.barrier) {
    for (auto& [id, session] : sessions_) {
      if (session->slot == task.key && !Executor::isFree(session->lane)) return ENGINE_BUSY;
    }
  }
  if (task.crew) lane = pickLane(task);
  if (task.session) crews_.occupy(*task.session);
  if (lane == nullptr || !executor.canAcquire(*lane)) {
    if (task.session) crews_.freed(*task.session);
    return ENGINE_BUSY;
  }
  if (task.session) occupy(task);
  uint64_t held = executor.acquire(*lane);
  if (task.barrier) closeSlot(static_cast<CK_SLOT_ID>(task.key), nullptr);
  if (task.call == CALL_C_Finalize) closing_ = finalizing_ = true;
  begin();
  lock.unlock();
  run(task);
  answering();
  lock.lock();
  executor.release(*lane, held);
  ended(task.session.get());
  executor.dispatch(std::move(lock));
  return 0;
}

}  // namespace cryptoki
