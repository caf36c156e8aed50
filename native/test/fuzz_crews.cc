// Requests of any bytes for crews and batches, over the programmable module: an input is a row of records, each one
// request, and after it everything comes to an end.
//   u8 how: bit 0 synchronous, bit 1 ids are not ours; u16 length; the request
#include "crew_support.h"
#include "fuzz.h"

namespace cryptoki::fuzz {

const unsigned kIterations = 4000;

namespace {

using driver::Answer;
using driver::BatchRequest;
using driver::Engine;
using driver::Fault;
using driver::Request;

constexpr size_t kHeader = 8;
constexpr size_t kPinAt = kHeader + 22;  // in a batch

struct Target {
  Fault fault;
  Engine engine{fault.path(), 4};
  uint64_t crew = 0;
  uint64_t members[2] = {};

  Target() {
    fault.set(&fault_words::shallow, 1);
    engine.start();
  }

  void ready() {
    engine.call(Engine::initialize());
    crew = engine.sync(Request(CALL_CrewOpen)).u64();
    for (uint64_t& member : members) {
      if (!engine.sync(Request(CALL_C_GetSessionInfo).u64(member)).ok()) member = engine.open();
      engine.call(Request(CALL_CrewJoin).u64(crew).u64(member));
    }
  }

  // The ids differ from run to run; in the input 0 is the crew, 1 and 2 are its members.
  void patch(std::vector<uint8_t>& frame) {
    const uint64_t ids[] = {crew, members[0], members[1]};
    uint16_t call = frame.size() < 2 ? 0 : static_cast<uint16_t>(frame[0] | frame[1] << 8);
    for (size_t at = kHeader; at + 8 <= frame.size() && at <= kHeader + 8; at += 8) {
      if (at > kHeader && call != CALL_CrewJoin && call != CALL_CrewLeave) break;
      for (size_t i = 8; i-- > 0;) frame[at + i] = static_cast<uint8_t>(ids[frame[at] % 3] >> 8 * i);
    }
    // A reply of two gigabytes is allowed, but no test of anything.
    if (call != CALL_Batch || frame.size() <= kPinAt + 5) return;
    size_t capacity = kPinAt + 1;
    if (frame[kPinAt] != 0) capacity += 4 + (frame[kPinAt + 1] | size_t{frame[kPinAt + 2]} << 8);
    for (size_t i = capacity + 2; i < capacity + 4 && i < frame.size(); ++i) frame[i] = 0;
  }

  void settle() {
    engine.call(Request(CALL_CrewEnd).u64(crew));
    for (uint64_t member : members) engine.call(Request(CALL_C_SessionCancel).u64(member).u64(~0u));
  }
};

std::string record(const Request& request, bool synchronous = false) {
  std::string text;
  text.push_back(synchronous ? 1 : 0);
  text.push_back(static_cast<char>(request.data.size()));
  text.push_back(static_cast<char>(request.data.size() >> 8));
  return text.append(request.data.begin(), request.data.end());
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (uint16_t call : {CALL_CrewFlush, CALL_CrewEnd, CALL_CrewReserve}) all.push_back(record(Request(call).u64(0)));
  for (uint16_t call : {CALL_CrewJoin, CALL_CrewLeave}) all.push_back(record(Request(call).u64(0).u64(1)));
  all.push_back(record(Request(CALL_WriteOff).u64(1)));
  all.push_back(record(Request(CALL_CrewTake).u64(0).u32(1).u64(1)));
  all.push_back(record(Request(CALL_CrewStuck).u64(0).u64(0).u32(0), true));
  all.push_back(record(Request(CALL_Reinitialize).u8(1)));
  all.push_back(record(driver::digest(0, "abc")) + record(Request(CALL_C_CloseSession).u64(1)));
  all.push_back(record(driver::digest(0, "abc"), true) + record(driver::digest(0, "def")));
  BatchRequest batch;
  for (uint8_t operation = 0; operation <= 4; ++operation) {
    batch.operation = operation;
    batch.items = driver::numbered(5);
    batch.signatures = batch.items;
    batch.fatal = {CKR_KEY_HANDLE_INVALID};
    all.push_back(record(batch.on(0)));
    batch.login = operation % 2 == 0;
    batch.pin = "1234";
  }
  batch.login = false;
  all.push_back(record(batch.on(0)) + record(batch.on(0)) + record(Request(CALL_WriteOff).u64(1)) +
                record(driver::digest(0, "abc")) + record(Request(CALL_CrewLeave).u64(0).u64(2)));
  for (int i = 0; i < 5; ++i) batch.mechanisms.push_back(Request(0).mechanism(CKM_SHA256, "raw"));
  all.push_back(record(batch.on(0)));
  return all;
}

}  // namespace cryptoki::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cryptoki::fuzz;
  // Kept to the end: its clients' threads are.
  static auto& target = *new Target;
  target.ready();
  Dice dice(data, size);
  std::vector<uint32_t> tickets;
  for (int records = 0; dice.left() > 3 && records < 16; ++records) {
    uint8_t how = dice.u8();
    size_t length = dice.u16();
    length = std::min(length, dice.left());
    Request request(0);
    request.data.assign(dice.at(), dice.at() + length);
    dice.skip(length);
    if ((how & 2) == 0) target.patch(request.data);
    request.payloads = {"a payload", std::string(300, 'p')};
    uint16_t call = request.data.size() < 2 ? 0 : static_cast<uint16_t>(request.data[0] | request.data[1] << 8);
    // A crew that nobody ends could be waited for for ever, and so could an event.
    if (call == cryptoki::CALL_C_WaitForSlotEvent || call == cryptoki::CALL_CrewOpen) continue;
    if ((how & 1) != 0) {
      target.engine.sync(request);
    } else {
      tickets.push_back(target.engine.submit(request));
    }
  }
  target.settle();
  for (uint32_t ticket : tickets) target.engine.wait(ticket);
  return 0;
}
