// Drives the whole engine from a test, as the addon does: requests in, answers out, over the programmable module of
// test/modules.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../../test/modules/fault/control.h"
#include "../engine/client.h"
#include "../generated/engine_codes.h"
#include "check.h"

namespace cryptoki::driver {

// A request under construction: docs/boundary.md.
class Request {
 public:
  explicit Request(uint16_t call) { u16(call).u16(0).u32(0); }

  Request& u8(uint8_t value) { return number(value, 1); }
  Request& u16(uint16_t value) { return number(value, 2); }
  Request& u32(uint32_t value) { return number(value, 4); }
  Request& u64(uint64_t value) { return number(value, 8); }
  Request& raw(const std::string& value);
  Request& bytes(const std::string& value) { return u32(static_cast<uint32_t>(value.size())).raw(value); }
  Request& null() { return u32(0xffffffff); }
  Request& payload(std::string value);  // takes the next payload
  Request& mechanism(CK_MECHANISM_TYPE type) { return u64(type).u8(0); }
  Request& mechanism(CK_MECHANISM_TYPE type, const std::string& raw) { return u64(type).u8(1).bytes(raw); }
  Request& structure(CK_MECHANISM_TYPE type, uint16_t layout) { return u64(type).u8(3).u16(layout); }
  Request& attributes(uint32_t count) { return u32(count); }
  Request& empty(uint64_t type) { return u64(type).u8(0); }
  Request& flag(uint64_t type, bool value) { return u64(type).u8(1).u8(value); }
  Request& ulong(uint64_t type, uint64_t value) { return u64(type).u8(2).u64(value); }
  Request& text(uint64_t type, const std::string& value) { return u64(type).u8(3).bytes(value); }
  Request& noPin() { return u8(0); }
  Request& pin(const std::string& value) { return u8(1).bytes(value); }

  std::vector<uint8_t> data;
  std::vector<std::string> payloads;

 private:
  Request& number(uint64_t value, int size);
};

// An answer taken apart. Reading beyond its end is a failed check and gives zeros.
class Answer {
 public:
  Answer() = default;
  explicit Answer(const Writer& reply);

  uint64_t rv = ~0ull;
  uint16_t function = 0;
  std::string writtenBack;

  bool ok() const { return rv == CKR_OK && function != FUNCTION_ENGINE; }
  bool engine(uint32_t code) const { return function == FUNCTION_ENGINE && rv == code; }

  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  uint64_t u64() { return number(8); }
  std::string bytes();
  std::vector<uint64_t> ulongs();
  bool atEnd() const { return at_ == rest_.size(); }
  std::string rest() const { return rest_.substr(at_); }

 private:
  uint64_t number(size_t size);
  std::string rest_;
  size_t at_ = 0;
};

// A copy of the programmable module: each test has its own, loaded and initialised apart from all others.
class Fault {
 public:
  explicit Fault(const std::string& name = "fault");
  ~Fault();
  Fault(const Fault&) = delete;
  Fault& operator=(const Fault&) = delete;

  const std::string& path() const { return path_; }
  const std::string& folder() const { return folder_; }

  uint64_t get(uint64_t fault_words::*word) const;
  void set(uint64_t fault_words::*word, uint64_t value);
  uint64_t calls(uint16_t function) const;
  void tell(uint16_t function, uint64_t fault_function::*order, uint64_t value);
  void lie(uint16_t function, fault_lie how, uint64_t value = 0);
  void fail(uint16_t function, CK_RV rv, uint64_t skip = 0, uint64_t times = 1);
  void hang(uint16_t function) { tell(function, &fault_function::hang, 1); }
  void release(uint16_t function) { tell(function, &fault_function::hang, 0); }
  void waitInside(uint16_t function, uint64_t count = 1) const;  // until so many calls are inside
  // Checks that the engine has kept the rules: one call at a time per session, nothing before C_Initialize or after
  // C_Finalize …
  void checkManners() const;

 private:
  std::string folder_;
  std::string path_;
  fault_control* control_ = nullptr;
};

// The path of a module that the runner has compiled.
std::string modulePath(const std::string& name);

// One client with a sink of its own.
class Engine {
 public:
  explicit Engine(const std::string& path, uint32_t threads = 64);
  ~Engine();

  uint32_t submit(const Request& request, bool held = false);  // its ticket
  void wake() { client_->wake(); }
  Answer wait(uint32_t ticket);
  bool answered(uint32_t ticket);
  Answer call(const Request& request) { return wait(submit(request)); }
  Answer sync(const Request& request);
  bool cancel(uint32_t ticket) { return cancellation(ticket).what == Client::Cancelled::Queued; }
  Client::Cancellation cancellation(uint32_t ticket) { return client_->cancel(ticket); }
  void abandon() { client_->abandon(); }

  // What nearly every test begins with; each checks that it works.
  Answer load();
  void start();  // load and initialise
  void finish();
  uint64_t open(uint64_t slot = 1, uint64_t flags = CKF_SERIAL_SESSION | CKF_RW_SESSION);
  uint64_t openLoggedIn(uint64_t slot = 1);
  static Request initialize(uint64_t flags = CKF_OS_LOCKING_OK, bool serial = false);
  static Request signOnce(uint64_t session, uint64_t key, const std::string& data,
                          CK_MECHANISM_TYPE mechanism = CKM_SHA256_HMAC);
  uint64_t secretKey(uint64_t session, const std::string& value);  // generic secret, extractable

 private:
  struct Inbox;
  std::shared_ptr<Inbox> inbox_;
  std::shared_ptr<Client> client_;
  uint32_t lastTicket_ = 0;
};

}  // namespace cryptoki::driver
