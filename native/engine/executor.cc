#include "executor.h"

#include <algorithm>
#include <thread>

#include "../generated/engine_codes.h"
#include "client.h"
#include "platform.h"

namespace cryptoki {

namespace {

constexpr size_t kStackSize = 512 * 1024;
constexpr std::chrono::seconds kIdleTime{5};
// Slots are numbers from the caller. When a thousand are in use, further ones share lanes.
constexpr size_t kSlotLanes = 1000;

void append(LaneQueue& lane, Task* task) {
  task->next = nullptr;
  (lane.last != nullptr ? lane.last->next : lane.first) = task;
  lane.last = task;
}

// Parts of batches do not give way to each other: they would do nothing else.
bool hasCall(const LaneQueue& lane) {
  const Task* task = lane.first;
  while (task != nullptr && task->part != nullptr) task = task->next;
  return task != nullptr;
}

uint32_t wakesAtOnce() {
  static const uint32_t processors = std::max(1u, std::thread::hardware_concurrency());
  return processors;
}

std::unique_ptr<Task> popFirst(LaneQueue& lane) {
  Task* task = lane.first;
  lane.first = task->next;
  if (lane.first == nullptr) lane.last = nullptr;
  task->next = nullptr;
  return std::unique_ptr<Task>(task);
}

}  // namespace

void Executor::allowThreads(uint32_t most) {
  mostThreads_ = std::max(mostThreads_, most);
  idle_.reserve(mostThreads_);
  retired_.reserve(mostThreads_);
}

LaneQueue& Executor::slotLane(CK_SLOT_ID slot) {
  auto found = slotLanes_.find(slot);
  if (found != slotLanes_.end()) return found->second;
  if (slotLanes_.size() < kSlotLanes) return slotLanes_[slot];
  return std::next(slotLanes_.begin(), static_cast<std::ptrdiff_t>(slot % kSlotLanes))->second;
}

void Executor::push(LaneQueue& lane, std::unique_ptr<Task> task) {
  if (task->part == nullptr) lane.asked.store(true, std::memory_order_relaxed);
  append(lane, task.release());
  if (lane.state == LaneQueue::State::Idle) makeReady(lane);
}

void Executor::makeReady(LaneQueue& lane) {
  lane.state = LaneQueue::State::Ready;
  lane.nextReady = nullptr;
  lane.low = lane.first->part != nullptr;
  ReadyList& list = listOf(lane);
  (list.last != nullptr ? list.last->nextReady : list.first) = &lane;
  list.last = &lane;
  ++list.count;
}

void Executor::unready(LaneQueue& lane) {
  ReadyList& list = listOf(lane);
  LaneQueue* before = nullptr;
  for (LaneQueue* at = list.first; at != &lane; at = at->nextReady) before = at;
  (before != nullptr ? before->nextReady : list.first) = lane.nextReady;
  if (list.last == &lane) list.last = before;
  --list.count;
}

void Executor::drained(LaneQueue& lane) {
  lane.state = LaneQueue::State::Idle;
  LaneQueue* waiter = lane.waiter;
  lane.waiter = nullptr;
  if (waiter != nullptr && --waiter->blockers == 0) makeReady(*waiter);
  tellPatient();
}

LaneQueue* Executor::takeReady() {
  while (readyLanes() > 0 && !halted_) {
    LaneQueue& lane = *(readyCalls_.count > 0 ? readyCalls_ : readyParts_).first;
    unready(lane);
    if (lane.first->barrier) {
      lane.blockers = lane.first->client->closeSlot(lane.first->key, &lane);
      if (lane.blockers > 0) {
        lane.state = LaneQueue::State::Parked;
        continue;
      }
    }
    lane.state = LaneQueue::State::Running;
    ++lane.run;
    ++running_;
    return &lane;
  }
  return nullptr;
}

bool Executor::isFree(const LaneQueue& lane) {
  if (lane.state == LaneQueue::State::Idle) return true;
  bool answered = lane.state == LaneQueue::State::Running && lane.answered.load(std::memory_order_acquire) == lane.run;
  return answered && lane.first == nullptr && lane.waiter == nullptr;
}

uint64_t Executor::acquire(LaneQueue& lane) {
  if (!canAcquire(lane)) return 0;
  // A run that is taken over has been counted, and its worker will not count it off.
  if (lane.state == LaneQueue::State::Idle) ++running_;
  lane.state = LaneQueue::State::Running;
  return ++lane.run;
}

void Executor::release(LaneQueue& lane, uint64_t run) {
  if (lane.run != run) return;
  --running_;
  if (lane.extra) --extraThreads_;
  lane.extra = false;
  if (lane.first != nullptr) {
    makeReady(lane);
  } else {
    drained(lane);
  }
}

Task* Executor::remove(LaneQueue& lane, const Which& which, Task* chain) {
  Task* task = lane.first;
  bool parked = lane.state == LaneQueue::State::Parked;
  lane.first = lane.last = nullptr;
  while (task != nullptr) {
    Task* next = task->next;
    if (!parked && which(*task)) {
      task->next = chain;
      chain = task;
    } else {
      append(lane, task);
    }
    parked = false;
    task = next;
  }
  if (lane.first == nullptr && lane.state == LaneQueue::State::Ready) {
    unready(lane);
    drained(lane);
  }
  return chain;
}

Task* Executor::removeFromShared(const Which& which, Task* chain) {
  chain = remove(libraryLane_, which, chain);
  for (auto& [slot, lane] : slotLanes_) chain = remove(lane, which, chain);
  return remove(waitLane_, which, chain);
}

Executor::Worker* Executor::workerToWake() {
  // No more at once than there are processors for them: whoever arrives wakes the next one. So a burst of calls costs
  // the submitting thread few wake-ups, and none where the workers are quick enough to take it all.
  if (readyLanes() <= waking_ || waking_ >= wakesAtOnce()) return nullptr;
  if (!idle_.empty()) {
    Worker* worker = idle_.back();
    idle_.pop_back();
    worker->woken = true;
    ++waking_;
    return worker;
  }
  if (threads_ >= limit()) return nullptr;
  Worker* worker = nullptr;
  if (!retired_.empty()) {
    worker = retired_.back();
    retired_.pop_back();
  } else {
    worker = new (std::nothrow) Worker;
    if (worker == nullptr) return nullptr;
  }
  worker->woken = false;
  worker->executor = this;
  ++threads_;
  ++waking_;
  return worker;
}

// Calls wait, every thread works, and some of them only on batches.
void Executor::reckonCrowd() {
  bool crowd = readyCalls_.count > 0 && waking_ == 0 && idle_.empty() && threads_ >= limit();
  uint32_t calls = crowd ? readyCalls_.count : 0;
  if (crowd_.load(std::memory_order_relaxed) != calls) crowd_.store(calls, std::memory_order_relaxed);
}

void Executor::waitPatiently(Lock& lock) {
  ++patient_;
  somethingEnded_.wait(lock);
  --patient_;
}

void Executor::allowOneMore(LaneQueue& lane) {
  if (lane.extra) return;
  idle_.reserve(limit() + 1);
  retired_.reserve(limit() + 1);
  lane.extra = true;
  ++extraThreads_;
}

void Executor::dispatch(Lock lock) {
  Worker* worker = workerToWake();
  reckonCrowd();
  bool started = true;
  if (worker != nullptr) {
    bool sleeps = worker->woken;
    lock.unlock();
    if (sleeps) {
      worker->wake.notify_one();
      return;
    }
    auto body = [](void* argument) {
      auto* self = static_cast<Worker*>(argument);
      self->executor->work(*self);
    };
    started = platform::startThread("cryptoki", kStackSize, body, worker);
    if (started) return;
    lock.lock();
    --threads_;
    --waking_;
    retired_.push_back(worker);
  }
  if (threads_ == 0 && readyLanes() > 0) failReady(lock);
}

void Executor::failReady(Lock& lock) {
  while (readyLanes() > 0) {
    LaneQueue& lane = *(readyCalls_.count > 0 ? readyCalls_ : readyParts_).first;
    std::shared_ptr<Session> session = lane.first->session;
    Task* chain = remove(lane, [](const Task&) { return true; });
    while (chain != nullptr) {
      std::unique_ptr<Task> task(chain);
      chain = task->next;
      auto client = task->client;
      auto owner = task->session;
      if (task->part != nullptr) {
        client->refusePart(std::move(task));
        continue;
      }
      if (task->call == CALL_C_CloseSession) task->session->closing = false;
      Client::writeRefusal(*task, ENGINE_THREAD_FAILED);
      client->answering();
      lock.unlock();
      client->answer(std::move(task));
      lock.lock();
      client->ended(owner.get());
    }
  }
}

void Executor::work(Worker& self) {
  Lock lock = lockBriefly(mutex_);
  --waking_;
  for (;;) {
    // One more than may be: a call that had been written off has come back.
    if (threads_ > limit()) break;
    LaneQueue* lane = takeReady();
    if (lane == nullptr) {
      if (sleep(lock, self)) continue;
      break;
    }
    auto task = popFirst(*lane);
    uint64_t run = lane->run;
    auto client = task->client;
    auto session = task->session;
    bool part = task->part != nullptr;
    if (part) lane->asked.store(hasCall(*lane), std::memory_order_relaxed);
    if (session) client->begins(*session, *task, *lane);
    if (readyLanes() > 0) {
      dispatch(std::move(lock));
      lock = Lock();
    } else {
      lock.unlock();
    }
    client->run(*task);
    lane->answered.store(run, std::memory_order_release);
    client->answering();
    if (!part) client->answer(std::move(task));
    lock = lockBriefly(mutex_);
    release(*lane, run);
    if (part) client->partEnded(std::move(task));
    client->ended(session.get());
  }
  --threads_;
  retired_.push_back(&self);
  dispatch(std::move(lock));
}

bool Executor::sleep(Lock& lock, Worker& self) {
  idle_.push_back(&self);
  self.wake.wait_for(lock, kIdleTime, [&] { return self.woken; });
  if (self.woken) {
    self.woken = false;
    --waking_;
    return true;
  }
  idle_.erase(std::find(idle_.begin(), idle_.end(), &self));
  return false;
}

}  // namespace cryptoki
