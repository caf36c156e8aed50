// What JavaScript tells crews: calls that never wait and need no lane.
#include "../generated/engine_codes.h"
#include "call.h"
#include "client.h"
#include "crew.h"

namespace cryptoki {

namespace {

constexpr uint32_t kMostCandidates = 100000;

uint32_t countOf(const Task* chain) {
  uint32_t count = 0;
  for (; chain != nullptr; chain = chain->next) ++count;
  return count;
}

}  // namespace

std::shared_ptr<Session> Crews::sessionOf(uint64_t id) const {
  auto found = client_.sessions_.find(id);
  return found == client_.sessions_.end() ? nullptr : found->second;
}

Crew& Crews::crewOf(uint64_t id) const {
  auto found = crews_.find(id);
  if (found == crews_.end()) throw EngineFailure{ENGINE_SESSION_UNKNOWN, {}};
  return *found->second;
}

bool Crews::busy(Session& session) {
  return client_.shared().serial ? session.outstanding > 0 : !Executor::isFree(session.lane);
}

Task* Crews::flush(Crew& crew) {
  Task* chain = client_.removeQueued([&](const Task& task) { return task.crew.get() == &crew; });
  stopBatches(crew);
  return chain;
}

Task* Crews::run(Task& task) {
  Reader request(task.frame + kRequestHeader, task.frameSize - kRequestHeader, task.payloads);
  Writer& reply = task.reply;
  writeReply(reply, CKR_OK, FUNCTION_ENGINE);
  if (task.call == CALL_CrewOpen) {
    request.expectEnd();
    auto crew = std::make_shared<Crew>();
    crew->id = newSessionId();
    crews_.emplace(crew->id, crew);
    reply.u64(crew->id);
    return nullptr;
  }

  uint64_t first = request.u64();
  auto session = [&](uint64_t id) {
    auto found = sessionOf(id);
    if (found == nullptr) throw EngineFailure{ENGINE_SESSION_UNKNOWN, {}};
    return found;
  };
  if (task.call == CALL_WriteOff) {
    request.expectEnd();
    reply.u8(writeOff(*session(first)));
    return nullptr;
  }

  Crew& crew = crewOf(first);
  switch (task.call) {
    case CALL_CrewJoin: {
      auto joins = session(request.u64());
      request.expectEnd();
      if (joins->closing) throw EngineFailure{ENGINE_SESSION_UNKNOWN, {}};
      const Crew* present = joins->member == nullptr ? nullptr : joins->member->crew.get();
      if (present != nullptr && present != &crew) throw EngineFailure{ENGINE_NOT_ALLOWED, {}};
      join(crew, joins);
      break;
    }
    case CALL_CrewLeave: {
      auto leaves = session(request.u64());
      request.expectEnd();
      if (leaves->member != nullptr && leaves->member->crew.get() == &crew) leave(*leaves);
      reply.u8(busy(*leaves));
      break;
    }
    case CALL_CrewTake: {
      std::vector<uint64_t> candidates(request.count(kMostCandidates, 8));
      for (uint64_t& candidate : candidates) candidate = request.u64();
      request.expectEnd();
      reply.u64(take(crew, candidates));
      break;
    }
    case CALL_CrewFlush:
    case CALL_CrewEnd: {
      request.expectEnd();
      auto kept = find(first);
      Task* chain = flush(crew);
      if (task.call == CALL_CrewFlush) {
        reply.u32(countOf(chain));
        return chain;
      }
      while (!crew.members.empty()) leave(*crew.members.back());
      crews_.erase(first);
      return chain;
    }
    case CALL_CrewStuck: {
      uint64_t limit = std::min<uint64_t>(request.u64(), uint64_t{1} << 40);
      uint32_t ticket = request.u32();
      request.expectEnd();
      auto found = stuck(crew, std::chrono::milliseconds(limit), ticket);
      reply.u32(static_cast<uint32_t>(found.size()));
      for (uint64_t id : found) reply.u64(id);
      break;
    }
    default:
      throw EngineFailure{ENGINE_NO_SUCH_CALL, {}};
  }
  return nullptr;
}

}  // namespace cryptoki
