#include "task.h"

#include <mutex>
#include <vector>

#include "brief_lock.h"

namespace cryptoki {

namespace {

constexpr size_t kKeptTasks = 256;

struct Pool {
  std::mutex mutex;
  std::vector<std::unique_ptr<Task>> tasks;
};

// Never destroyed: workers may still give tasks back while the process exits.
Pool& pool() {
  static Pool& it = *new Pool;
  return it;
}

}  // namespace

std::unique_ptr<Task> Task::take() {
  Pool& p = pool();
  {
    Lock lock = lockBriefly(p.mutex);
    if (!p.tasks.empty()) {
      auto task = std::move(p.tasks.back());
      p.tasks.pop_back();
      return task;
    }
  }
  return std::make_unique<Task>();
}

void Task::clear() noexcept {
  arena.reset();
  reply.reset();
  payloads.clear();
  writeBack.fields.clear();
  frame = nullptr;
  frameSize = 0;
  ticket = 0;
  call = 0;
  manners = 0;
  key = 0;
  row = nullptr;
  client.reset();
  session.reset();
  crew.reset();
  part = nullptr;
  next = nullptr;
  silent = false;
  waits = false;
  barrier = false;
}

void Task::giveBack(std::unique_ptr<Task> task) noexcept {
  task->clear();
  Pool& p = pool();
  Lock lock = lockBriefly(p.mutex);
  if (p.tasks.size() >= kKeptTasks) return;
  try {
    p.tasks.push_back(std::move(task));
  } catch (...) {
    // Then it is freed.
  }
}

}  // namespace cryptoki
