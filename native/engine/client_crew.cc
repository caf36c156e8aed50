// What a client does for its crews: their calls, placed and told of; batches, read; parts of batches, begun.
#include <chrono>
#include <cstring>

#include "../generated/engine_codes.h"
#include "call.h"
#include "client.h"

namespace cryptoki {

void Client::runImmediate(SharedLibrary& library, Task& task) {
  Task* cancelled = nullptr;
  auto lock = library.executor.lock();
  try {
    if (abandoned_ || (closing_ && task.call == CALL_CrewOpen)) throw EngineFailure{ENGINE_CLOSED, {}};
    if (!initialized_) throw EngineFailure{ENGINE_NOT_INITIALIZED, {}};
    cancelled = crews_.run(task);
  } catch (const EngineFailure& failure) {
    writeEngineReply(task.reply, failure.code, failure.detail);
  } catch (const std::bad_alloc&) {
    writeEngineReply(task.reply, ENGINE_MEMORY, {});
  }
  library.executor.dispatch(std::move(lock));
  answerAll(cancelled, ENGINE_CANCELLED);
}

bool Client::readBatch(std::unique_ptr<Task>& task, std::shared_ptr<Batch>& batch, const FunctionTable& table) {
  try {
    batch = Batch::read(task, table);
    return true;
  } catch (const EngineFailure& failure) {
    writeEngineReply(task->reply, failure.code, failure.detail);
  } catch (const std::bad_alloc&) {
    writeEngineReply(task->reply, ENGINE_MEMORY, {});
  }
  return false;
}

void Client::occupy(Task& task) {
  Session& session = *task.session;
  crews_.occupy(session);
  ++session.outstanding;
  if (task.call != CALL_C_CloseSession) return;
  session.closing = true;
  crews_.leave(session);
}

LaneQueue* Client::pickLane(Task& task) {
  Session* session = crews_.pickResting(*task.crew);
  if (session == nullptr) return nullptr;
  task.session = session->shared_from_this();
  return &crews_.laneOf(*session);
}

void Client::begins(Session& session, const Task& task, const LaneQueue& lane) noexcept {
  session.present = PresentRun(task.ticket, task.part != nullptr, lane);
  if (session.member == nullptr) return;
  session.present.since = std::chrono::steady_clock::now();
  if (task.part != nullptr) crews_.partBegins(session);
}

// A member whose call has failed takes nothing more until somebody says what becomes of it. That must be so before the
// reply is out.
void Client::tellCrew(Task& task) noexcept {
  static const uint8_t ok[8] = {};
  if (std::memcmp(task.reply.data(), ok, sizeof(ok)) == 0) return;
  SharedLibrary& library = shared();
  auto lock = library.executor.lock();
  crews_.suspend(*task.session, *task.crew);
  library.executor.dispatch(std::move(lock));
  try {
    task.reply.u64(task.session->id);
  } catch (...) {
    writeEngineReply(task.reply, ENGINE_MEMORY, {});
    task.reply.u64(task.session->id);
  }
}

// The member that has come to it leaves the crew.
void Client::reserve(Task& task) {
  Reader request(task.frame + kRequestHeader, task.frameSize - kRequestHeader, task.payloads);
  request.u64();
  request.expectEnd();
  SharedLibrary& library = shared();
  auto lock = library.executor.lock();
  crews_.leave(*task.session);
  library.executor.dispatch(std::move(lock));
  writeReply(task.reply, CKR_OK, FUNCTION_ENGINE);
  task.reply.u64(task.session->id);
}

void Client::refusePart(std::unique_ptr<Task> part) noexcept {
  auto session = part->session;
  part->part->memoryFailed = true;
  part->part->batch->stop();
  partEnded(std::move(part));
  answering();
  ended(session.get());
}

}  // namespace cryptoki
