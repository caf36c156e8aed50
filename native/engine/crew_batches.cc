// Batches of a crew: who works on which, and when one is over.
#include <algorithm>

#include "../generated/engine_codes.h"
#include "client.h"
#include "crew.h"

namespace cryptoki {

void Crews::enqueue(std::shared_ptr<Batch> batch) {
  Crew& crew = *batch->task().crew;
  // Where calls run one at a time there is nothing to share: members would only hand the lane to each other.
  if (client_.shared().serial) batch->most = 1;
  crew.batches.push_back(std::move(batch));
  distribute(crew);
  finishBatches(crew);
}

std::shared_ptr<Batch> Crews::batchFor(Crew& crew) {
  for (auto& batch : crew.batches) {
    if (batch->wantsMore()) return batch;
  }
  return nullptr;
}

void Crews::startPart(Session& session, std::shared_ptr<Batch> batch) {
  Member& member = *session.member;
  Crew& crew = *member.crew;
  try {
    // Both for the time when it is too late to fail.
    batch->returned.reserve(batch->returned.size() + batch->parts + 1);
    batch->leftBehind.reserve(batch->leftBehind.size() + batch->parts + 1);
  } catch (const std::bad_alloc&) {
    batch->memoryFailed = true;
    batch->stop();
    member.idle = true;
    crew.idle.push_back(&session);
    return finishBatches(crew);
  }
  Part& part = member.part;
  part.grip.reset();
  part.crew = member.crew;
  part.executor = &client_.shared().executor;
  part.lane = &laneOf(session);
  part.range = {};
  part.suspends = part.memoryFailed = part.leavesBehind = part.detached = false;
  if (!batch->returned.empty()) {
    part.range = batch->returned.back();
    batch->returned.pop_back();
  }
  ++batch->parts;
  batch->share(crew.members.size());
  part.batch = std::move(batch);
  member.partQueued = true;
  ++crew.partsQueued;

  auto task = std::move(member.carrier);
  task->client = client_.shared_from_this();
  task->call = CALL_Batch;
  task->silent = true;
  task->part = &part;
  client_.begin();
  assign(session, std::move(task));
}

void Crews::partBegins(Session& session) {
  Member& member = *session.member;
  if (!member.partQueued) return;
  member.partQueued = false;
  --member.part.crew->partsQueued;
  member.part.batch->begun = true;
}

void Crews::partEnded(std::unique_ptr<Task> carrier) {
  auto session = std::move(carrier->session);
  Member& member = *session->member;
  Part& part = member.part;
  if (member.partQueued) {
    member.partQueued = false;
    --part.crew->partsQueued;
  }
  carrier->client.reset();
  member.carrier = std::move(carrier);
  auto batch = std::move(part.batch);
  auto crew = std::move(part.crew);
  if (!part.detached) {
    if (part.leavesBehind) batch->leftBehind.push_back(part.leftItem);
    if (part.suspends && member.crew != nullptr) member.suspended = true;
    collect(part, *batch, part.range);
  }
  part.records.reset();
  // Somebody else goes on with what a member has left that rests or has gone: no one else may have been at it.
  distribute(*crew);
  finishBatches(*crew);
}

void Crews::collect(Part& part, Batch& batch, ItemRange rest) {
  --batch.parts;
  if (rest.next < rest.end) batch.returned.push_back(rest);
  if (part.memoryFailed) batch.memoryFailed = true;
  try {
    batch.records.append(part.records);
  } catch (...) {
    batch.memoryFailed = true;
  }
}

bool Crews::ends(const Crew& crew, const Batch& batch) const {
  if (batch.parts > 0) return false;
  if (batch.stopped() || !batch.unbegun()) return true;
  if (!batch.begun) return false;
  return std::all_of(crew.members.begin(), crew.members.end(),
                     [](const auto& session) { return session->member->suspended; });
}

void Crews::finishBatches(Crew& crew) {
  for (size_t i = 0; i < crew.batches.size();) {
    if (!ends(crew, *crew.batches[i])) {
      ++i;
      continue;
    }
    auto batch = std::move(crew.batches[i]);
    crew.batches.erase(crew.batches.begin() + static_cast<std::ptrdiff_t>(i));
    auto client = client_.shared_from_this();
    auto answer = batch->finish();
    // With the lock, unlike other replies: before the client can go on to finalise, and before a member that is free
    // now is found busy.
    client->answering();
    client->answer(std::move(answer));
    client->ended(nullptr);
  }
}

bool Crews::stopBatch(uint32_t ticket) {
  for (auto& [id, crew] : crews_) {
    for (auto& batch : crew->batches) {
      if (batch->ticket() != ticket) continue;
      batch->stop();
      withdrawParts(*crew);
      finishBatches(*crew);
      return true;
    }
  }
  return false;
}

void Crews::stopBatches(Crew& crew) {
  for (auto& batch : crew.batches) batch->stop();
  withdrawParts(crew);
  finishBatches(crew);
}

// Parts of stopped batches that have not begun need not come to run first.
void Crews::withdrawParts(Crew& crew) {
  if (crew.partsQueued == 0) return;
  auto members = crew.members;
  for (auto& session : members) {
    Member& member = *session->member;
    if (!member.partQueued || !member.part.batch->stopped()) continue;
    withdrawPart(*session);
    freed(*session);
  }
}

bool Crews::writeOff(Session& session) {
  auto kept = session.shared_from_this();
  bool runs = !session.present.ended();
  if (runs) client_.shared().executor.allowOneMore(laneOf(session));
  Member* member = session.member.get();
  leave(session);
  if (!runs || member == nullptr || member->part.batch == nullptr || member->part.detached) return runs;
  Part& part = member->part;
  uint32_t item = 0;
  if (part.grip.writeOff(item) == Grip::WrittenOff::Between) return runs;
  auto batch = part.batch;
  part.detached = true;
  batch->leftBehind.push_back(item);
  collect(part, *batch, {item + 1, part.range.end});
  try {
    batch->records.fail(item, ENGINE_ABANDONED, FUNCTION_ENGINE, session.id);
  } catch (...) {
    batch->memoryFailed = true;
  }
  auto crew = part.crew;
  distribute(*crew);
  finishBatches(*crew);
  return runs;
}

std::vector<uint64_t> Crews::stuck(Crew& crew, std::chrono::milliseconds limit, uint32_t ticket) {
  auto now = std::chrono::steady_clock::now();
  std::vector<uint64_t> found;
  for (auto& session : crew.members) {
    if (session->present.ended()) continue;
    Member& member = *session->member;
    auto since = session->present.since;
    Part& part = member.part;
    bool inBatch = part.batch != nullptr && !member.partQueued;
    if (ticket != 0 && !(inBatch && part.batch->ticket() == ticket)) continue;
    if (inBatch) {
      // An item is not timed, for that would cost as much as it does on a fast token. It has begun when its range was
      // taken if it is the first of it, and otherwise when it was first seen.
      uint64_t state = part.grip.look();
      if (!Grip::isInside(state)) continue;
      using Clock = std::chrono::steady_clock;
      std::chrono::nanoseconds sinceEpoch(part.since.load(std::memory_order_relaxed));
      Clock::time_point taken(std::chrono::duration_cast<Clock::duration>(sinceEpoch));
      if (member.seen != state || member.seenAt < taken) {
        member.seen = state;
        member.seenAt = now;
      }
      bool isFirst = Grip::itemOf(state) == part.sinceItem.load(std::memory_order_relaxed);
      since = isFirst ? taken : member.seenAt;
    }
    if (now - since >= limit) found.push_back(session->id);
  }
  return found;
}

}  // namespace cryptoki
