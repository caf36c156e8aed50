#include "completions.h"

#include <cstring>

#include "engine/brief_lock.h"

namespace cryptoki {

namespace {

constexpr size_t kSmallSlab = 64 * 1024;
constexpr size_t kLargeSlab = 16 * 1024 * 1024;
constexpr size_t kRecordHeader = 8;
// Node calls us again and again as long as replies arrive, and timers and sockets wait meanwhile: after so much time
// they come first.
constexpr std::chrono::microseconds kLongestTurn{500};
// Who has not been woken for so long has not kept anybody waiting.
constexpr std::chrono::milliseconds kQuiet{5};
// To wake JavaScript's thread costs as much as a short call. While a crew has calls waiting that keep its sessions busy
// meanwhile, so many replies wait for each other, as long as they are few beside those calls; but not for longer.
constexpr uint32_t kMostTogether = 32;
constexpr uint32_t kBacklogForEach = 4;
constexpr std::chrono::microseconds kLongestWait{200};

size_t recordSize(const Task& task) { return kRecordHeader + ((task.reply.size() + 7) & ~size_t{7}); }

void store32(uint8_t* to, size_t value) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<uint8_t>(value >> (8 * i));
}

}  // namespace

std::shared_ptr<Completions> Completions::start(Napi::Env env, Napi::Function deliver, Napi::Function later) {
  std::shared_ptr<Completions> it(new Completions(env));
  it->deliver_ = Napi::Persistent(deliver);
  it->later_ = Napi::Persistent(later);
  it->resume_ = Napi::Persistent(Napi::Function::New(env, [weak = std::weak_ptr<Completions>(it)](
                                                              const Napi::CallbackInfo& info) {
    auto self = weak.lock();
    if (self == nullptr || self->function_ == nullptr) return;
    self->turn_ = Clock::now();
    self->drainSafely(info.Env());
  }));
  it->small_ = Napi::Reference<Napi::ArrayBuffer>::New(Napi::ArrayBuffer::New(env, kSmallSlab), 1);
  // Node keeps this one for the functions's life: what it points to must not go before.
  auto* context = new std::shared_ptr<Completions>(it);
  auto forget = [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<Completions>*>(data); };
  napi_status status = napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "cryptoki"), 0, 1,
                                                       context, forget, it.get(), wake, &it->function_);
  if (status != napi_ok) {
    delete context;
    throw Napi::Error::New(env);
  }
  napi_unref_threadsafe_function(env, it->function_);
  return it;
}

Completions::~Completions() = default;

void Completions::expect() {
  ++expected_;
  keepAlive();
}

void Completions::forget(uint32_t ticket) {
  if (expected_ == 0) return;
  forgotten_.insert(ticket);
  keepAlive();
}

void Completions::arrived(uint32_t ticket) {
  --expected_;
  if (!forgotten_.empty()) forgotten_.erase(ticket);
  // Whoever forgot a ticket that was not on its way has done no harm beyond this.
  if (expected_ == 0) forgotten_.clear();
}

void Completions::keepAlive() {
  bool needed = expected_ > forgotten_.size();
  if (needed == alive_ || function_ == nullptr) return;
  alive_ = needed;
  if (needed) {
    napi_ref_threadsafe_function(env_, function_);
  } else {
    napi_unref_threadsafe_function(env_, function_);
  }
}

void Completions::post(std::unique_ptr<Task> task) noexcept {
  // The queue holds the reply only. A client that waited here for JavaScript would keep this queue alive, and this
  // queue the client.
  task->client.reset();
  task->session.reset();
  uint32_t backlog = task->backlog;
  {
    Lock lock = lockBriefly(mutex_);
    if (!closed_) {
      Task* added = task.release();
      added->next = nullptr;
      (last_ != nullptr ? last_->next : first_) = added;
      last_ = added;
      if (armed_ || waitsForOthers(backlog)) return;
      armed_ = true;
      // Within the lock, so that nobody holds on to the function when `close` gives it back.
      if (napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking) != napi_closing) return;
      closed_ = true;
      return;
    }
  }
  Task::giveBack(std::move(task));
}

// With the mutex.
bool Completions::waitsForOthers(uint32_t backlog) {
  if (!collected_ || unannounced_ + 1 >= kMostTogether || backlog < kBacklogForEach * (unannounced_ + 1)) return false;
  auto now = Clock::now();
  if (unannounced_ == 0) waitingSince_ = now;
  if (now - waitingSince_ > kLongestWait) return false;
  ++unannounced_;
  return true;
}

void Completions::collect(bool more) {
  {
    Lock lock = lockBriefly(mutex_);
    collected_ = more && !closed_;
    if (unannounced_ == 0) return;
  }
  turn_ = Clock::now();
  drainSafely(env_);
}

void Completions::close() {
  Task* chain;
  {
    Lock lock = lockBriefly(mutex_);
    if (!closed_) napi_release_threadsafe_function(function_, napi_tsfn_abort);
    closed_ = true;
    chain = first_;
    first_ = last_ = nullptr;
  }
  function_ = nullptr;
  deliver_.Reset();
  later_.Reset();
  resume_.Reset();
  small_.Reset();
  while (chain != nullptr) {
    std::unique_ptr<Task> task(chain);
    chain = task->next;
    Task::giveBack(std::move(task));
  }
}

void Completions::wake(napi_env env, napi_value, void* context, void*) {
  // Without an environment the function is being taken down: its queue is emptied, and there is nobody to deliver to.
  if (env == nullptr) return;
  auto self = static_cast<Completions*>(context)->shared_from_this();
  if (!self->mustPause() || !self->pause(env)) self->drainSafely(Napi::Env(env));
}

void Completions::drainSafely(Napi::Env env) {
  try {
    drain(env);
  } catch (const Napi::Error&) {
    // The environment is being terminated: it has no more use for replies.
  }
}

bool Completions::mustPause() {
  auto now = Clock::now();
  if (now - lastWake_ > kQuiet) turn_ = now;
  lastWake_ = now;
  return now - turn_ > kLongestTurn;
}

// Until `resume_` is called nobody needs to wake us: what is posted meanwhile is drained with the rest.
bool Completions::pause(napi_env env) {
  Napi::HandleScope scope(env);
  napi_value receiver;
  if (later_.IsEmpty() || napi_get_undefined(env, &receiver) != napi_ok) return false;
  napi_value resume = resume_.Value();
  return napi_call_function(env, receiver, later_.Value(), 1, &resume, nullptr) == napi_ok;
}

void Completions::drain(Napi::Env env) {
  Task* chain;
  {
    Lock lock = lockBriefly(mutex_);
    // Before the queue is taken: whoever posts after this must wake us again.
    armed_ = false;
    unannounced_ = 0;
    chain = first_;
    first_ = last_ = nullptr;
  }
  while (chain != nullptr) {
    Napi::HandleScope scope(env);
    deliver(env, chain);
  }
}

void Completions::deliver(napi_env env, Task*& chain) {
  size_t size = 0;
  for (Task* task = chain; task != nullptr; task = task->next) {
    size_t more = recordSize(*task);
    if (size > 0 && size + more > kLargeSlab) break;
    size += more;
  }
  uint8_t* data = nullptr;
  napi_value filled = slab(env, size, data);
  for (size_t at = 0; at < size;) {
    std::unique_ptr<Task> task(chain);
    chain = task->next;
    size_t length = task->reply.size();
    size_t padded = recordSize(*task) - kRecordHeader;
    if (data != nullptr) {
      store32(data + at, task->ticket);
      store32(data + at + 4, length);
      std::memcpy(data + at + kRecordHeader, task->reply.data(), length);
      std::memset(data + at + kRecordHeader + length, 0, padded - length);
    }
    at += kRecordHeader + padded;
    arrived(task->ticket);
    Task::giveBack(std::move(task));
  }
  keepAlive();
  // Plain Node-API here: in an environment that is being terminated, making a C++ exception of its error would end the
  // process.
  napi_value receiver;
  napi_value callback = deliver_.IsEmpty() ? nullptr : static_cast<napi_value>(deliver_.Value());
  if (data == nullptr || callback == nullptr || napi_get_undefined(env, &receiver) != napi_ok) return;
  if (napi_call_function(env, receiver, callback, 1, &filled, nullptr) != napi_pending_exception) return;
  napi_value error;
  // As an exception of any callback: 'uncaughtException', or the end of the process.
  if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
}

napi_value Completions::slab(napi_env env, size_t size, uint8_t*& data) {
  napi_value buffer = nullptr;
  napi_value array = nullptr;
  void* memory = nullptr;
  size_t length = 0;
  if (size <= kSmallSlab) {
    buffer = small_.Value();
    if (napi_get_arraybuffer_info(env, buffer, &memory, &length) != napi_ok || length < size) return nullptr;
  } else if (napi_create_arraybuffer(env, size, &memory, &buffer) != napi_ok) {
    return nullptr;
  }
  if (napi_create_typedarray(env, napi_uint8_array, size, buffer, 0, &array) == napi_ok)
    data = static_cast<uint8_t*>(memory);
  return array;
}

}  // namespace cryptoki
