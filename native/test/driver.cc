#include "driver.h"

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace cryptoki::driver {

Request& Request::number(uint64_t value, int size) {
  for (int i = 0; i < size; ++i) data.push_back(static_cast<uint8_t>(value >> 8 * i));
  return *this;
}

Request& Request::raw(const std::string& value) {
  data.insert(data.end(), value.begin(), value.end());
  return *this;
}

Request& Request::payload(std::string value) {
  payloads.push_back(std::move(value));
  return u32(0xfffffffe);
}

Answer::Answer(const Writer& reply) : rest_(reinterpret_cast<const char*>(reply.data()), reply.size()) {
  rv = number(8);
  function = static_cast<uint16_t>(number(2));
  CHECK(number(2) == 0);
  size_t size = number(4);
  CHECK(size <= rest_.size() - at_);
  writtenBack = rest_.substr(at_, size);
  at_ += size;
}

uint64_t Answer::number(size_t size) {
  if (size > rest_.size() - at_) {
    CHECK(!"the answer ends early");
    return 0;
  }
  uint64_t value = 0;
  for (size_t i = size; i-- > 0;) value = value << 8 | static_cast<uint8_t>(rest_[at_ + i]);
  at_ += size;
  return value;
}

std::string Answer::bytes() {
  size_t size = number(4);
  CHECK(size <= rest_.size() - at_);
  std::string value = rest_.substr(at_, size);
  at_ += value.size();
  return value;
}

std::vector<uint64_t> Answer::ulongs() {
  size_t count = number(4);
  CHECK(count <= (rest_.size() - at_) / 8);
  std::vector<uint64_t> values;
  while (values.size() < count && at_ < rest_.size()) values.push_back(number(8));
  return values;
}

std::string modulePath(const std::string& name) {
  const char* folder = std::getenv("CRYPTOKI_TEST_MODULES");
  return std::string(folder == nullptr ? "build/test-modules" : folder) + "/" + name + ".so";
}

Fault::Fault(const std::string& name) {
  char pattern[] = "/tmp/cryptoki-engine-XXXXXX";
  folder_ = mkdtemp(pattern);
  path_ = folder_ + "/module.so";
  std::ifstream from(modulePath(name), std::ios::binary);
  std::ofstream to(path_, std::ios::binary);
  to << from.rdbuf();
  to.close();
  CHECK(to.good());
  if (name != "fault") return;
  void* handle = dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL);
  auto* words = reinterpret_cast<fault_control* (*)()>(handle == nullptr ? nullptr : dlsym(handle, "fault_control"));
  if (words == nullptr) {
    std::fprintf(stderr, "The programmable module cannot be loaded: %s\n", dlerror());
    std::abort();
  }
  control_ = words();
}

// The library stays loaded, as every Cryptoki library does; its file may go.
Fault::~Fault() {
  if (control_ != nullptr) {
    for (fault_function& function : control_->functions) __atomic_store_n(&function.hang, 0, __ATOMIC_RELAXED);
  }
  unlink(path_.c_str());
  rmdir(folder_.c_str());
}

uint64_t Fault::get(uint64_t fault_words::*word) const {
  return __atomic_load_n(&(control_->words.*word), __ATOMIC_RELAXED);
}
void Fault::set(uint64_t fault_words::*word, uint64_t value) {
  __atomic_store_n(&(control_->words.*word), value, __ATOMIC_RELAXED);
}
uint64_t Fault::calls(uint16_t function) const {
  return __atomic_load_n(&control_->functions[function].calls, __ATOMIC_RELAXED);
}

void Fault::tell(uint16_t function, uint64_t fault_function::*order, uint64_t value) {
  __atomic_store_n(&(control_->functions[function].*order), value, __ATOMIC_RELAXED);
}

void Fault::lie(uint16_t function, fault_lie how, uint64_t value) {
  tell(function, &fault_function::lie_value, value);
  tell(function, &fault_function::lie, how);
}

void Fault::fail(uint16_t function, CK_RV rv, uint64_t skip, uint64_t times) {
  tell(function, &fault_function::rv, rv);
  tell(function, &fault_function::skip, skip);
  tell(function, &fault_function::times, times);
}

void Fault::waitInside(uint16_t function, uint64_t count) const {
  while (__atomic_load_n(&control_->functions[function].inside, __ATOMIC_RELAXED) < count)
    std::this_thread::sleep_for(std::chrono::microseconds(200));
}

void Fault::checkManners() const {
  CHECK_EQUAL(get(&fault_words::overlaps), 0u);
  CHECK_EQUAL(get(&fault_words::serial_overlaps), 0u);
  CHECK_EQUAL(get(&fault_words::uninitialized_calls), 0u);
  CHECK_EQUAL(get(&fault_words::finalized_while_running), 0u);
  CHECK_EQUAL(get(&fault_words::closed_while_running), 0u);
  CHECK_EQUAL(get(&fault_words::foreign_finalizations), 0u);
  CHECK_EQUAL(get(&fault_words::bad_arguments), 0u);
}

struct Engine::Inbox : Sink {
  std::mutex mutex;
  std::condition_variable arrived;
  std::map<uint32_t, Answer> answers;

  void post(std::unique_ptr<Task> task) noexcept override {
    Answer answer(task->reply);
    uint32_t ticket = task->ticket;
    Task::giveBack(std::move(task));
    {
      std::lock_guard<std::mutex> lock(mutex);
      CHECK(answers.count(ticket) == 0);
      answers[ticket] = std::move(answer);
    }
    arrived.notify_all();
  }
};

Engine::Engine(const std::string& path, uint32_t threads)
    : inbox_(std::make_shared<Inbox>()), client_(Client::create(path, threads, inbox_)) {}

Engine::~Engine() { client_->abandon(); }

namespace {

std::vector<Bytes> payloadsOf(const Request& request) {
  std::vector<Bytes> payloads;
  for (const std::string& payload : request.payloads)
    payloads.push_back({reinterpret_cast<const uint8_t*>(payload.data()), payload.size(), false});
  return payloads;
}

}  // namespace

uint32_t Engine::submit(const Request& request, bool held) {
  uint32_t ticket = ++lastTicket_;
  // From a copy that is overwritten at once: the engine must not look at the caller's memory again.
  Request copy = request;
  client_->submit(ticket, copy.data.data(), copy.data.size(), payloadsOf(copy), held);
  std::fill(copy.data.begin(), copy.data.end(), uint8_t{0xee});
  for (std::string& payload : copy.payloads) std::fill(payload.begin(), payload.end(), '\xee');
  return ticket;
}

Answer Engine::wait(uint32_t ticket) {
  std::unique_lock<std::mutex> lock(inbox_->mutex);
  inbox_->arrived.wait(lock, [&] { return inbox_->answers.count(ticket) != 0; });
  Answer answer = std::move(inbox_->answers[ticket]);
  inbox_->answers.erase(ticket);
  return answer;
}

bool Engine::answered(uint32_t ticket) {
  std::lock_guard<std::mutex> lock(inbox_->mutex);
  return inbox_->answers.count(ticket) != 0;
}

Answer Engine::sync(const Request& request) {
  auto task = Task::take();
  client_->callSync(*task, request.data.data(), request.data.size(), payloadsOf(request));
  Answer answer(task->reply);
  Task::giveBack(std::move(task));
  return answer;
}

Answer Engine::load() { return call(Request(CALL_Load)); }

Request Engine::initialize(uint64_t flags, bool serial) {
  return Request(CALL_C_Initialize).u8(1).u64(flags).null().u8(serial);
}

void Engine::start() {
  CHECK_EQUAL(load().rv, CKR_OK);
  CHECK(call(initialize()).ok());
}

void Engine::finish() { CHECK(call(Request(CALL_C_Finalize)).ok()); }

uint64_t Engine::open(uint64_t slot, uint64_t flags) {
  Answer answer = call(Request(CALL_C_OpenSession).u64(slot).u64(flags));
  CHECK(answer.ok());
  return answer.ok() ? answer.u64() : 0;
}

uint64_t Engine::openLoggedIn(uint64_t slot) {
  uint64_t session = open(slot);
  CHECK(call(Request(CALL_C_Login).u64(session).u64(CKU_USER).bytes("1234")).ok());
  return session;
}

Request Engine::signOnce(uint64_t session, uint64_t key, const std::string& data, CK_MECHANISM_TYPE mechanism) {
  return Request(CALL_SignOnce).u64(session).mechanism(mechanism).u64(key).noPin().bytes(data).u32(64);
}

uint64_t Engine::secretKey(uint64_t session, const std::string& value) {
  Answer answer = call(Request(CALL_C_CreateObject)
                           .u64(session)
                           .attributes(4)
                           .flag(CKA_DERIVE, true)
                           .ulong(CKA_CLASS, CKO_SECRET_KEY)
                           .ulong(CKA_KEY_TYPE, CKK_GENERIC_SECRET)
                           .text(CKA_VALUE, value));
  CHECK(answer.ok());
  return answer.ok() ? answer.u64() : 0;
}

}  // namespace cryptoki::driver
