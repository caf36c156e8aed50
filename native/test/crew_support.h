// Crews and batches for the engine's tests.
#pragma once

#include <chrono>
#include <thread>

#include "driver.h"

namespace cryptoki::driver {

template <typename Condition>
void until(Condition condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

inline Request digest(uint64_t session, const std::string& data) {
  return Request(CALL_DigestOnce).u64(session).mechanism(CKM_SHA256).bytes(data).u32(32);
}

// Behind everything else in the answer of a call for a crew that failed.
inline uint64_t ranIn(const Answer& answer) {
  std::string rest = answer.rest();
  uint64_t id = 0;
  CHECK(rest.size() >= 8);
  if (rest.size() < 8) return 0;
  for (int i = 7; i >= 0; --i) id = id << 8 | static_cast<uint8_t>(rest[rest.size() - 8 + static_cast<size_t>(i)]);
  return id;
}

// A crew of an engine and what is said to it, each time as a synchronous call.
struct CrewOf {
  explicit CrewOf(Engine& its) : engine(its) {
    Answer opened = engine.sync(Request(CALL_CrewOpen));
    CHECK(opened.ok() || (opened.rv == 0 && opened.function == FUNCTION_ENGINE));
    id = opened.u64();
  }
  // Opens a session for it.
  uint64_t add() {
    uint64_t session = engine.open();
    CHECK_EQUAL(join(session), uint64_t{CKR_OK});
    members.push_back(session);
    return session;
  }
  uint64_t join(uint64_t session) { return tell(CALL_CrewJoin, session).rv; }
  bool leave(uint64_t session) { return tell(CALL_CrewLeave, session).u8() != 0; }
  bool writeOff(uint64_t session) { return engine.sync(Request(CALL_WriteOff).u64(session)).u8() != 0; }
  uint64_t take(const std::vector<uint64_t>& candidates = {}) {
    Request request(CALL_CrewTake);
    request.u64(id).u32(static_cast<uint32_t>(candidates.size()));
    for (uint64_t candidate : candidates) request.u64(candidate);
    return engine.sync(request).u64();
  }
  uint32_t flush() { return engine.sync(Request(CALL_CrewFlush).u64(id)).u32(); }
  uint64_t end() { return engine.sync(Request(CALL_CrewEnd).u64(id)).rv; }
  std::vector<uint64_t> stuck(uint64_t milliseconds, uint32_t ticket = 0) {
    return engine.sync(Request(CALL_CrewStuck).u64(id).u64(milliseconds).u32(ticket)).ulongs();
  }
  uint32_t reserve() { return engine.submit(Request(CALL_CrewReserve).u64(id)); }

  Engine& engine;
  uint64_t id = 0;
  std::vector<uint64_t> members;

 private:
  Answer tell(uint16_t call, uint64_t session) { return engine.sync(Request(call).u64(id).u64(session)); }
};

// A request of CALL_Batch.
struct BatchRequest {
  uint8_t operation = 4;
  uint32_t most = 64;
  uint64_t key = 0;
  bool login = false;
  std::string pin;
  uint32_t capacity = 32;
  std::vector<uint64_t> fatal;
  CK_MECHANISM_TYPE mechanism = CKM_SHA256;
  std::vector<std::string> items;
  std::vector<std::string> signatures;
  std::vector<Request> mechanisms;  // one for each item; only what stands behind a header counts

  Request on(uint64_t crew) const {
    Request request(CALL_Batch);
    request.u64(crew).u8(operation).u8(mechanisms.empty() ? 0 : 1).u32(most).u64(key);
    login ? request.pin(pin) : request.noPin();
    request.u32(capacity).u32(static_cast<uint32_t>(fatal.size()));
    for (uint64_t code : fatal) request.u64(code);
    if (mechanisms.empty()) request.mechanism(mechanism);
    request.u32(static_cast<uint32_t>(items.size()));
    pack(request, items);
    if (operation == 1) pack(request, signatures);
    for (const Request& each : mechanisms) {
      request.data.insert(request.data.end(), each.data.begin() + 8, each.data.end());
    }
    return request;
  }

 private:
  static void pack(Request& request, const std::vector<std::string>& items) {
    std::string data;
    for (const std::string& item : items) data += item;
    request.bytes(data).u32(static_cast<uint32_t>(items.size() * 4));
    for (const std::string& item : items) request.u32(static_cast<uint32_t>(item.size()));
  }
};

struct BatchFailure {
  uint32_t item;
  uint64_t rv;
  uint16_t function;
  uint64_t session;
};

// The reply, taken apart and checked for what holds for every one.
struct BatchAnswer {
  explicit BatchAnswer(Answer answer) : rv(answer.rv) {
    if (rv != CKR_OK) return;
    CHECK_EQUAL(answer.function, FUNCTION_ENGINE);
    std::string rest = answer.rest();
    uint32_t count = answer.u32();
    uint32_t stride = answer.u32();
    for (uint32_t i = 0; i < count; ++i) status.push_back(answer.u32());
    if (count % 2 != 0) CHECK_EQUAL(answer.u32(), 0u);
    for (uint32_t i = 0; i < count; ++i) {
      std::string slot;
      for (uint32_t k = 0; k < stride; ++k) slot.push_back(static_cast<char>(answer.u8()));
      size_t used = status[i] <= stride ? status[i] : 0;
      CHECK(slot.find_first_not_of('\0', used) == std::string::npos);
      outputs.push_back(slot.substr(0, used));
      if (status[i] == kNotBegun) ++unbegun;
      if (status[i] == kFailed) ++failed;
    }
    uint32_t failing = answer.u32();
    for (uint32_t i = 0; i < failing; ++i) {
      BatchFailure failure{};
      failure.item = answer.u32();
      failure.rv = answer.u64();
      failure.function = static_cast<uint16_t>(answer.u8());
      failure.function = static_cast<uint16_t>(failure.function | answer.u8() << 8);
      failure.session = answer.u64();
      CHECK(failure.item < count && status[failure.item] == kFailed);
      failures.push_back(failure);
    }
    CHECK_EQUAL(failures.size(), failed);
    uint32_t longer = answer.u32();
    for (uint32_t i = 0; i < longer; ++i) {
      uint32_t item = answer.u32();
      CHECK(item < count && status[item] == kLonger);
      outputs[item] = answer.bytes();
    }
    CHECK(answer.atEnd());
  }

  uint64_t rv;
  std::vector<uint32_t> status;
  std::vector<std::string> outputs;
  std::vector<BatchFailure> failures;
  size_t failed = 0;
  size_t unbegun = 0;
};

inline std::vector<std::string> numbered(size_t count) {
  std::vector<std::string> items;
  for (size_t i = 0; i < count; ++i) items.push_back("item " + std::to_string(i));
  return items;
}

}  // namespace cryptoki::driver
