// Finished calls on their way to JavaScript: one wake-up of an environment's thread delivers all that are done.
#pragma once

#include <napi.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <set>

#include "engine/task.h"

namespace cryptoki {

class Completions : public Sink, public std::enable_shared_from_this<Completions> {
 public:
  // `deliver` is called with slabs, as docs/boundary.md describes them; `later` with a function that it calls in the
  // next turn of the event loop. On the environment's thread, like all but `post`.
  static std::shared_ptr<Completions> start(Napi::Env env, Napi::Function deliver, Napi::Function later);
  ~Completions() override;

  // A call is on its way: from the first to the last, the environment stays alive for their sake.
  void expect();

  // Nobody waits any more for a call that runs. Its reply still comes, but the environment need not live for it: a wait
  // for a slot event may never end.
  void forget(uint32_t ticket);

  // Delivers what is waiting. `more`: until the next call, which comes within milliseconds, replies may wait for each
  // other while their crews have work enough.
  void collect(bool more);

  // The environment ends. What is posted from now on is wiped.
  void close();

  void post(std::unique_ptr<Task> task) noexcept override;

 private:
  explicit Completions(Napi::Env env) : env_(env) {}

  using Clock = std::chrono::steady_clock;

  static void wake(napi_env env, napi_value, void* context, void*);
  bool mustPause();
  bool pause(napi_env env);
  void drainSafely(Napi::Env env);
  void drain(Napi::Env env);
  void deliver(napi_env env, Task*& chain);
  void arrived(uint32_t ticket);
  void keepAlive();
  bool waitsForOthers(uint32_t backlog);
  napi_value slab(napi_env env, size_t size, uint8_t*& data);

  const Napi::Env env_;
  Napi::FunctionReference deliver_;
  Napi::FunctionReference later_;
  Napi::FunctionReference resume_;
  Napi::Reference<Napi::ArrayBuffer> small_;  // used again and again: most wake-ups bring little
  napi_threadsafe_function function_ = nullptr;
  size_t expected_ = 0;
  bool alive_ = false;
  std::set<uint32_t> forgotten_;
  Clock::time_point turn_;      // the latest time at which the event loop is known to have had its turn
  Clock::time_point lastWake_;

  std::mutex mutex_;  // guards what follows
  Task* first_ = nullptr;
  Task* last_ = nullptr;
  bool armed_ = false;  // a wake-up is on its way and has not yet looked at the queue
  bool closed_ = false;
  bool collected_ = false;  // somebody comes for what has not been announced
  uint32_t unannounced_ = 0;
  Clock::time_point waitingSince_;
};

}  // namespace cryptoki
