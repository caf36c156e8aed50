// Frames, and a job that runs one call against a table of functions made for the test.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "../engine/job.h"
#include "../generated/engine_codes.h"
#include "check.h"

namespace cryptoki::test {

constexpr uint64_t kOurSession = 7001;
constexpr CK_SESSION_HANDLE kTokensSession = 31;

// Builds a request.
class Frame {
 public:
  explicit Frame(uint16_t call) { u16(call).u16(0).u32(0); }
  static Frame onSession(uint16_t call) { return std::move(Frame(call).u64(kOurSession)); }

  Frame& u8(uint8_t v) { return add(v, 1); }
  Frame& u16(uint16_t v) { return add(v, 2); }
  Frame& u32(uint32_t v) { return add(v, 4); }
  Frame& u64(uint64_t v) { return add(v, 8); }
  Frame& bytes(const std::string& v) {
    u32(static_cast<uint32_t>(v.size()));
    data.insert(data.end(), v.begin(), v.end());
    return *this;
  }
  Frame& nullBytes() { return u32(0xffffffff); }
  Frame& payload() { return u32(0xfffffffe); }
  // A mechanism without parameter.
  Frame& mechanism(uint64_t type) { return u64(type).u8(0); }

  std::vector<uint8_t> data;

 private:
  Frame& add(uint64_t v, int size) {
    for (int i = 0; i < size; ++i) data.push_back(static_cast<uint8_t>(v >> (8 * i)));
    return *this;
  }
};

// A reply, taken apart.
struct Reply {
  explicit Reply(const Writer& writer) {
    Reader reader(writer.data(), writer.size(), nothing());
    rv = reader.u64();
    function = reader.u16();
    reader.u16();
    uint32_t length = reader.u32();
    const uint8_t* start = writer.data() + 16;
    writtenBack.assign(start, start + length);
    outputs.assign(start + length, writer.data() + writer.size());
  }
  Reader read() const { return Reader(outputs.data(), outputs.size(), nothing()); }
  Reader readBack() const { return Reader(writtenBack.data(), writtenBack.size(), nothing()); }

  uint64_t rv;
  uint16_t function;
  std::vector<uint8_t> writtenBack;
  std::vector<uint8_t> outputs;

 private:
  static const std::vector<Bytes>& nothing() {
    static const std::vector<Bytes> none;
    return none;
  }
};

inline std::string text(const Bytes& bytes) {
  return std::string(reinterpret_cast<const char*>(bytes.data), bytes.size);
}

// A session and a table of functions for calls to run against. One job for all of them, as in the engine.
struct Stage {
  Stage() {
    session.id = kOurSession;
    session.handle = kTokensSession;
  }

  Reply run(const Frame& frame, const std::vector<std::string>& payloads = {}) {
    job.arena.reset();
    job.frame = job.arena.copy(frame.data.data(), frame.data.size());
    job.frameSize = frame.data.size();
    job.payloads.clear();
    for (const std::string& payload : payloads) {
      job.payloads.push_back(
          {job.arena.copy(reinterpret_cast<const uint8_t*>(payload.data()), payload.size()), payload.size(), false});
    }
    job.call = static_cast<uint16_t>(frame.data[0] | frame.data[1] << 8);
    CallContext context{job, functions, &session};
    runCall(context);
    return Reply(job.reply);
  }

  FunctionTable functions{};
  Session session;
  Job job;
};

}  // namespace cryptoki::test
