// Crews: sessions that take calls from one queue. Whichever member is free next runs the next call, without a word from
// JavaScript in between; who finds no call works on a batch. docs/threads.md has the whole picture.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "batch.h"
#include "executor.h"
#include "sessions.h"

namespace cryptoki {

struct SharedLibrary;

// All of this is guarded by the executor's mutex, `wanted` excepted.
struct Crew {
  uint64_t id = 0;
  Task* first = nullptr;  // calls that no member has taken yet
  Task* last = nullptr;
  uint32_t waiting = 0;
  uint32_t partsQueued = 0;  // members whose part of a batch has not begun
  std::vector<std::shared_ptr<Session>> members;
  std::vector<Session*> idle;  // the last that fell idle is used first: the others grow old, and may be closed
  std::vector<std::shared_ptr<Batch>> batches;
  // How many members should leave their batch for a call. Never too small; who comes for nothing goes back.
  std::atomic<uint32_t> wanted{0};
};

// What a session is to a crew; guarded by the executor's mutex. It stays with the session when that leaves, for a part
// of a batch may still run.
struct Member {
  std::shared_ptr<Crew> crew;  // nullptr: it has left
  bool suspended = false;      // its last call failed: somebody must say what becomes of it
  bool idle = false;           // stands in crew->idle
  bool partQueued = false;
  std::unique_ptr<Task> carrier;  // takes its part of a batch through a lane
  Part part;
  // What CrewStuck has seen when it looked last: the item is not timed, only that it stays the same.
  uint64_t seen = 0;
  std::chrono::steady_clock::time_point seenAt{};
};

// The crews of one client. Everything with the executor's lock.
class Crews {
 public:
  explicit Crews(Client& client) : client_(client) {}

  // nullptr when there is none.
  std::shared_ptr<Crew> find(uint64_t id) const;

  // A call that has been placed on a crew: an idle member gets it, or it waits for one.
  void enqueue(std::unique_ptr<Task> task);
  void enqueue(std::shared_ptr<Batch> batch);
  // A member for a call on this thread, of those `among` names when it names any; nullptr when there is none. Idle, or
  // with a call whose reply is out: JavaScript must not find a member busy with a call whose result it holds.
  Session* pickResting(Crew& crew, const std::vector<uint64_t>& among = {});

  // A task of this session has ended, or will never run.
  void freed(Session& session);
  void suspend(Session& session, const Crew& crew);
  // It takes nothing more. What the crew has given it and has not begun goes to others.
  void leave(Session& session);
  // A call of its own comes first: it is not idle, and a part that has not begun is taken back.
  void occupy(Session& session);
  void partBegins(Session& session);
  // What a part has left behind, and the end of its batch when it was the last.
  void partEnded(std::unique_ptr<Task> carrier);

  // Takes queued tasks, as Executor::remove does.
  Task* removeQueued(const Executor::Which& which, Task* chain);
  bool stopBatch(uint32_t ticket);
  // The client closes: batches are stopped, and what no member has taken is refused.
  void closing();
  // Everybody leaves, and the crews are forgotten.
  void clear();

  // The calls of Lane::Immediate: the reply goes into the task. Comes back with the calls that are to be answered with
  // CANCELLED. Throws EngineFailure and std::bad_alloc.
  Task* run(Task& task);

  LaneQueue& laneOf(Session& session);

 private:
  std::shared_ptr<Session> sessionOf(uint64_t id) const;
  Crew& crewOf(uint64_t id) const;
  Session* pickIdle(Crew& crew);
  void assign(Session& session, std::unique_ptr<Task> task);
  void startPart(Session& session, std::shared_ptr<Batch> batch);
  Session* withPartQueued(Crew& crew);
  std::shared_ptr<Batch> batchFor(Crew& crew);
  void reclaim(Crew& crew, Session& session);
  void distribute(Crew& crew);
  void finishBatches(Crew& crew);
  bool ends(const Crew& crew, const Batch& batch) const;
  void withdrawPart(Session& session);
  void withdrawParts(Crew& crew);
  void collect(Part& part, Batch& batch, ItemRange rest);
  void stopBatches(Crew& crew);
  void refuseWaiting(Crew& crew);
  bool busy(Session& session);
  Task* flush(Crew& crew);
  void count(Crew& crew) { crew.wanted.store(crew.waiting, std::memory_order_relaxed); }

  void join(Crew& crew, const std::shared_ptr<Session>& session);
  uint64_t take(Crew& crew, const std::vector<uint64_t>& candidates);
  // With the ticket of a batch its items only.
  std::vector<uint64_t> stuck(Crew& crew, std::chrono::milliseconds limit, uint32_t ticket);
  bool writeOff(Session& session);

  Client& client_;
  std::unordered_map<uint64_t, std::shared_ptr<Crew>> crews_;
};

}  // namespace cryptoki
