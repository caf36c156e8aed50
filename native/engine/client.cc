#include "client.h"

#include <algorithm>

#include "../generated/engine_codes.h"
#include "platform.h"

namespace cryptoki {

namespace {

constexpr size_t kHeader = 8;
constexpr size_t kMostRequest = size_t{1} << 31;
constexpr size_t kLoaderStack = 1024 * 1024;  // a vendor's constructors run on it

uint64_t load64(const uint8_t* at) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | at[i];
  return value;
}

}  // namespace

Client::Client(std::string path, uint32_t threads, std::shared_ptr<Sink> sink)
    : path_(std::move(path)), threads_(threads), sink_(std::move(sink)), leave_(std::make_unique<Task>()) {}

std::shared_ptr<Client> Client::create(std::string path, uint32_t threads, std::shared_ptr<Sink> sink) {
  return std::shared_ptr<Client>(new Client(std::move(path), threads, std::move(sink)));
}

void Client::use(SharedLibrary& library) {
  {
    auto lock = library.executor.lock();
    library.executor.allowThreads(threads_);
  }
  library_.store(&library, std::memory_order_release);
}

uint32_t Client::fill(Task& task, const uint8_t* frame, size_t size, const std::vector<Bytes>& payloads) {
  if (size < kHeader) return ENGINE_MALFORMED;
  size_t total = size;
  for (const Bytes& payload : payloads) {
    if (payload.size > kMostRequest - std::min(total, kMostRequest)) return ENGINE_TOO_LARGE;
    total += payload.size;
  }
  if (total > kMostRequest) return ENGINE_TOO_LARGE;
  try {
    task.frame = task.arena.copy(frame, size);
    task.frameSize = size;
    for (const Bytes& payload : payloads)
      task.payloads.push_back({task.arena.copy(payload.data, payload.size), payload.size, false});
  } catch (const std::bad_alloc&) {
    return ENGINE_MEMORY;
  }
  task.manners = static_cast<uint16_t>(task.frame[2] | task.frame[3] << 8);
  if ((task.manners & ~(MANNER_EXACT | MANNER_PATIENT)) != 0) return ENGINE_MALFORMED;
  for (size_t i = 4; i < kHeader; ++i) {
    if (task.frame[i] != 0) return ENGINE_MALFORMED;
  }
  task.call = static_cast<uint16_t>(task.frame[0] | task.frame[1] << 8);
  task.key = size >= kHeader + 8 ? load64(task.frame + kHeader) : 0;
  task.row = findCall(task.call);
  return task.row != nullptr ? 0 : ENGINE_NO_SUCH_CALL;
}

uint32_t Client::placeOnSession(Task& task, LaneQueue*& lane) {
  if (task.frameSize < kHeader + 8) return ENGINE_MALFORMED;
  auto found = sessions_.find(task.key);
  bool forCrew = task.call == CALL_CrewReserve || task.call == CALL_Batch;
  if (forCrew || (found == sessions_.end() && task.call != CALL_C_CloseSession)) {
    task.crew = crews_.find(task.key);
    lane = nullptr;
    return task.crew != nullptr ? 0 : ENGINE_SESSION_UNKNOWN;
  }
  if (found == sessions_.end() || found->second->closing) return ENGINE_SESSION_UNKNOWN;
  task.session = found->second;
  lane = &found->second->lane;
  return 0;
}

uint32_t Client::place(Task& task, LaneQueue*& lane) {
  SharedLibrary& library = *library_.load(std::memory_order_acquire);
  Executor& executor = library.executor;
  if (closing_ || abandoned_) {
    task.crew = crews_.find(task.key);
    return ENGINE_CLOSED;
  }
  lane = &executor.libraryLane();
  if (task.call == CALL_C_Initialize) return 0;
  if (!initialized_) return ENGINE_NOT_INITIALIZED;
  bool closes = task.call == CALL_C_CloseSession || task.call == CALL_C_CloseAllSessions;
  // Before anything is refused to others on its account.
  if (closes && task.frameSize != kHeader + 8) return ENGINE_MALFORMED;
  if (task.call == CALL_C_Finalize && task.frameSize != kHeader) return ENGINE_MALFORMED;

  uint32_t refusal = 0;
  Lane kind = task.row->lane;
  if (task.call == CALL_C_CloseSession) kind = Lane::Session;
  if (task.call == CALL_C_OpenSession || task.call == CALL_C_CloseAllSessions) kind = Lane::Slot;
  switch (kind) {
    case Lane::Session:
      refusal = placeOnSession(task, lane);
      break;
    case Lane::Slot:
      if (task.frameSize < kHeader + 8) return ENGINE_MALFORMED;
      lane = &executor.slotLane(static_cast<CK_SLOT_ID>(task.key));
      break;
    case Lane::Wait:
      if (task.frameSize < kHeader + 8) return ENGINE_MALFORMED;
      task.waits = (task.key & CKF_DONT_BLOCK) == 0;
      break;
    case Lane::Module:
    case Lane::Immediate:
    case Lane::Life:
      break;
  }
  task.barrier = task.call == CALL_C_CloseAllSessions;
  // Then every lane is one lane: in the order in which the calls came.
  if (library.serial && lane != nullptr) lane = &executor.libraryLane();
  return refusal;
}

uint32_t Client::closeSlot(CK_SLOT_ID slot, LaneQueue* waiter) {
  uint32_t blockers = 0;
  for (auto& [id, session] : sessions_) {
    if (session->slot != slot) continue;
    session->closing = true;
    crews_.leave(*session);
    session->lane.asked.store(true, std::memory_order_relaxed);
    if (waiter == nullptr || session->lane.state == LaneQueue::State::Idle) continue;
    ++blockers;
    session->lane.waiter = waiter;
  }
  return blockers;
}

void Client::submit(uint32_t ticket, const uint8_t* frame, size_t size, const std::vector<Bytes>& payloads,
                    bool held) {
  auto task = Task::take();
  task->ticket = ticket;
  task->client = shared_from_this();
  uint32_t refusal = fill(*task, frame, size, payloads);
  if (refusal != 0) return refuse(std::move(task), refusal);
  if (task->call == CALL_Load) return submitLoad(std::move(task));
  SharedLibrary* library = library_.load(std::memory_order_acquire);
  if (library == nullptr) return refuse(std::move(task), ENGINE_NOT_LOADED);

  if (task->row->lane == Lane::Immediate) {
    runImmediate(*library, *task);
    return answer(std::move(task));
  }
  std::shared_ptr<Batch> batch;
  if (task->call == CALL_Batch && !readBatch(task, batch, library->library.functions)) return answer(std::move(task));
  Task& placed = batch ? batch->task() : *task;

  auto lock = library->executor.lock();
  LaneQueue* lane = nullptr;
  refusal = place(placed, lane);
  if (refusal != 0) {
    lock.unlock();
    if (batch) task = batch->giveUp();
    return refuse(std::move(task), refusal);
  }
  if (batch) {
    begin();
    crews_.enqueue(std::move(batch));
    return library->executor.dispatch(std::move(lock));
  }
  if (task->waits && library->serial) {
    // A library that takes one call at a time cannot be waited in: for its callers that is what unsupported means, and
    // they ask from time to time instead.
    lock.unlock();
    writeReply(task->reply, CKR_FUNCTION_NOT_SUPPORTED, CALL_C_WaitForSlotEvent);
    return answer(std::move(task));
  }
  if (task->waits) return library->executor.pushWait(std::move(task));
  if (task->call == CALL_C_Finalize) {
    startFinalize(std::move(task));
  } else {
    begin();
    if (task->barrier) closeSlot(static_cast<CK_SLOT_ID>(task->key), nullptr);
    if (task->crew) {
      crews_.enqueue(std::move(task));
    } else {
      if (task->session) occupy(*task);
      library->executor.push(*lane, std::move(task));
    }
  }
  if (!held) library->executor.dispatch(std::move(lock));
}

void Client::wake() {
  SharedLibrary* library = library_.load(std::memory_order_acquire);
  if (library != nullptr) library->executor.dispatch(library->executor.lock());
}

Client::Cancellation Client::cancel(uint32_t ticket) {
  SharedLibrary* library = library_.load(std::memory_order_acquire);
  if (library == nullptr) return {Cancelled::Unknown, 0};
  auto lock = library->executor.lock();
  Task* found = removeQueued([&](const Task& task) {
    bool closes =
        task.call == CALL_C_CloseSession || task.call == CALL_C_CloseAllSessions || task.call == CALL_C_Finalize;
    return task.client.get() == this && task.ticket == ticket && !task.silent && !closes;
  });
  Cancellation answer{found != nullptr ? Cancelled::Queued : Cancelled::Unknown, 0};
  if (found == nullptr && crews_.stopBatch(ticket)) answer.what = Cancelled::Stopped;
  for (auto& [id, session] : sessions_) {
    const PresentRun& present = session->present;
    if (answer.what != Cancelled::Unknown || present.part || present.ticket != ticket || present.ended()) continue;
    answer = {Cancelled::Runs, id};
  }
  library->executor.dispatch(std::move(lock));
  answerAll(found, ENGINE_CANCELLED);
  return answer;
}

Task* Client::removeQueued(const Executor::Which& which) {
  Executor& executor = library_.load(std::memory_order_acquire)->executor;
  Task* chain = executor.removeFromShared(which);
  chain = crews_.removeQueued(which, chain);
  for (auto& [id, session] : sessions_) chain = executor.remove(session->lane, which, chain);
  for (Task* task = chain; task != nullptr; task = task->next) {
    if (task->waits) continue;
    answering();
    ended(task->session.get());
  }
  return chain;
}

void Client::startFinalize(std::unique_ptr<Task> task) {
  closing_ = true;
  finalize_ = std::move(task);
  ++pending_;  // not before crews have come to rest
  crews_.closing();
  ended(nullptr);
}

void Client::begin() noexcept {
  ++pending_;
  unanswered_.fetch_add(1, std::memory_order_relaxed);
}

void Client::ended(Session* session) noexcept {
  if (session != nullptr) {
    --session->outstanding;
    crews_.freed(*session);
  }
  if (--pending_ > 0) return;
  if (finalize_ != nullptr) beginFinalize();
  shared().executor.tellPatient();
}

void Client::beginFinalize() noexcept {
  finalizing_ = true;
  begin();
  SharedLibrary& library = *library_.load(std::memory_order_acquire);
  library.executor.push(library.executor.libraryLane(), std::move(finalize_));
}

void Client::abandon() noexcept {
  abandoned_ = true;
  SharedLibrary* library = library_.load(std::memory_order_acquire);
  if (library == nullptr) return;
  auto lock = library->executor.lock();
  Task* dropped = removeQueued(
      [&](const Task& task) { return task.client.get() == this && !task.silent && task.call != CALL_C_Finalize; });
  if (!closing_ && leave_ != nullptr && (initialized_ || pending_ > 0)) {
    leave_->client = shared_from_this();
    leave_->call = CALL_C_Finalize;
    leave_->silent = true;
    startFinalize(std::move(leave_));
  }
  library->executor.dispatch(std::move(lock));
  dismissWaiter();
  answerAll(dropped, ENGINE_CLOSED);
}

void Client::refuse(std::unique_ptr<Task> task, uint32_t code) noexcept {
  writeRefusal(*task, code);
  answer(std::move(task));
}

void Client::answerAll(Task* chain, uint32_t code) noexcept {
  while (chain != nullptr) {
    std::unique_ptr<Task> task(chain);
    chain = task->next;
    auto client = task->client;
    writeRefusal(*task, code);
    client->answer(std::move(task));
  }
}

void Client::writeRefusal(Task& task, uint32_t code) noexcept {
  writeEngineReply(task.reply, code, {});
  // Where a call for a crew ran: nowhere.
  if (task.crew != nullptr && task.call != CALL_Batch) task.reply.u64(0);
}

void Client::answer(std::unique_ptr<Task> task) noexcept {
  if (task->silent) return Task::giveBack(std::move(task));
  // Of a batch nothing is told: its results are many already.
  bool ofCrew = task->crew != nullptr && task->call != CALL_Batch;
  task->backlog = ofCrew ? task->crew->wanted.load(std::memory_order_relaxed) : 0;
  sink_->post(std::move(task));
}

void Client::submitLoad(std::unique_ptr<Task> task) {
  if (abandoned_) return refuse(std::move(task), ENGINE_CLOSED);
  if (loading_.exchange(true)) return refuse(std::move(task), ENGINE_BUSY);
  Task* loaded = task.release();
  auto body = [](void* argument) {
    std::unique_ptr<Task> it(static_cast<Task*>(argument));
    auto client = it->client;
    client->run(*it);
    client->loading_ = false;
    client->answer(std::move(it));
  };
  if (platform::startThread("cryptoki-load", kLoaderStack, body, loaded)) return;
  loading_ = false;
  refuse(std::unique_ptr<Task>(loaded), ENGINE_THREAD_FAILED);
}

}  // namespace cryptoki
