// One user of one library: what a ModuleRef of JavaScript stands for. It decides where a call runs, keeps its sessions,
// and leaves in good order.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "crew.h"
#include "registry.h"
#include "task.h"

namespace cryptoki {

class Client : public std::enable_shared_from_this<Client> {
 public:
  // Loads nothing yet: the call Load does. `threads` is how many calls may run at once; clients of the same library
  // share its threads, and the largest number counts.
  static std::shared_ptr<Client> create(std::string path, uint32_t threads, std::shared_ptr<Sink> sink);

  // Copies the frame and the payloads. Every failure but std::bad_alloc comes as a reply; it may be posted before
  // submit returns. A call that is `held` is only queued, and waits for `wake` unless a worker comes by before.
  void submit(uint32_t ticket, const uint8_t* frame, size_t size, const std::vector<Bytes>& payloads,
              bool held = false);

  // Sees to it that somebody runs the calls that were held.
  void wake();

  // Runs the call on this thread, or answers BUSY; only a patient one waits for the calls before it. The reply is in the
  // task, which is the caller's: a fresh one, or one that has been cleared.
  void callSync(Task& task, const uint8_t* frame, size_t size, const std::vector<Bytes>& payloads);

  // Takes a call out of its queue; its reply is CANCELLED. Otherwise says where it runs: nowhere when it has ended,
  // when it is one that closes something, or none of a session. A batch is stopped.
  enum class Cancelled : uint8_t { Queued, Runs, Stopped, Unknown };
  struct Cancellation {
    Cancelled what;
    uint64_t session;  // in which it runs, or 0
  };
  Cancellation cancel(uint32_t ticket);

  // Nobody uses this client any more. Queued calls are answered with CLOSED; when the running ones are done, its
  // sessions are closed and, if it was the last user, the library is finalised, all on the library's own threads. Never
  // waits.
  void abandon() noexcept;

  // Instead of Load, for tests: uses a library that is open already.
  void use(SharedLibrary& library);

  // For the executor.
  void run(Task& task) noexcept;                // no lock held
  void answer(std::unique_ptr<Task>) noexcept;  // no lock held
  void answering() noexcept {
    unanswered_.fetch_sub(1, std::memory_order_release);
  }                       // before the reply of a queued call is posted
  // With the lock: a call of this client has given back its lane; the session it was on, or nullptr.
  void ended(Session* session) noexcept;
  void begins(Session& session, const Task& task, const LaneQueue& lane) noexcept;  // with the lock
  void partEnded(std::unique_ptr<Task> part) noexcept { crews_.partEnded(std::move(part)); }  // with the lock
  void refusePart(std::unique_ptr<Task> part) noexcept;  // with the lock: there is no thread for it
  static void writeRefusal(Task& task, uint32_t code) noexcept;
  uint32_t closeSlot(CK_SLOT_ID slot,
                     LaneQueue* waiter);  // with the lock: refuses new calls, counts the lanes still at work
  bool drained() const { return pending_ == 0 || finalizing_; }  // with the lock

 private:
  friend class Crews;

  Client(std::string path, uint32_t threads, std::shared_ptr<Sink> sink);

  // Zero, or the engine code that refuses the call.
  uint32_t fill(Task& task, const uint8_t* frame, size_t size, const std::vector<Bytes>& payloads);
  uint32_t place(Task& task, LaneQueue*& lane);  // with the lock; no lane when it is for a crew
  uint32_t placeOnSession(Task& task, LaneQueue*& lane);

  void refuse(std::unique_ptr<Task> task, uint32_t code) noexcept;
  static void answerAll(Task* chain, uint32_t code) noexcept;
  void submitLoad(std::unique_ptr<Task> task);
  void begin() noexcept;                             // with the lock: one call more is pending
  void startFinalize(std::unique_ptr<Task> task);    // with the lock
  void beginFinalize() noexcept;                     // with the lock
  Task* removeQueued(const Executor::Which& which);  // with the lock
  uint32_t runSync(SharedLibrary& library, Task& task);
  bool mayBegin(SharedLibrary& library, Executor::Lock& lock, Task& task, LaneQueue*& lane);  // with the lock
  uint32_t waitForSlotEvent(Executor& executor, Executor::Lock lock, Task& task);
  LaneQueue* pickLane(Task& task);  // with the lock: of an idle member of the crew, or nullptr
  void runImmediate(SharedLibrary& library, Task& task);
  static bool readBatch(std::unique_ptr<Task>& task, std::shared_ptr<Batch>& batch, const FunctionTable& table);
  void occupy(Task& task);  // with the lock: its session has this task to run now
  void perform(Task& task) noexcept;
  void reserve(Task& task);
  void tellCrew(Task& task) noexcept;
  SharedLibrary& shared() { return *library_.load(std::memory_order_acquire); }

  // life.cc: what the calls of Lane::Life do.
  void load(Task& task);
  void initialize(Task& task);
  void reinitialize(Task& task);
  void finalize(Task& task);
  void openSession(Task& task);
  void closeSession(Task& task);
  void closeAllSessions(Task& task);
  void dismissWaiter() noexcept;

  const std::string path_;
  const uint32_t threads_;
  const std::shared_ptr<Sink> sink_;
  std::atomic<SharedLibrary*> library_{nullptr};
  std::atomic<bool> abandoned_{false};
  std::atomic<bool> loading_{false};

  // Guarded by the mutex of the library's executor.
  bool initialized_ = false;
  bool closing_ = false;                 // C_Finalize has been asked for: no new calls
  bool finalizing_ = false;              // it has begun
  uint32_t pending_ = 0;                 // calls queued and running; those that wait for a slot event do not count
  std::atomic<uint32_t> unanswered_{0};  // those of them whose reply is not out yet
  std::unordered_map<uint64_t, std::shared_ptr<Session>> sessions_;
  Crews crews_{*this};
  std::unique_ptr<Task> finalize_;  // waits for `pending_` to become 0
  std::unique_ptr<Task> leave_;     // made early: leaving must not fail for want of memory
};

}  // namespace cryptoki
