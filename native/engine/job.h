// One call on its way: it owns the request, all memory the token can see, and the reply.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arena.h"
#include "library.h"
#include "sessions.h"
#include "wire.h"
#include "write_back.h"

namespace cryptoki {

class Client;

// The request: a copy of the frame and of its payloads, made in the arena when the job is. After runCall the frame and the payloads may be gone: a call
// whose memory the token goes on using (an Init function, CKR_PENDING) leaves its arena with the session and the job with another one.
struct Job {
  Arena arena;
  const uint8_t* frame = nullptr;
  size_t frameSize = 0;
  std::vector<Bytes> payloads;
  WriteBack writeBack;  // filled while the call decodes its mechanism or parameter
  Writer reply;

  uint32_t ticket = 0;
  uint16_t call = 0;
  uint16_t manners = 0;  // MANNER_ bits
  uint64_t key = 0;  // the first argument: session id or slot, for the lane
};

// What a call may use while it runs. `session` is set for calls on a session's lane.
struct CallContext {
  Job& job;
  const FunctionTable& functions;
  Session* session;
};

enum class Lane : uint8_t {
  Session,  // one call at a time per session; the first argument is the session id
  Slot,     // one at a time per slot; the first argument is the slot
  Module,   // one at a time per library
  Wait,     // C_WaitForSlotEvent: a thread of its own
  Immediate,  // under the executor's lock and without waiting: what crews are told; run by crews.cc
  Life,     // Load, C_Initialize, C_Finalize, C_OpenSession, C_CloseSession, C_CloseAllSessions: run by client.cc, not by the table
};

struct CallRow {
  uint16_t id;
  const char* name;
  Lane lane;
  // Reads the arguments behind the 8 bytes of header from `job.frame`, calls, writes the whole reply (header included) into `job.reply`. Throws
  // EngineFailure or std::bad_alloc; what it throws becomes an engine reply. NULL for Lane::Life.
  void (*run)(CallContext&);
};

// nullptr when there is no such call.
const CallRow* findCall(uint16_t id);

// Replies that the engine itself makes.
void writeEngineReply(Writer& reply, uint32_t code, const std::string& detail);
void writeReply(Writer& reply, CK_RV rv, uint16_t function);  // header, no written-back block, no outputs

// Runs the row of job.call (NO_SUCH_CALL when there is none, or none that runs here), turning everything thrown into an engine reply. Never throws.
void runCall(CallContext& context) noexcept;

}  // namespace cryptoki
