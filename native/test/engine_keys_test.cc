// Making keys through the whole engine: wrapped, derived, encapsulated, inside parameters; and calls that answer later.
#include "engine_support.h"

using namespace cryptoki;
using namespace cryptoki::driver;

TEST(engine_wraps_derives_and_encapsulates) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.openLoggedIn();
  uint64_t wrapping = aesKey(engine, session);
  uint64_t secret = engine.secretKey(session, "the wrapped value");
  std::string wrapped =
      engine.call(Request(CALL_C_WrapKey).u64(session).mechanism(CKM_AES_KEY_WRAP).u64(wrapping).u64(secret).u32(0))
          .bytes();
  Answer unwrapped = engine.call(Request(CALL_C_UnwrapKey)
                                     .u64(session)
                                     .mechanism(CKM_AES_KEY_WRAP)
                                     .u64(wrapping)
                                     .bytes(wrapped)
                                     .attributes(1)
                                     .text(CKA_LABEL, "back"));
  CHECK(unwrapped.ok());
  Answer value =
      engine.call(Request(CALL_C_GetAttributeValue).u64(session).u64(unwrapped.u64()).u32(1).u64(CKA_VALUE).u8(3));
  CHECK(value.rest().find("the wrapped value") != std::string::npos);

  auto authenticated = [](Request& request, const std::string& iv, uint64_t generator) -> Request& {
    return request.structure(CKM_AES_GCM, LAYOUT_CK_GCM_WRAP_PARAMS).bytes(iv).u64(0).u64(generator).bytes("").u64(128);
  };
  Request wrap(CALL_C_WrapKeyAuthenticated);
  Answer sealed = engine.call(authenticated(wrap.u64(session), std::string(12, '\0'), CKG_GENERATE)
                                  .u64(wrapping)
                                  .u64(secret)
                                  .bytes("aad")
                                  .u32(100));
  CHECK(sealed.ok());
  std::string iv = firstBytes(sealed.writtenBack);
  CHECK(iv != std::string(12, '\0'));
  Request unwrap(CALL_C_UnwrapKeyAuthenticated);
  CHECK(
      engine
          .call(
              authenticated(unwrap.u64(session), iv, 0).u64(wrapping).bytes(sealed.bytes()).attributes(0).bytes("aad"))
          .ok());

  Pair kem = keyPair(engine, session, CKM_ML_KEM_KEY_PAIR_GEN);
  Answer encapsulated = engine.call(Request(CALL_C_EncapsulateKey)
                                        .u64(session)
                                        .mechanism(CKM_ML_KEM)
                                        .u64(kem.publicKey)
                                        .attributes(1)
                                        .flag(CKA_SENSITIVE, false)
                                        .u32(0));
  CHECK(encapsulated.ok());
  std::string text = encapsulated.bytes();
  uint64_t shared = encapsulated.u64();
  Answer decapsulated = engine.call(
      Request(CALL_C_DecapsulateKey).u64(session).mechanism(CKM_ML_KEM).u64(kem.privateKey).attributes(0).bytes(text));
  CHECK(decapsulated.ok());
  auto valueOf = [&](uint64_t key) {
    return engine.call(Request(CALL_C_GetAttributeValue).u64(session).u64(key).u32(1).u64(CKA_VALUE).u8(3)).rest();
  };
  CHECK(valueOf(shared) == valueOf(decapsulated.u64()));

  Pair ec = keyPair(engine, session, CKM_EC_KEY_PAIR_GEN);
  uint64_t first = 0;
  for (const char* point : {"their point", "their point"}) {
    Answer derived = engine.call(Request(CALL_C_DeriveKey)
                                     .u64(session)
                                     .structure(CKM_ECDH1_DERIVE, LAYOUT_CK_ECDH1_DERIVE_PARAMS)
                                     .u64(CKD_NULL)
                                     .bytes("")
                                     .bytes(point)
                                     .u64(ec.privateKey)
                                     .attributes(0));
    CHECK(derived.ok());
    uint64_t key = derived.u64();
    if (first != 0) CHECK(valueOf(first) == valueOf(key));
    first = key;
  }
  fault.checkManners();
}

TEST(engine_handles_inside_parameters_come_back) {
  Fault fault;
  fault.set(&fault_words::handle_base, 0x7000000000000000ull);
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.openLoggedIn();
  uint64_t base = engine.secretKey(session, "base");
  CHECK(base > 0x7000000000000000ull);
  Answer derived = engine.call(Request(CALL_C_DeriveKey)
                                   .u64(session)
                                   .structure(CKM_SP800_108_COUNTER_KDF, LAYOUT_CK_SP800_108_KDF_PARAMS)
                                   .u64(CKM_SHA256_HMAC)
                                   .u32(1)
                                   .u64(CK_SP800_108_BYTE_ARRAY)
                                   .u8(1)
                                   .bytes("label")
                                   .u32(2)
                                   .attributes(1)
                                   .text(CKA_LABEL, "second")
                                   .attributes(0)
                                   .u64(base)
                                   .attributes(0));
  CHECK(derived.ok());
  CHECK_EQUAL(derived.writtenBack.size(), 16u);
  if (!derived.ok()) return;
  uint64_t main = derived.u64();
  CHECK(main > 0x7000000000000000ull);
  for (size_t at : {size_t{0}, size_t{8}}) {
    uint64_t handle = 0;
    for (size_t i = 8; at + i <= derived.writtenBack.size() && i-- > 0;)
      handle = handle << 8 | static_cast<uint8_t>(derived.writtenBack[at + i]);
    CHECK(engine.call(Request(CALL_C_GetObjectSize).u64(session).u64(handle)).ok());
  }
  Answer material = engine.call(Request(CALL_C_DeriveKey)
                                    .u64(session)
                                    .structure(CKM_TLS12_KEY_AND_MAC_DERIVE, LAYOUT_CK_TLS12_KEY_MAT_PARAMS)
                                    .u64(0)
                                    .u64(128)
                                    .u64(96)
                                    .u8(0)
                                    .bytes("client random")
                                    .bytes("server random")
                                    .u8(1)
                                    .u64(0)
                                    .u64(0)
                                    .u64(0)
                                    .u64(0)
                                    .bytes(std::string(12, '\0'))
                                    .bytes(std::string(12, '\0'))
                                    .u64(CKM_SHA256)
                                    .u64(base)
                                    .attributes(0));
  CHECK(material.ok());
  CHECK_EQUAL(material.writtenBack.size(), 4u * 8 + 2 * (4 + 12));
  if (material.writtenBack.size() != 64) return;
  CHECK(material.writtenBack.substr(32 + 4, 12) == std::string(12, '\xc1'));
  CHECK(material.writtenBack.substr(32 + 4 + 12 + 4, 12) == std::string(12, '\x5e'));
  fault.checkManners();
}

TEST(engine_answers_that_come_later) {
  Fault fault;
  fault.set(&fault_words::async_rounds, 2);
  Engine engine(fault.path());
  engine.start();
  uint64_t plain = engine.openLoggedIn();
  uint64_t key = engine.secretKey(plain, "secret");
  std::string right = engine.call(Engine::signOnce(plain, key, "data")).bytes();
  constexpr uint64_t kAsync = CKF_SERIAL_SESSION | CKF_RW_SESSION | CKF_ASYNC_SESSION;
  uint64_t session = engine.open(1, kAsync);
  auto complete = [&](uint64_t on, const char* name) {
    return engine.call(Request(CALL_C_AsyncComplete).u64(on).bytes(name));
  };
  CHECK(engine.call(Request(CALL_C_SignInit).u64(session).mechanism(CKM_SHA256_HMAC).u64(key)).ok());
  CHECK_EQUAL(engine.call(Request(CALL_C_Sign).u64(session).bytes("data").u32(32)).rv, CKR_PENDING);
  // Other calls come and go while the token keeps its pointers.
  for (int i = 0; i < 20; ++i) CHECK(engine.call(Request(CALL_C_GetSessionInfo).u64(session)).ok());
  CHECK_EQUAL(complete(session, "C_Sign").rv, CKR_PENDING);
  CHECK_EQUAL(complete(session, "C_Sign").rv, CKR_PENDING);
  Answer done = complete(session, "C_Sign");
  CHECK(done.ok());
  CHECK_EQUAL(done.u64(), 0u);
  CHECK(done.bytes() == right);
  CHECK_EQUAL(engine
                  .call(Request(CALL_C_GenerateKey)
                            .u64(session)
                            .mechanism(CKM_AES_KEY_GEN)
                            .attributes(1)
                            .ulong(CKA_VALUE_LEN, 16))
                  .rv,
              CKR_PENDING);
  while (done.rv == CKR_OK) done = complete(session, "C_GenerateKey");
  while (done.rv == CKR_PENDING) done = complete(session, "C_GenerateKey");
  CHECK(done.ok());
  done.u64();
  done.bytes();
  CHECK(engine.call(Request(CALL_C_GetObjectSize).u64(plain).u64(done.u64())).ok());

  // Joined from another session, with another buffer.
  CHECK(engine.call(Request(CALL_C_SignInit).u64(session).mechanism(CKM_SHA256_HMAC).u64(key)).ok());
  CHECK_EQUAL(engine.call(Request(CALL_C_Sign).u64(session).bytes("data").u32(32)).rv, CKR_PENDING);
  Answer id = engine.call(Request(CALL_C_AsyncGetID).u64(session).bytes("C_Sign"));
  CHECK(id.ok());
  uint64_t joining = engine.open(1, kAsync);
  CHECK(engine.call(Request(CALL_C_AsyncJoin).u64(joining).bytes("C_Sign").u64(id.u64()).u32(100)).ok());
  CHECK(engine.call(Request(CALL_C_CloseSession).u64(session)).ok());
  do done = complete(joining, "C_Sign");
  while (done.rv == CKR_PENDING);
  CHECK(done.ok());
  done.u64();
  CHECK(done.bytes() == right);
  fault.checkManners();
}
