// What every call that runs against the function table shares: reading its arguments, keeping memory the token still
// uses, writing its reply.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "../generated/engine_codes.h"
#include "decoder.h"
#include "job.h"

namespace cryptoki {

// A length that a token asks for is believed up to this, and twice the request on top: docs/boundary.md, "Caps".
constexpr size_t kMostOutput = 64u * 1024 * 1024;
// The 8 bytes every request starts with.
constexpr size_t kRequestHeader = 8;

struct Call {
  explicit Call(CallContext& callContext);

  CK_SESSION_HANDLE session() const;  // SESSION_UNKNOWN when the call came without one
  size_t mostOutput() const { return mostOutput_; }

  CallContext& context;
  Arena& arena;
  Reader reader;
  Decoder decoder;
  // The output buffer of variable length, for C_AsyncComplete.
  const uint8_t* output = nullptr;
  size_t capacity = 0;

 private:
  size_t mostOutput_;
};

// The function, or FUNCTION_MISSING with its name.
template <typename Function>
Function present(Function function, const char* name) {
  if (function == nullptr) throw EngineFailure{ENGINE_FUNCTION_MISSING, name};
  return function;
}

// A header whose written-back block is what `writeBack` finds, if there is one.
void writeReply(Writer& reply, CK_RV rv, uint16_t function, const WriteBack* writeBack);

// The reply of a call that did not answer CKR_OK. On CKR_PENDING the job's memory stays with the session.
void writeFailure(Call& call, CK_RV rv, uint16_t function);

// Leaves the memory of the mechanism given to the Init function `init` with the session; the job goes on with another
// arena and without its frame. Nothing may fail once the token has the mechanism: `expectMechanism` comes before the
// call.
void expectMechanism(CallContext& context, uint16_t init);
std::shared_ptr<WriteBack> keepMechanism(CallContext& context, uint16_t init) noexcept;
// Another such operation has taken its place, and is over.
void forgetMechanism(CallContext& context, uint16_t init);

// The same for a call the token is still working on.
void keepPending(Call& call, uint16_t function) noexcept;

}  // namespace cryptoki
