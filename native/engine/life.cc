// What the calls of Lane::Life do: the library's life and its sessions', as one client sees them.
#include <chrono>
#include <vector>

#include "../generated/engine_codes.h"
#include "client.h"
#include "platform.h"

namespace cryptoki {

namespace {

constexpr size_t kHeader = 8;
// A blocked C_WaitForSlotEvent must return when C_Finalize is called (PKCS #11 v3.2, section 5.5.3), but not every
// library knows.
constexpr std::chrono::milliseconds kForTheWaiter{1000};

Reader arguments(const Task& task) { return Reader(task.frame + kHeader, task.frameSize - kHeader, task.payloads); }

void needs(const void* function, const char* name) {
  if (function == nullptr) throw EngineFailure{ENGINE_FUNCTION_MISSING, name};
}

template <typename Function>
void needs(Function* function, const char* name) {
  needs(reinterpret_cast<const void*>(function), name);
}

}  // namespace

void Client::run(Task& task) noexcept {
  if (task.part != nullptr) return task.part->run(*task.session);
  perform(task);
  if (task.crew != nullptr) tellCrew(task);
}

void Client::perform(Task& task) noexcept {
  try {
    switch (task.call) {
      case CALL_Load:
        return load(task);
      case CALL_C_Initialize:
        return initialize(task);
      case CALL_C_Finalize:
        return finalize(task);
      case CALL_C_OpenSession:
        return openSession(task);
      case CALL_C_CloseSession:
        return closeSession(task);
      case CALL_C_CloseAllSessions:
        return closeAllSessions(task);
      case CALL_CrewReserve:
        return reserve(task);
      case CALL_Reinitialize:
        return reinitialize(task);
      default: {
        if (task.session && task.session->lost) throw EngineFailure{ENGINE_SESSION_UNKNOWN, {}};
        CallContext context{task, library_.load(std::memory_order_acquire)->library.functions, task.session.get()};
        return runCall(context);
      }
    }
  } catch (const EngineFailure& failure) {
    task.reply.reset();
    writeEngineReply(task.reply, failure.code, failure.detail);
  } catch (const LibraryRefusal& refusal) {
    task.reply.reset();
    writeReply(task.reply, refusal.rv, refusal.function);
  } catch (...) {
    task.reply.reset();
    writeEngineReply(task.reply, ENGINE_MEMORY, {});
  }
}

void Client::load(Task& task) {
  arguments(task).expectEnd();
  SharedLibrary* shared = library_.load(std::memory_order_acquire);
  if (shared == nullptr) {
    shared = &registry::open(path_);
    use(*shared);
  }
  const Library& library = shared->library;
  writeReply(task.reply, CKR_OK, FUNCTION_ENGINE);
  task.reply.u8(library.version.major);
  task.reply.u8(library.version.minor);
  task.reply.u8(sizeof(CK_ULONG));
  task.reply.u8(static_cast<uint8_t>(library.interfaceFlags));
  task.reply.bytes(library.path.data(), library.path.size());
  uint8_t present[(Library::kFunctions + 7) / 8] = {};
  for (uint32_t i = 0; i < Library::kFunctions; ++i) {
    if (library.has(i)) present[i / 8] = static_cast<uint8_t>(present[i / 8] | 1 << i % 8);
  }
  task.reply.bytes(present, sizeof(present));
}

void Client::initialize(Task& task) {
  Reader request = arguments(task);
  bool withArguments = request.u8() != 0;
  CK_FLAGS flags = request.ulong();
  Bytes reserved = request.bytes();
  bool serial = request.u8() != 0;
  request.expectEnd();

  SharedLibrary& shared = *library_.load(std::memory_order_acquire);
  auto lock = shared.executor.lock();
  if (shared.exiting || abandoned_) throw EngineFailure{ENGINE_CLOSED, {}};
  if (initialized_) return writeReply(task.reply, CKR_CRYPTOKI_ALREADY_INITIALIZED, CALL_C_Initialize);
  shared.users.reserve(shared.users.size() + 1);
  auto state = shared.state;
  lock.unlock();

  // 1, or 2 when it was not us: both without a call into the library.
  uint8_t how = state == SharedLibrary::State::Ours ? 1 : 2;
  std::unique_ptr<InitializeArguments> given;
  if (state == SharedLibrary::State::Uninitialized) {
    auto function = shared.library.functions.C_Initialize;
    needs(function, "C_Initialize");
    if (withArguments) {
      given = std::make_unique<InitializeArguments>();
      given->args.flags = flags;
      if (!reserved.null) {
        given->reserved.assign(reinterpret_cast<const char*>(reserved.data), reserved.size);
        given->args.pReserved = given->reserved.data();
      }
    }
    CK_RV rv = function(given ? &given->args : nullptr);
    if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED) return writeReply(task.reply, rv, CALL_C_Initialize);
    how = rv == CKR_OK ? 0 : 2;
    state = rv == CKR_OK ? SharedLibrary::State::Ours : SharedLibrary::State::Others;
    // Libraries register destructors when they are initialised, too: ours must come before those.
    if (!shared.exitWatched) platform::atExit(registry::shutdown);
    shared.exitWatched = true;
  }

  lock.lock();
  // The first user decides: with calls under way there is no changing over from many lanes to one.
  if (shared.users.empty()) shared.serial = serial;
  if (given) shared.arguments = std::move(given);
  shared.state = state;
  shared.users.push_back(shared_from_this());
  initialized_ = true;
  bool exiting = shared.exiting;
  lock.unlock();
  writeReply(task.reply, CKR_OK, CALL_C_Initialize);
  task.reply.u8(how);
  if (exiting) abandon();
}

// For a library that was finalised behind our back, or whose server has died. Our sessions keep their ids until they
// are closed; the library is not told of their handles any more, which it may have given to others.
void Client::reinitialize(Task& task) {
  Reader request = arguments(task);
  bool finalizeFirst = request.u8() != 0;
  request.expectEnd();
  SharedLibrary& shared = *library_.load(std::memory_order_acquire);
  auto function = shared.library.functions.C_Initialize;
  auto finalizeFunction = shared.library.functions.C_Finalize;
  needs(function, "C_Initialize");
  if (finalizeFirst) needs(finalizeFunction, "C_Finalize");

  auto lock = shared.executor.lock();
  if (shared.exiting || abandoned_) throw EngineFailure{ENGINE_CLOSED, {}};
  // Those that are opened while C_Initialize is on its way back are of the new time.
  std::vector<std::shared_ptr<Session>> before;
  for (auto& user : shared.users) {
    for (auto& [id, session] : user->sessions_) before.push_back(session);
  }
  if (finalizeFirst) {
    if (shared.state == SharedLibrary::State::Others) throw EngineFailure{ENGINE_NOT_ALLOWED, {}};
    // This one is among them.
    if (shared.executor.running() > 1) throw EngineFailure{ENGINE_BUSY, {}};
    shared.executor.halt(true);
  }
  CK_C_INITIALIZE_ARGS* given = shared.arguments ? &shared.arguments->args : nullptr;
  lock.unlock();
  if (finalizeFirst) {
    finalizeFunction(nullptr);
    lock.lock();
    shared.executor.waitThreadFree(lock, kForTheWaiter);
    lock.unlock();
  }
  CK_RV rv = function(given);
  lock.lock();
  if (rv == CKR_OK) {
    shared.state = SharedLibrary::State::Ours;
    for (auto& session : before) session->lose();
  }
  shared.executor.halt(false);
  shared.executor.dispatch(std::move(lock));
  writeReply(task.reply, rv == CKR_CRYPTOKI_ALREADY_INITIALIZED ? CKR_OK : rv, CALL_C_Initialize);
}

void Client::finalize(Task& task) {
  SharedLibrary& shared = *library_.load(std::memory_order_acquire);
  auto lock = shared.executor.lock();
  crews_.clear();
  auto sessions = std::move(sessions_);
  sessions_.clear();
  Task* waiting = removeQueued([this](const Task& other) { return other.waits && other.client.get() == this; });
  lock.unlock();
  answerAll(waiting, ENGINE_CLOSED);
  auto closeFunction = shared.library.functions.C_CloseSession;
  for (auto& [id, session] : sessions) {
    if (closeFunction != nullptr && !session->lost) closeFunction(session->handle);
  }
  sessions.clear();

  lock.lock();
  auto& users = shared.users;
  for (auto it = users.begin(); it != users.end();) it = it->get() == this ? users.erase(it) : it + 1;
  bool last = initialized_ && users.empty();
  bool finalizes = last && shared.state == SharedLibrary::State::Ours;
  lock.unlock();

  CK_RV rv = CKR_OK;
  auto function = shared.library.functions.C_Finalize;
  if (finalizes && function != nullptr) {
    rv = function(nullptr);
    lock.lock();
    shared.executor.waitThreadFree(lock, kForTheWaiter);
    lock.unlock();
  }
  // Who still waits for a slot event waits for nobody now; the library keeps the thread until the event comes.
  dismissWaiter();

  lock.lock();
  if (last) {
    shared.state = SharedLibrary::State::Uninitialized;
    shared.serial = false;
    shared.arguments.reset();
  }
  initialized_ = closing_ = finalizing_ = false;
  lock.unlock();
  if (finalizes) needs(function, "C_Finalize");
  writeReply(task.reply, rv, CALL_C_Finalize);
}

void Client::openSession(Task& task) {
  Reader request = arguments(task);
  CK_SLOT_ID slot = request.ulong();
  CK_FLAGS flags = request.ulong();
  request.expectEnd();
  SharedLibrary& shared = *library_.load(std::memory_order_acquire);
  auto function = shared.library.functions.C_OpenSession;
  needs(function, "C_OpenSession");

  // Entered before the call, for an open session that could not be entered would stay open for ever.
  auto session = std::make_shared<Session>();
  session->id = newSessionId();
  session->slot = slot;
  session->owner = this;
  session->closing = true;
  auto lock = shared.executor.lock();
  sessions_.emplace(session->id, session);
  lock.unlock();

  CK_SESSION_HANDLE handle = CK_INVALID_HANDLE;
  CK_RV rv = function(slot, flags, nullptr, nullptr, &handle);

  lock.lock();
  session->handle = handle;
  session->closing = false;
  if (rv != CKR_OK) sessions_.erase(session->id);
  lock.unlock();
  writeReply(task.reply, rv, CALL_C_OpenSession);
  if (rv == CKR_OK) task.reply.u64(session->id);
}

void Client::closeSession(Task& task) {
  SharedLibrary& shared = *library_.load(std::memory_order_acquire);
  auto function = shared.library.functions.C_CloseSession;
  // When the token says no (it was pulled out), the session is gone for us all the same: nobody could do anything with
  // it.
  CK_RV rv = CKR_OK;
  if (task.session->lost)
    rv = CKR_SESSION_HANDLE_INVALID;
  else if (function != nullptr)
    rv = function(task.session->handle);
  auto lock = shared.executor.lock();
  sessions_.erase(task.session->id);
  lock.unlock();
  needs(function, "C_CloseSession");
  writeReply(task.reply, rv, CALL_C_CloseSession);
}

void Client::closeAllSessions(Task& task) {
  SharedLibrary& shared = *library_.load(std::memory_order_acquire);
  auto slot = static_cast<CK_SLOT_ID>(task.key);
  std::vector<std::shared_ptr<Session>> closed;
  bool alone = true;
  auto lock = shared.executor.lock();
  closed.reserve(sessions_.size());
  for (auto& user : shared.users) {
    for (auto& [id, session] : user->sessions_) alone = alone && (session->slot != slot || user.get() == this);
  }
  for (auto it = sessions_.begin(); it != sessions_.end();) {
    if (it->second->slot != slot) {
      ++it;
      continue;
    }
    closed.push_back(std::move(it->second));
    it = sessions_.erase(it);
  }
  lock.unlock();

  auto all = shared.library.functions.C_CloseAllSessions;
  auto one = shared.library.functions.C_CloseSession;
  // To the library all users are one application: C_CloseAllSessions would take the other users' sessions and their
  // login away.
  if (alone || one == nullptr) {
    needs(all, "C_CloseAllSessions");
    return writeReply(task.reply, all(slot), CALL_C_CloseAllSessions);
  }
  CK_RV first = CKR_OK;
  for (auto& session : closed) {
    if (session->lost) continue;
    CK_RV rv = one(session->handle);
    if (first == CKR_OK) first = rv;
  }
  writeReply(task.reply, first, CALL_C_CloseAllSessions);
}

void Client::dismissWaiter() noexcept {
  SharedLibrary& shared = *library_.load(std::memory_order_acquire);
  auto lock = shared.executor.lock();
  Task* waiting = shared.executor.waitingFor(this);
  if (waiting == nullptr || waiting->silent) return;
  std::unique_ptr<Task> reply;
  try {
    reply = Task::take();
  } catch (const std::bad_alloc&) {
    return;  // It answers for itself when it comes back.
  }
  reply->ticket = waiting->ticket;
  reply->client = waiting->client;
  waiting->silent = true;
  lock.unlock();
  refuse(std::move(reply), ENGINE_CLOSED);
}

}  // namespace cryptoki
