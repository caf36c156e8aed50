#include "task.h"

#include <mutex>
#include <vector>

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
    std::lock_guard<std::mutex> lock(p.mutex);
    if (!p.tasks.empty()) {
      auto task = std::move(p.tasks.back());
      p.tasks.pop_back();
      return task;
    }
  }
  return std::make_unique<Task>();
}

void Task::giveBack(std::unique_ptr<Task> task) noexcept {
  task->arena.reset();
  task->reply.reset();
  task->payloads.clear();
  task->writeBack.fields.clear();
  task->frame = nullptr;
  task->frameSize = 0;
  task->ticket = 0;
  task->call = 0;
  task->key = 0;
  task->row = nullptr;
  task->client.reset();
  task->session.reset();
  task->next = nullptr;
  task->silent = false;
  task->waits = false;
  task->barrier = false;
  Pool& p = pool();
  std::lock_guard<std::mutex> lock(p.mutex);
  if (p.tasks.size() >= kKeptTasks) return;
  try {
    p.tasks.push_back(std::move(task));
  } catch (...) {
    // Then it is freed.
  }
}

}  // namespace cryptoki
