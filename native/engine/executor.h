// The threads of one library and what they take their work from. A worker is started for a lane that has work and finds
// nobody idle, up to a limit; it ends when it has been idle for some seconds. Calls that wait for a slot event have a
// thread of their own. docs/threads.md has the whole picture.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "brief_lock.h"
#include "lane_queue.h"
#include "task.h"

namespace cryptoki {

class Executor {
 public:
  using Lock = cryptoki::Lock;
  using Which = std::function<bool(const Task&)>;

  Executor() = default;
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // Guards every lane of this library, and what the library's clients know of themselves.
  Lock lock() { return lockBriefly(mutex_); }

  // With the lock held, all of these.
  void allowThreads(uint32_t most);
  LaneQueue& slotLane(CK_SLOT_ID slot);
  void push(LaneQueue& lane, std::unique_ptr<Task> task);
  void pushWait(std::unique_ptr<Task> task);
  // Takes a lane for a call on the calling thread: the number of its run, or 0 when the lane is busy.
  uint64_t acquire(LaneQueue& lane);
  static bool isFree(const LaneQueue& lane);
  bool canAcquire(const LaneQueue& lane) const { return !halted_ && isFree(lane); }
  void release(LaneQueue& lane, uint64_t run);
  // Takes the tasks that `which` accepts out of a lane's queue and puts them before `chain`. A parked lane keeps its
  // barrier.
  Task* remove(LaneQueue& lane, const Which& which, Task* chain = nullptr);
  Task* removeFromShared(const Which& which, Task* chain = nullptr);  // from the lanes that no session owns
  // One thread more than the limit, until the call that runs in this lane has ended. Throws std::bad_alloc.
  void allowOneMore(LaneQueue& lane);
  // The client's task that waits inside C_WaitForSlotEvent now, or nullptr.
  Task* waitingFor(const Client* client) const;
  // While it lasts no call is begun.
  void halt(bool whether) {
    halted_ = whether;
    if (!whether) tellPatient();
  }
  // For a call on the calling thread that waits for its turn: until something has ended.
  void waitPatiently(Lock& lock);
  void tellPatient() noexcept {
    if (patient_ > 0) somethingEnded_.notify_all();
  }
  bool waitThreadBusy() const { return waitUnanswered_; }
  uint32_t running() const { return running_; }
  // Waits until nobody is in C_WaitForSlotEvent any more. False when the time is over first.
  bool waitThreadFree(Lock& lock, std::chrono::milliseconds atMost);

  // Gives the lock back, then wakes or starts the workers that ready lanes need.
  void dispatch(Lock lock);

  LaneQueue& libraryLane() { return libraryLane_; }

  // Without the lock: calls wait for a thread, and who works on a batch should go to them. Says so to as many as there
  // are calls.
  bool crowded() noexcept {
    uint32_t calls = crowd_.load(std::memory_order_relaxed);
    while (calls > 0) {
      if (crowd_.compare_exchange_weak(calls, calls - 1, std::memory_order_relaxed)) return true;
    }
    return false;
  }

 private:
  // Never freed: whoever wakes a worker touches its condition after giving the lock back.
  struct Worker {
    std::condition_variable wake;
    bool woken = false;
    Executor* executor = nullptr;
  };

  struct ReadyList {
    LaneQueue* first = nullptr;
    LaneQueue* last = nullptr;
    uint32_t count = 0;
  };

  ReadyList& listOf(const LaneQueue& lane) { return lane.low ? readyParts_ : readyCalls_; }
  uint32_t readyLanes() const { return readyCalls_.count + readyParts_.count; }
  uint32_t limit() const { return mostThreads_ + extraThreads_; }
  void reckonCrowd();
  void makeReady(LaneQueue& lane);
  void unready(LaneQueue& lane);
  void drained(LaneQueue& lane);
  LaneQueue* takeReady();
  Worker* workerToWake();
  void work(Worker& self);
  bool sleep(Lock& lock, Worker& self);
  void failReady(Lock& lock);
  void serveWaits();

  std::mutex mutex_;
  LaneQueue libraryLane_;
  std::map<CK_SLOT_ID, LaneQueue> slotLanes_;

  ReadyList readyCalls_;
  ReadyList readyParts_;  // of batches: taken when no call is ready
  uint32_t running_ = 0;
  bool halted_ = false;
  std::atomic<uint32_t> crowd_{0};

  std::vector<Worker*> idle_;     // the last that fell idle is woken first: the others may end
  std::vector<Worker*> retired_;  // of threads that ended, for threads to come
  uint32_t threads_ = 0;
  uint32_t mostThreads_ = 1;
  uint32_t extraThreads_ = 0;  // for calls that have been written off
  uint32_t waking_ = 0;  // workers on their way: woken or started, but not yet at the ready list

  LaneQueue waitLane_;
  Task* waiting_ = nullptr;
  bool waitUnanswered_ = false;
  bool waitThread_ = false;
  std::condition_variable waitEnded_;

  uint32_t patient_ = 0;  // callers in waitPatiently
  std::condition_variable somethingEnded_;
};

}  // namespace cryptoki
