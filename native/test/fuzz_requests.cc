// Requests of any bytes, for every function and recipe, over the programmable module: an input is a row of records,
// each one request.
//   u8 how: bit 0 synchronous, bit 1 the first argument is not one of our sessions; u16 length; the request
#include "../engine/roles.h"
#include "driver.h"
#include "fuzz.h"

namespace cryptoki::fuzz {

const unsigned kIterations = 8000;

namespace {

using driver::Answer;
using driver::Engine;
using driver::Fault;
using driver::Request;

constexpr size_t kHeader = 8;
constexpr unsigned kFreshEvery = 1000;

struct Target {
  Fault fault;
  Engine engine{fault.path(), 4};
  std::vector<uint64_t> sessions;
  unsigned inputs = 0;

  Target() {
    // Raw bytes may stand for a structure full of pointers: what the caller answers for, not what is tested.
    fault.set(&fault_words::shallow, 1);
    engine.start();
  }

  void ready() {
    if (++inputs % kFreshEvery == 0) engine.call(Request(CALL_C_Finalize));
    engine.call(Engine::initialize());
    for (uint64_t& session : sessions) {
      if (!engine.sync(Request(CALL_C_GetSessionInfo).u64(session)).ok()) session = 0;
    }
    while (sessions.size() < 3) sessions.push_back(0);
    for (uint64_t& session : sessions) {
      if (session == 0) session = open(&session == &sessions[2]);
    }
  }

  uint64_t open(bool asynchronous) {
    uint64_t flags = CKF_SERIAL_SESSION | CKF_RW_SESSION | (asynchronous ? CKF_ASYNC_SESSION : 0);
    Answer opened = engine.call(Request(CALL_C_OpenSession).u64(1).u64(flags));
    if (!opened.ok()) return 0;
    uint64_t session = opened.u64();
    engine.call(Request(CALL_C_Login).u64(session).u64(CKU_USER).bytes("1234"));
    return session;
  }

  // The ids of sessions differ from run to run, those in the input are 0, 1, 2.
  void patch(std::vector<uint8_t>& frame) {
    const CallRow* row =
        frame.size() < kHeader + 8 ? nullptr : findCall(static_cast<uint16_t>(frame[0] | frame[1] << 8));
    if (row == nullptr) return;
    if (row->lane == Lane::Session || row->id == CALL_C_CloseSession) {
      uint64_t session = sessions[frame[kHeader] % sessions.size()];
      for (size_t i = 0; i < 8; ++i) frame[kHeader + i] = static_cast<uint8_t>(session >> 8 * i);
    }
    // Nothing happens that it could wait for.
    if (row->lane == Lane::Wait) frame[kHeader] |= CKF_DONT_BLOCK;
  }
};

std::string record(const Request& request, bool synchronous = false) {
  std::string text;
  text.push_back(synchronous ? 1 : 0);
  text.push_back(static_cast<char>(request.data.size()));
  text.push_back(static_cast<char>(request.data.size() >> 8));
  return text.append(request.data.begin(), request.data.end());
}

Request on(uint16_t call) { return Request(call).u64(0); }

// Handles as the module gives them out: the first object made has generation 1, place 1.
constexpr uint64_t kFirst = 1u << 20 | 1;
constexpr uint64_t kSecond = 2u << 20 | 2;

Request secret() {
  return on(CALL_C_CreateObject)
      .attributes(3)
      .ulong(CKA_CLASS, CKO_SECRET_KEY)
      .ulong(CKA_KEY_TYPE, CKK_AES)
      .text(CKA_VALUE, "0123456789abcdef");
}

// A plausible request for a function by its roles, which calls.inc says: every one of the 104 has its seed without a
// list of ours.
struct ByRoles {
  Request request;
  explicit ByRoles(uint16_t call) : request(call) {}

  void add(const role::Session&) { request.u64(0); }
  void add(const role::Ulong&) { request.u64(1); }
  void add(const role::Bool&) { request.u8(1); }
  void add(const role::InBytes&) { request.bytes("some bytes"); }
  void add(const role::Label&) { request.bytes("label"); }
  void add(const role::Text&) { request.bytes("C_Sign"); }
  void add(const role::Template&) { request.attributes(2).ulong(CKA_CLASS, CKO_DATA).text(CKA_LABEL, "label"); }
  void add(const role::Mechanism&) { request.mechanism(CKM_SHA256_HMAC); }
  void add(const role::Parameter&) { request.u8(1).bytes("0123456789ab"); }
  void add(const role::OutBytes&) { request.u32(64); }
  void add(const role::OutFixed&) { request.u32(16); }
  template <typename Other>
  void add(const Other&) {}

  template <typename... Roles>
  static std::string record(uint16_t call) {
    ByRoles by(call);
    (by.add(Roles{}), ...);
    return fuzz::record(by.request);
  }
};

}  // namespace
}  // namespace cryptoki::fuzz

namespace cryptoki::role {

// Here, where the roles' names are those of calls.inc.
static void addByRoles(std::vector<std::string>& all) {
  using fuzz::ByRoles;
#define ROW(name, lane, ...) all.push_back(ByRoles::record<__VA_ARGS__>(CALL_##name));
#define BY_HAND(name, lane)
#define LIFE(name)
#define LOADER(name) all.push_back(fuzz::record(driver::Request(CALL_##name)));
#define RECIPE(name, lane)
#include "../generated/calls.inc"
}

}  // namespace cryptoki::role

namespace cryptoki::fuzz {

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  role::addByRoles(all);
  all.push_back(record(Engine::initialize()));
  all.push_back(record(Request(CALL_C_Finalize)));
  all.push_back(record(Request(CALL_C_OpenSession).u64(1).u64(CKF_SERIAL_SESSION)));
  all.push_back(record(on(CALL_C_CloseSession)));
  all.push_back(record(Request(CALL_C_CloseAllSessions).u64(1)));
  all.push_back(record(Request(CALL_Load)));
  all.push_back(record(Request(CALL_C_WaitForSlotEvent).u64(CKF_DONT_BLOCK)));
  all.push_back(record(on(CALL_C_GetAttributeValue)
                           .u64(kFirst)
                           .u32(3)
                           .u64(CKA_CLASS)
                           .u8(2)
                           .u64(CKA_VALUE)
                           .u8(3)
                           .u64(CKA_WRAP_TEMPLATE)
                           .u8(5)));
  all.push_back(record(on(CALL_C_FindObjects).u32(10)));
  all.push_back(record(on(CALL_C_AsyncComplete).bytes("C_Sign")));
  all.push_back(record(on(CALL_C_AsyncJoin).bytes("C_Sign").u64(1).u32(32)));
  all.push_back(record(on(CALL_Find).attributes(1).ulong(CKA_CLASS, CKO_DATA).u32(100)));
  all.push_back(
      record(on(CALL_ReadAttributes).u32(2).u64(kFirst).u64(kSecond).u32(2).u64(CKA_LABEL).u8(3).u64(CKA_TOKEN).u8(1)));
  all.push_back(record(on(CALL_WrittenBack).u32(CALL_C_EncryptInit)));
  all.push_back(record(on(CALL_DigestOnce).mechanism(CKM_SHA256).bytes("abc").u32(32)));
  all.push_back(record(on(CALL_DigestOnce).mechanism(CKM_SHA256).u32(0xfffffffe).u32(32)));
  for (uint16_t once :
       {CALL_SignOnce, CALL_EncryptOnce, CALL_DecryptOnce, CALL_SignRecoverOnce, CALL_VerifyRecoverOnce}) {
    all.push_back(record(secret()) +
                  record(on(once).mechanism(CKM_AES_ECB).u64(kFirst).pin("1234").bytes("0123456789abcdef").u32(64)));
    all.push_back(record(secret()) +
                  record(on(once).mechanism(CKM_AES_CMAC).u64(kFirst).noPin().bytes("data").u32(0xffffffff)));
  }
  all.push_back(
      record(secret()) +
      record(on(CALL_VerifyOnce).mechanism(CKM_AES_CMAC).u64(kFirst).noPin().bytes("data").bytes("0123456789abcdef")));
  // Parts, with a parameter that the token may write into later.
  Request gcm = on(CALL_C_EncryptInit);
  gcm.structure(CKM_AES_GCM, LAYOUT_CK_GCM_PARAMS)
      .bytes(std::string(12, '\0'))
      .u64(96)
      .bytes("aad")
      .u64(128)
      .u64(kFirst);
  all.push_back(record(secret()) + record(gcm) + record(on(CALL_C_EncryptUpdate).bytes("some text").u32(9)) +
                record(on(CALL_WrittenBack).u32(CALL_C_EncryptInit)) + record(on(CALL_C_EncryptFinal).u32(16)));
  all.push_back(record(on(CALL_C_DigestInit).mechanism(CKM_SHA256)) +
                record(on(CALL_C_DigestUpdate).bytes("abc"), true) + record(on(CALL_C_DigestFinal).u32(32)));
  all.push_back(record(on(CALL_C_FindObjectsInit).attributes(0)) + record(on(CALL_C_FindObjects).u32(5)) +
                record(on(CALL_C_FindObjectsFinal)));
  all.push_back(record(secret(), true) +
                record(Request(CALL_C_SignInit).u64(2).mechanism(CKM_AES_CMAC).u64(kFirst), true) +
                record(Request(CALL_C_Sign).u64(2).bytes("data").u32(16), true) +
                record(Request(CALL_C_AsyncComplete).u64(2).bytes("C_Sign"), true));
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
    request.payloads = {"a payload", std::string(3000, 'p')};
    if ((how & 1) != 0) {
      target.engine.sync(request);
    } else {
      tickets.push_back(target.engine.submit(request));
    }
  }
  for (uint32_t ticket : tickets) target.engine.wait(ticket);
  return 0;
}
