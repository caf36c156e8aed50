// A library of C functions that the test holds back and lets go, and a client of it whose replies can be waited for.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "../engine/client.h"
#include "codecs_support.h"

namespace cryptoki::test {

using Guard = std::unique_lock<std::mutex>;

// What the library's functions do and have seen. One at a time; a test makes it first and so begins anew.
struct World {
  World() { current() = this; }
  // The clients leave in the background: the next test must not see them.
  ~World() {
    letGo();
    for (bool left = false; !left; std::this_thread::yield()) {
      auto lock = library->executor.lock();
      left = library->users.empty() && library->executor.running() == 0 && !library->executor.waitThreadBusy();
    }
    current() = nullptr;
  }
  static World*& current() {
    static World* it = nullptr;
    return it;
  }

  // Calls that come from now on stay inside until letGo.
  void hold() {
    Guard lock(mutex);
    held = true;
  }
  void letGo() {
    Guard lock(mutex);
    held = false;
    changed.notify_all();
  }
  // Waits until `count` calls are inside the library.
  void untilInside(int count) {
    Guard lock(mutex);
    changed.wait(lock, [&] { return inside >= count; });
  }
  void untilFinalized() {
    Guard lock(mutex);
    changed.wait(lock, [&] { return !initialized; });
  }
  CK_RV call(const std::string& what, CK_SESSION_HANDLE session = 0) {
    Guard lock(mutex);
    log.push_back(what);
    if (!initialized) ++violations;
    if (session != 0 && !busy.insert(session).second) ++violations;
    most = std::max(most, ++inside);
    changed.notify_all();
    changed.wait(lock, [&] { return !held; });
    --inside;
    busy.erase(session);
    return CKR_OK;
  }
  int count(const std::string& what) {
    Guard lock(mutex);
    int n = 0;
    for (auto& entry : log) n += entry == what;
    return n;
  }

  std::mutex mutex;
  std::condition_variable changed;
  SharedLibrary* library = nullptr;
  bool held = false;
  int inside = 0;
  int most = 0;
  int waiting = 0;
  int violations = 0;
  bool initialized = false;
  bool endsWaiters = true;
  CK_RV initializeAnswer = CKR_OK;
  std::string reserved;
  CK_SESSION_HANDLE last = 100;
  std::set<CK_SESSION_HANDLE> open;
  std::set<CK_SESSION_HANDLE> busy;
  std::vector<std::string> log;
  bool event = false;
};

inline World& world() { return *World::current(); }

inline CK_RV CK_CALL fakeInitialize(void* given) {
  Guard lock(world().mutex);
  world().log.push_back("C_Initialize");
  auto* args = static_cast<CK_C_INITIALIZE_ARGS*>(given);
  if (args != nullptr && args->pReserved != nullptr) world().reserved = static_cast<const char*>(args->pReserved);
  if (world().initializeAnswer == CKR_OK) world().initialized = true;
  return world().initializeAnswer;
}

inline CK_RV CK_CALL fakeFinalize(void*) {
  Guard lock(world().mutex);
  world().log.push_back("C_Finalize");
  if (world().inside > 0 || !world().open.empty()) ++world().violations;
  world().initialized = false;
  world().changed.notify_all();
  return CKR_OK;
}

inline CK_RV CK_CALL fakeOpenSession(CK_SLOT_ID, CK_FLAGS, void*, CK_NOTIFY, CK_SESSION_HANDLE_PTR handle) {
  world().call("C_OpenSession");
  Guard lock(world().mutex);
  *handle = ++world().last;
  world().open.insert(*handle);
  return CKR_OK;
}

inline CK_RV CK_CALL fakeCloseSession(CK_SESSION_HANDLE session) {
  Guard lock(world().mutex);
  world().log.push_back("C_CloseSession");
  if (world().busy.count(session) > 0) ++world().violations;
  return world().open.erase(session) > 0 ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
}

inline CK_RV CK_CALL fakeCloseAllSessions(CK_SLOT_ID) {
  Guard lock(world().mutex);
  world().log.push_back("C_CloseAllSessions");
  if (!world().busy.empty()) ++world().violations;
  world().open.clear();
  return CKR_OK;
}

// The call on a session: its flags say which one it is.
inline CK_RV CK_CALL fakeSessionCancel(CK_SESSION_HANDLE session, CK_FLAGS flags) {
  {
    Guard lock(world().mutex);
    if (world().open.count(session) == 0) return CKR_SESSION_HANDLE_INVALID;
  }
  return world().call("call " + std::to_string(flags), session);
}

inline CK_RV CK_CALL fakeGetSlotList(CK_BBOOL, CK_SLOT_ID_PTR, CK_ULONG_PTR count) {
  *count = 0;
  return world().call("C_GetSlotList");
}

inline CK_RV CK_CALL fakeGetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO_PTR) {
  return world().call("slot " + std::to_string(slot));
}

inline CK_RV CK_CALL fakeWaitForSlotEvent(CK_FLAGS, CK_SLOT_ID_PTR slot, void*) {
  World& w = world();
  Guard lock(w.mutex);
  ++w.waiting;
  w.changed.notify_all();
  w.changed.wait(lock, [&] { return w.event || (!w.initialized && w.endsWaiters); });
  --w.waiting;
  if (!w.event) return CKR_CRYPTOKI_NOT_INITIALIZED;
  w.event = false;
  *slot = 9;
  return CKR_OK;
}

// The world's library: a new one each time, as far as the registry can tell.
inline SharedLibrary& fakeLibrary() {
  Library library;
  library.handle = new char;
  library.functions.C_Initialize = fakeInitialize;
  library.functions.C_Finalize = fakeFinalize;
  library.functions.C_OpenSession = fakeOpenSession;
  library.functions.C_CloseSession = fakeCloseSession;
  library.functions.C_CloseAllSessions = fakeCloseAllSessions;
  library.functions.C_SessionCancel = fakeSessionCancel;
  library.functions.C_GetSlotList = fakeGetSlotList;
  library.functions.C_GetSlotInfo = fakeGetSlotInfo;
  library.functions.C_WaitForSlotEvent = fakeWaitForSlotEvent;
  static auto& kept = *new std::vector<void*>;  // for the leak checker
  kept.push_back(library.handle);
  world().library = &registry::add(std::move(library));
  return *world().library;
}

class Replies : public Sink {
 public:
  void post(std::unique_ptr<Task> task) noexcept override {
    Guard lock(mutex_);
    order.push_back(task->ticket);
    replies_.emplace(task->ticket, Reply(task->reply));
    arrived_.notify_all();
    lock.unlock();
    Task::giveBack(std::move(task));
  }
  Reply take(uint32_t ticket) {
    Guard lock(mutex_);
    arrived_.wait(lock, [&] { return replies_.count(ticket) > 0; });
    Reply reply = replies_.at(ticket);
    replies_.erase(ticket);
    return reply;
  }
  bool has(uint32_t ticket) {
    Guard lock(mutex_);
    return replies_.count(ticket) > 0;
  }
  std::vector<uint32_t> order;

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<uint32_t, Reply> replies_;
};

// A client that is ready to work.
class User {
 public:
  explicit User(SharedLibrary& library, uint32_t threads = 8)
      : replies(std::make_shared<Replies>()), client(Client::create("", threads, replies)) {
    client->use(library);
  }
  ~User() { client->abandon(); }

  uint32_t send(const Frame& frame) {
    uint32_t ticket = ++last_;
    client->submit(ticket, frame.data.data(), frame.data.size(), {});
    return ticket;
  }
  Reply wait(uint32_t ticket) { return replies->take(ticket); }
  Reply call(const Frame& frame) { return wait(send(frame)); }
  Reply sync(const Frame& frame) {
    auto task = Task::take();
    client->callSync(*task, frame.data.data(), frame.data.size(), {});
    Reply reply(task->reply);
    Task::giveBack(std::move(task));
    return reply;
  }
  bool cancel(uint32_t ticket) { return client->cancel(ticket).what == Client::Cancelled::Queued; }
  Reply initialize(bool serial = false, const std::string& reserved = {}) {
    return call(std::move(Frame(CALL_C_Initialize).u8(1).u64(CKF_OS_LOCKING_OK).bytes(reserved).u8(serial)));
  }
  uint64_t open(uint64_t slot = 1) {
    Reply reply = call(std::move(Frame(CALL_C_OpenSession).u64(slot).u64(CKF_SERIAL_SESSION)));
    CHECK_EQUAL(reply.rv, uint64_t{CKR_OK});
    return reply.rv == CKR_OK ? reply.read().u64() : 0;
  }

  std::shared_ptr<Replies> replies;
  std::shared_ptr<Client> client;

 private:
  uint32_t last_ = 0;
};

inline Frame work(uint64_t session, uint64_t which) {
  return std::move(Frame(CALL_C_SessionCancel).u64(session).u64(which));
}
inline Frame close(uint64_t session) { return std::move(Frame(CALL_C_CloseSession).u64(session)); }
inline Frame closeAll(uint64_t slot) { return std::move(Frame(CALL_C_CloseAllSessions).u64(slot)); }
inline Frame waitForEvent() { return std::move(Frame(CALL_C_WaitForSlotEvent).u64(0)); }

}  // namespace cryptoki::test
