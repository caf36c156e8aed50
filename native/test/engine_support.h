// Keys and written-back blocks for the engine tests of operations.
#pragma once

#include "../engine/layouts.h"
#include "driver.h"

namespace cryptoki::driver {

struct Pair {
  uint64_t publicKey, privateKey;
};

inline Pair keyPair(Engine& engine, uint64_t session, CK_MECHANISM_TYPE mechanism, bool alwaysAuthenticate = false) {
  Request request(CALL_C_GenerateKeyPair);
  request.u64(session)
      .mechanism(mechanism)
      .attributes(1)
      .text(CKA_LABEL, "public")
      .attributes(alwaysAuthenticate ? 3 : 2)
      .flag(CKA_DERIVE, true)
      .text(CKA_ID, "1");
  if (alwaysAuthenticate) request.flag(CKA_ALWAYS_AUTHENTICATE, true);
  Answer answer = engine.call(request);
  CHECK(answer.ok());
  if (!answer.ok()) return {0, 0};
  uint64_t publicKey = answer.u64();
  return {publicKey, answer.u64()};
}

inline uint64_t aesKey(Engine& engine, uint64_t session) {
  Answer answer = engine.call(Request(CALL_C_GenerateKey)
                                  .u64(session)
                                  .mechanism(CKM_AES_KEY_GEN)
                                  .attributes(2)
                                  .ulong(CKA_VALUE_LEN, 32)
                                  .flag(CKA_EXTRACTABLE, true));
  CHECK(answer.ok());
  return answer.ok() ? answer.u64() : 0;
}

// The one record of bytes in a written-back block that starts with it.
inline std::string firstBytes(const std::string& block) {
  if (block.size() < 4) return {};
  size_t size = static_cast<uint8_t>(block[0]) | static_cast<size_t>(static_cast<uint8_t>(block[1])) << 8;
  return block.substr(4, size);
}

}  // namespace cryptoki::driver
