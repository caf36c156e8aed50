#include "crew.h"

#include <algorithm>

#include "../generated/engine_codes.h"
#include "client.h"

namespace cryptoki {

namespace {

void append(Crew& crew, Task* task) {
  task->next = nullptr;
  (crew.last != nullptr ? crew.last->next : crew.first) = task;
  crew.last = task;
  ++crew.waiting;
}

void prepend(Crew& crew, Task* task) {
  task->next = crew.first;
  crew.first = task;
  if (crew.last == nullptr) crew.last = task;
  ++crew.waiting;
}

std::unique_ptr<Task> popFirst(Crew& crew) {
  std::unique_ptr<Task> task(crew.first);
  crew.first = task->next;
  if (crew.first == nullptr) crew.last = nullptr;
  task->next = nullptr;
  --crew.waiting;
  return task;
}

template <typename T, typename U>
void eraseOne(std::vector<T>& from, const U& what) {
  auto found = std::find_if(from.begin(), from.end(), [&](const T& each) { return &*each == &*what; });
  if (found != from.end()) from.erase(found);
}

}  // namespace

std::shared_ptr<Crew> Crews::find(uint64_t id) const {
  auto found = crews_.find(id);
  return found == crews_.end() ? nullptr : found->second;
}

LaneQueue& Crews::laneOf(Session& session) {
  SharedLibrary& library = client_.shared();
  return library.serial ? library.executor.libraryLane() : session.lane;
}

void Crews::assign(Session& session, std::unique_ptr<Task> task) {
  task->session = session.shared_from_this();
  ++session.outstanding;
  client_.shared().executor.push(laneOf(session), std::move(task));
}

void Crews::enqueue(std::unique_ptr<Task> task) {
  Crew& crew = *task->crew;
  Session* session = pickIdle(crew);
  if (session == nullptr) session = withPartQueued(crew);
  if (session != nullptr) return assign(*session, std::move(task));
  append(crew, task.release());
  count(crew);
}

Session* Crews::pickIdle(Crew& crew) {
  if (crew.idle.empty()) return nullptr;
  Session* session = crew.idle.back();
  crew.idle.pop_back();
  session->member->idle = false;
  return session;
}

Session* Crews::pickResting(Crew& crew, const std::vector<uint64_t>& among) {
  auto rests = [&](const Session& session) {
    const Member& member = *session.member;
    if (member.idle) return true;
    return crew.first == nullptr && !member.suspended && session.outstanding == 1 && session.present.answered();
  };
  if (among.empty() && !crew.idle.empty()) return crew.idle.back();
  for (auto& session : crew.members) {
    if (among.empty() && rests(*session)) return session.get();
  }
  for (uint64_t id : among) {
    auto session = sessionOf(id);
    if (session == nullptr || session->member == nullptr || session->member->crew.get() != &crew) continue;
    if (rests(*session)) return session.get();
  }
  return nullptr;
}

// A member whose part of a batch stands in a lane and has not begun.
Session* Crews::withPartQueued(Crew& crew) {
  if (crew.partsQueued == 0) return nullptr;
  for (auto& session : crew.members) {
    if (!session->member->partQueued) continue;
    withdrawPart(*session);
    if (session->outstanding == 0) return session.get();
  }
  return nullptr;
}

void Crews::withdrawPart(Session& session) {
  if (session.member == nullptr || !session.member->partQueued) return;
  Executor& executor = client_.shared().executor;
  Task* found = executor.remove(laneOf(session), [&](const Task& task) { return task.part == &session.member->part; });
  if (found == nullptr) return;
  --session.outstanding;
  partEnded(std::unique_ptr<Task>(found));
  client_.answering();
  client_.ended(nullptr);
}

void Crews::occupy(Session& session) {
  Member* member = session.member.get();
  if (member == nullptr) return;
  withdrawPart(session);
  if (member->idle) eraseOne(member->crew->idle, &session);
  member->idle = false;
}

void Crews::freed(Session& session) {
  Member* member = session.member.get();
  if (member == nullptr || member->crew == nullptr || member->suspended || member->idle) return;
  if (session.outstanding > 0 || session.closing) return;
  Crew& crew = *member->crew;
  if (crew.first != nullptr) {
    assign(session, popFirst(crew));
    return count(crew);
  }
  auto batch = batchFor(crew);
  if (batch != nullptr) return startPart(session, std::move(batch));
  member->idle = true;
  crew.idle.push_back(&session);  // `join` has made room
}

void Crews::suspend(Session& session, const Crew& crew) {
  Member* member = session.member.get();
  if (member == nullptr || member->crew.get() != &crew) return;
  member->suspended = true;
  finishBatches(*member->crew);
}

void Crews::distribute(Crew& crew) {
  while (crew.first != nullptr) {
    Session* session = pickIdle(crew);
    if (session == nullptr) break;
    assign(*session, popFirst(crew));
  }
  count(crew);
  for (;;) {
    auto batch = crew.idle.empty() ? nullptr : batchFor(crew);
    if (batch == nullptr) break;
    startPart(*pickIdle(crew), std::move(batch));
  }
}

// A call that the crew has given to a member and that has not begun goes to another one.
void Crews::reclaim(Crew& crew, Session& session) {
  Executor& executor = client_.shared().executor;
  auto ofCrew = [&](const Task& task) { return task.crew.get() == &crew && task.session.get() == &session; };
  Task* found = executor.remove(laneOf(session), ofCrew);
  if (found == nullptr) return;
  --session.outstanding;
  found->session.reset();
  prepend(crew, found);
}

void Crews::leave(Session& session) {
  Member* member = session.member.get();
  if (member == nullptr || member->crew == nullptr) return;
  auto crew = member->crew;
  auto kept = session.shared_from_this();
  withdrawPart(session);
  member->crew.reset();
  member->suspended = false;
  if (member->idle) eraseOne(crew->idle, &session);
  member->idle = false;
  eraseOne(crew->members, kept);
  laneOf(session).asked.store(true, std::memory_order_relaxed);
  reclaim(*crew, session);
  distribute(*crew);
  if (client_.closing_) refuseWaiting(*crew);
  finishBatches(*crew);
}

void Crews::join(Crew& crew, const std::shared_ptr<Session>& session) {
  if (session->member == nullptr) {
    auto member = std::make_shared<Member>();
    member->carrier = Task::take();
    session->member = std::move(member);
  }
  Member& member = *session->member;
  if (member.crew == nullptr) {
    crew.members.reserve(crew.members.size() + 1);
    crew.idle.reserve(crew.members.size() + 1);
    crew.members.push_back(session);
    member.crew = find(crew.id);
  }
  member.suspended = false;
  freed(*session);
}

uint64_t Crews::take(Crew& crew, const std::vector<uint64_t>& candidates) {
  Session* taken = pickResting(crew, candidates);
  if (taken == nullptr) return 0;
  leave(*taken);
  return taken->id;
}

Task* Crews::removeQueued(const Executor::Which& which, Task* chain) {
  for (auto& [id, crew] : crews_) {
    Task* task = crew->first;
    crew->first = crew->last = nullptr;
    crew->waiting = 0;
    while (task != nullptr) {
      Task* next = task->next;
      if (which(*task)) {
        task->next = chain;
        chain = task;
      } else {
        append(*crew, task);
      }
      task = next;
    }
    count(*crew);
  }
  return chain;
}

void Crews::closing() {
  for (auto& [id, crew] : crews_) {
    stopBatches(*crew);
    refuseWaiting(*crew);
  }
}

// With the lock, as the replies of batches: see finishBatches.
void Crews::refuseWaiting(Crew& crew) {
  auto client = client_.shared_from_this();
  while (crew.first != nullptr) {
    auto task = popFirst(crew);
    Client::writeRefusal(*task, ENGINE_CLOSED);
    client->answering();
    client->answer(std::move(task));
    client->ended(nullptr);
  }
  count(crew);
}

void Crews::clear() {
  for (auto& [id, crew] : crews_) {
    while (!crew->members.empty()) leave(*crew->members.back());
    finishBatches(*crew);
  }
  crews_.clear();
}

}  // namespace cryptoki
