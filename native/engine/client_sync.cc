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

// Whether the call, placed in `lane`, can begin now.
bool Client::mayBegin(SharedLibrary& library, Executor::Lock& lock, Task& task, LaneQueue*& lane) {
  Executor& executor = library.executor;
  if (task.call == CALL_C_Finalize) {
    if (unanswered_.load(std::memory_order_acquire) > 0) return false;
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
      if (session->slot == task.key && !Executor::isFree(session->lane)) return false;
    }
  }
  if (task.crew) lane = pickLane(task);
  if (task.session) crews_.occupy(*task.session);
  if (lane != nullptr && executor.canAcquire(*lane)) return true;
  if (task.session) crews_.freed(*task.session);
  return false;
}

uint32_t Client::runSync(SharedLibrary& library, Task& task) {
  Executor& executor = library.executor;
  bool patient = (task.manners & MANNER_PATIENT) != 0;
  auto lock = executor.lock();
  LaneQueue* lane = nullptr;
  bool dispatched = false;
  for (;;) {
    uint32_t refusal = place(task, lane);
    if (refusal != 0) return refusal;
    // It would stop the event loop for as long as nobody touches a card, or a batch lasts.
    if (task.call == CALL_Batch || (task.waits && !patient)) return ENGINE_NOT_ALLOWED;
    if (task.waits && !library.serial) return waitForSlotEvent(executor, std::move(lock), task);
    if (mayBegin(library, lock, task, lane)) break;
    // A crew's members come and go with JavaScript, which would not run.
    if (!patient || task.crew) return ENGINE_BUSY;
    // By the time it ends the session may be another matter.
    task.session.reset();
    if (dispatched) {
      executor.waitPatiently(lock);
      continue;
    }
    // Among what it waits for there may be calls that are held: nobody else would see to them now.
    executor.dispatch(std::move(lock));
    lock = executor.lock();
    dispatched = true;
  }
  if (task.session) occupy(task);
  uint64_t held = executor.acquire(*lane);
  if (task.barrier) closeSlot(static_cast<CK_SLOT_ID>(task.key), nullptr);
  if (task.call == CALL_C_Finalize) closing_ = finalizing_ = true;
  ++pending_;  // its reply is out when it ends, on the thread that would ask
  lock.unlock();
  run(task);
  lockBriefly(lock);
  executor.release(*lane, held);
  ended(task.session.get());
  executor.dispatch(std::move(lock));
  return 0;
}

// In no lane, as on the thread for that: nothing else need wait until the token has an event.
uint32_t Client::waitForSlotEvent(Executor& executor, Executor::Lock lock, Task& task) {
  ++pending_;
  lock.unlock();
  run(task);
  lock.lock();
  ended(nullptr);
  executor.dispatch(std::move(lock));
  return 0;
}

}  // namespace cryptoki
