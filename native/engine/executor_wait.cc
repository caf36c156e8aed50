// The thread of C_WaitForSlotEvent: one call at a time, for as long as the token likes.
#include "../generated/engine_codes.h"
#include "client.h"
#include "executor.h"
#include "platform.h"

namespace cryptoki {

namespace {

constexpr size_t kStackSize = 512 * 1024;

}  // namespace

void Executor::pushWait(std::unique_ptr<Task> task) {
  waitLane_.state = LaneQueue::State::Running;  // never ready: workers have no part in it
  Task* added = task.release();
  added->next = nullptr;
  (waitLane_.last != nullptr ? waitLane_.last->next : waitLane_.first) = added;
  waitLane_.last = added;
  if (waitThread_) return;
  auto body = [](void* executor) { static_cast<Executor*>(executor)->serveWaits(); };
  waitThread_ = platform::startThread("cryptoki-wait", kStackSize, body, this);
  if (waitThread_) return;
  Task* chain = remove(waitLane_, [](const Task&) { return true; });
  while (chain != nullptr) {
    std::unique_ptr<Task> refused(chain);
    chain = refused->next;
    writeEngineReply(refused->reply, ENGINE_THREAD_FAILED, {});
    auto client = refused->client;
    client->answer(std::move(refused));
  }
}

Task* Executor::waitingFor(const Client* client) const {
  return waiting_ != nullptr && waiting_->client.get() == client ? waiting_ : nullptr;
}

bool Executor::waitThreadFree(Lock& lock, std::chrono::milliseconds atMost) {
  return waitEnded_.wait_for(lock, atMost, [&] { return !waitUnanswered_; });
}

void Executor::serveWaits() {
  Lock lock(mutex_);
  while (waitLane_.first != nullptr) {
    std::unique_ptr<Task> task(waitLane_.first);
    waitLane_.first = task->next;
    if (waitLane_.first == nullptr) waitLane_.last = nullptr;
    task->next = nullptr;
    waiting_ = task.get();
    waitUnanswered_ = true;
    lock.unlock();
    task->client->run(*task);
    lock.lock();
    waiting_ = nullptr;
    // The client that waited has gone meanwhile. The event it would have been told of is the next one's, or it would be
    // lost.
    Task* heir = waitLane_.first;
    if (task->silent && heir != nullptr && heir->key == task->key) {
      std::swap(task->reply, heir->reply);
      Task::giveBack(std::move(task));
      task.reset(heir);
      waitLane_.first = heir->next;
      if (waitLane_.first == nullptr) waitLane_.last = nullptr;
      heir->next = nullptr;
    }
    lock.unlock();
    auto client = task->client;
    client->answer(std::move(task));
    client.reset();
    lock.lock();
    // Not before the answer is out: who finalises tells JavaScript that all is over.
    waitUnanswered_ = false;
    waitEnded_.notify_all();
  }
  waitThread_ = false;
}

}  // namespace cryptoki
