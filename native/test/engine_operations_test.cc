// Operations through the whole engine: recipes, parts, messages.
#include "engine_support.h"

using namespace cryptoki;
using namespace cryptoki::driver;

namespace {

std::string fromHex(const char* hex) {
  std::string out;
  for (; *hex != 0; hex += 2) out.push_back(static_cast<char>(std::stoi(std::string(hex, 2), nullptr, 16)));
  return out;
}

Request& gcm(Request& request, const std::string& iv, const std::string& aad) {
  return request.structure(CKM_AES_GCM, LAYOUT_CK_GCM_PARAMS).bytes(iv).u64(iv.size() * 8).bytes(aad).u64(128);
}

}  // namespace

TEST(engine_known_answers) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.openLoggedIn();
  Answer digest = engine.call(Request(CALL_DigestOnce).u64(session).mechanism(CKM_SHA256).bytes("abc").u32(0));
  CHECK(digest.bytes() == fromHex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  uint64_t key = engine.secretKey(session, "Jefe");
  std::string right = fromHex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(engine.call(Engine::signOnce(session, key, "what do ya want for nothing?")).bytes() == right);
  Request verify(CALL_VerifyOnce);
  verify.u64(session).mechanism(CKM_SHA256_HMAC).u64(key).noPin().bytes("what do ya want for nothing?");
  CHECK(engine.call(Request(verify).bytes(right)).ok());
  CHECK_EQUAL(engine.call(Request(verify).bytes(std::string(32, 'x'))).rv, CKR_SIGNATURE_INVALID);
  CHECK_EQUAL(engine.call(Request(verify).bytes("short")).rv, CKR_SIGNATURE_LEN_RANGE);
  // From payloads too, and nothing at all.
  CHECK(engine.call(Request(CALL_DigestOnce).u64(session).mechanism(CKM_SHA256).payload("abc").u32(32)).bytes() ==
        fromHex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  CHECK(engine.call(Request(CALL_DigestOnce).u64(session).mechanism(CKM_SHA256).bytes("").u32(32)).bytes() ==
        fromHex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  fault.checkManners();
}

TEST(engine_sign_verify_and_recover_once) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.openLoggedIn();
  Pair rsa = keyPair(engine, session, CKM_RSA_PKCS_KEY_PAIR_GEN);
  for (uint32_t capacity : {0u, 1u, 255u, 256u, 4096u, 0xffffffffu}) {
    Answer signature = engine.call(Request(CALL_SignOnce)
                                       .u64(session)
                                       .mechanism(CKM_SHA256_RSA_PKCS)
                                       .u64(rsa.privateKey)
                                       .noPin()
                                       .bytes("data")
                                       .u32(capacity));
    CHECK(signature.ok());
    std::string value = signature.bytes();
    CHECK_EQUAL(value.size(), 256u);
    CHECK(engine
              .call(Request(CALL_VerifyOnce)
                        .u64(session)
                        .mechanism(CKM_SHA256_RSA_PKCS)
                        .u64(rsa.publicKey)
                        .noPin()
                        .bytes("data")
                        .bytes(value))
              .ok());
  }
  Answer recoverable = engine.call(Request(CALL_SignRecoverOnce)
                                       .u64(session)
                                       .mechanism(CKM_RSA_PKCS)
                                       .u64(rsa.privateKey)
                                       .noPin()
                                       .bytes("message")
                                       .u32(256));
  Answer recovered = engine.call(Request(CALL_VerifyRecoverOnce)
                                     .u64(session)
                                     .mechanism(CKM_RSA_PKCS)
                                     .u64(rsa.publicKey)
                                     .noPin()
                                     .bytes(recoverable.bytes())
                                     .u32(10));
  CHECK(recovered.bytes() == "message");
  // The function that failed is named, and nothing stays active.
  Answer badKey = engine.call(
      Request(CALL_SignOnce).u64(session).mechanism(CKM_SHA256_RSA_PKCS).u64(4711).noPin().bytes("data").u32(256));
  CHECK_EQUAL(badKey.rv, CKR_KEY_HANDLE_INVALID);
  CHECK_EQUAL(badKey.function, CALL_C_SignInit);
  fault.fail(CALL_C_Sign, CKR_DEVICE_ERROR);
  Answer broken = engine.call(Request(CALL_SignOnce)
                                  .u64(session)
                                  .mechanism(CKM_SHA256_RSA_PKCS)
                                  .u64(rsa.privateKey)
                                  .noPin()
                                  .bytes("data")
                                  .u32(256));
  CHECK_EQUAL(broken.rv, CKR_DEVICE_ERROR);
  CHECK_EQUAL(broken.function, CALL_C_Sign);
  fault.checkManners();
}

TEST(engine_context_specific_login) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.openLoggedIn();
  Pair key = keyPair(engine, session, CKM_EC_KEY_PAIR_GEN, true);
  Request sign(CALL_SignOnce);
  sign.u64(session).mechanism(CKM_ECDSA).u64(key.privateKey);
  Answer without = engine.call(Request(sign).noPin().bytes("data").u32(64));
  CHECK_EQUAL(without.rv, CKR_USER_NOT_LOGGED_IN);
  CHECK(engine.call(Request(CALL_C_SessionCancel).u64(session).u64(CKF_SIGN)).ok());
  Answer wrong = engine.call(Request(sign).pin("0000").bytes("data").u32(64));
  CHECK_EQUAL(wrong.rv, CKR_PIN_INCORRECT);
  CHECK_EQUAL(wrong.function, CALL_C_Login);
  // The recipe has ended the operation by itself: C_SignInit works again.
  CHECK_EQUAL(engine.call(Request(sign).pin("1234").bytes("data").u32(64)).bytes().size(), 64u);
  CHECK_EQUAL(fault.get(&fault_words::failed_logins), 1u);
  fault.checkManners();
}

TEST(engine_encrypts_once_and_in_parts) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.openLoggedIn();
  uint64_t key = aesKey(engine, session);
  const std::string iv = "an iv, 16 bytes.";
  std::string plain;
  for (int i = 0; i < 1000; ++i) plain.push_back(static_cast<char>(i * 7));
  for (CK_MECHANISM_TYPE mechanism : {CKM_AES_CBC, CKM_AES_CBC_PAD}) {
    Answer closed = engine.call(
        Request(CALL_EncryptOnce).u64(session).mechanism(mechanism, iv).u64(key).noPin().bytes(plain).u32(0));
    CHECK(closed.ok());
    std::string text = closed.bytes();
    CHECK(text != plain);
    Answer opened = engine.call(
        Request(CALL_DecryptOnce).u64(session).mechanism(mechanism, iv).u64(key).noPin().bytes(text).u32(2000));
    CHECK(opened.bytes() == plain);
    CHECK(engine.call(Request(CALL_C_EncryptInit).u64(session).mechanism(mechanism, iv).u64(key)).ok());
    std::string parts;
    for (size_t at = 0; at < plain.size(); at += 300) {
      Answer part = engine.call(Request(CALL_C_EncryptUpdate).u64(session).bytes(plain.substr(at, 300)).u32(400));
      CHECK(part.ok());
      parts += part.bytes();
    }
    parts += engine.call(Request(CALL_C_EncryptFinal).u64(session).u32(16)).bytes();
    CHECK(parts == text);
    CHECK(engine.call(Request(CALL_C_DecryptInit).u64(session).mechanism(mechanism, iv).u64(key)).ok());
    std::string back = engine.call(Request(CALL_C_DecryptUpdate).u64(session).bytes(text).u32(2000)).bytes();
    back += engine.call(Request(CALL_C_DecryptFinal).u64(session).u32(0)).bytes();
    CHECK(back == plain);
  }
  fault.checkManners();
}

TEST(engine_gcm_iv_comes_back) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.openLoggedIn();
  uint64_t key = aesKey(engine, session);
  const std::string zeros(12, '\0');
  Request encrypt(CALL_EncryptOnce);
  gcm(encrypt.u64(session), zeros, "aad").u64(key).noPin().bytes("plain text").u32(64);
  Answer once = engine.call(encrypt);
  CHECK(once.ok());
  std::string iv = firstBytes(once.writtenBack);
  CHECK_EQUAL(iv.size(), 12u);
  CHECK(iv != zeros);
  std::string text = once.bytes();
  CHECK_EQUAL(text.size(), 10u + 16u);
  Request decrypt(CALL_DecryptOnce);
  gcm(decrypt.u64(session), iv, "aad").u64(key).noPin().bytes(text).u32(64);
  CHECK(engine.call(decrypt).bytes() == "plain text");
  Request wrong(CALL_DecryptOnce);
  gcm(wrong.u64(session), iv, "other").u64(key).noPin().bytes(text).u32(64);
  CHECK_EQUAL(engine.call(wrong).rv, CKR_ENCRYPTED_DATA_INVALID);
  // Written by the first operation, long after the Init: the memory is still there.
  Request init(CALL_C_EncryptInit);
  CHECK(engine.call(gcm(init.u64(session), zeros, "").u64(key)).ok());
  for (int i = 0; i < 20; ++i) CHECK(engine.call(Request(CALL_C_GetSessionInfo).u64(session)).ok());
  Answer part = engine.call(Request(CALL_C_EncryptUpdate).u64(session).bytes("abc").u32(3));
  CHECK(part.ok());
  Answer written = engine.call(Request(CALL_WrittenBack).u64(session).u32(CALL_C_EncryptInit));
  CHECK_EQUAL(written.rv, CKR_OK);
  std::string later = firstBytes(written.writtenBack);
  CHECK_EQUAL(later.size(), 12u);
  CHECK(later != zeros && later != iv);
  CHECK(engine.call(Request(CALL_C_EncryptFinal).u64(session).u32(16)).ok());
  CHECK(engine.call(Request(CALL_C_CloseSession).u64(session)).ok());
  fault.checkManners();
}

TEST(engine_messages) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.openLoggedIn();
  uint64_t key = aesKey(engine, session);
  CHECK(engine.call(Request(CALL_C_MessageEncryptInit).u64(session).mechanism(CKM_AES_GCM).u64(key)).ok());
  CHECK(engine.call(Request(CALL_C_MessageDecryptInit).u64(session).mechanism(CKM_AES_GCM).u64(key)).ok());
  auto parameter = [](Request& request, const std::string& iv, uint64_t generator, const std::string& tag) -> Request& {
    return request.u8(3).u16(LAYOUT_CK_GCM_MESSAGE_PARAMS).bytes(iv).u64(0).u64(generator).bytes(tag);
  };
  for (int i = 0; i < 3; ++i) {
    Request close(CALL_C_EncryptMessage);
    Answer closed =
        engine.call(parameter(close.u64(session), std::string(12, '\0'), CKG_GENERATE, std::string(16, '\0'))
                        .bytes("aad")
                        .bytes("text")
                        .u32(4));
    CHECK(closed.ok());
    CHECK_EQUAL(closed.writtenBack.size(), 4u + 12 + 4 + 16);
    std::string iv = closed.writtenBack.substr(4, 12);
    std::string tag = closed.writtenBack.substr(4 + 12 + 4);
    std::string text = closed.bytes();
    Request open(CALL_C_DecryptMessage);
    CHECK(engine.call(parameter(open.u64(session), iv, 0, tag).bytes("aad").bytes(text).u32(4)).bytes() == "text");
    tag[0] = static_cast<char>(tag[0] ^ 1);
    Request tampered(CALL_C_DecryptMessage);
    CHECK_EQUAL(engine.call(parameter(tampered.u64(session), iv, 0, tag).bytes("aad").bytes(text).u32(4)).rv,
                CKR_AEAD_DECRYPT_FAILED);
  }
  Request begin(CALL_C_EncryptMessageBegin);
  CHECK(engine.call(parameter(begin.u64(session), "iv of twelve", 0, std::string(16, '\0')).bytes("")).ok());
  Request next(CALL_C_EncryptMessageNext);
  CHECK_EQUAL(
      engine.call(parameter(next.u64(session), "iv of twelve", 0, std::string(16, '\0')).bytes("part").u32(4).u64(0))
          .bytes()
          .size(),
      4u);
  Request last(CALL_C_EncryptMessageNext);
  Answer end = engine.call(parameter(last.u64(session), "iv of twelve", 0, std::string(16, '\0'))
                               .bytes("end")
                               .u32(3)
                               .u64(CKF_END_OF_MESSAGE));
  CHECK(end.writtenBack.substr(4 + 12 + 4) != std::string(16, '\0'));
  CHECK(engine.call(Request(CALL_C_MessageEncryptFinal).u64(session)).ok());
  CHECK(engine.call(Request(CALL_C_MessageDecryptFinal).u64(session)).ok());

  uint64_t secret = engine.secretKey(session, "secret");
  CHECK(engine.call(Request(CALL_C_MessageSignInit).u64(session).mechanism(CKM_SHA256_HMAC).u64(secret)).ok());
  CHECK(engine.call(Request(CALL_C_MessageVerifyInit).u64(session).mechanism(CKM_SHA256_HMAC).u64(secret)).ok());
  std::string whole = engine.call(Request(CALL_C_SignMessage).u64(session).u8(0).bytes("message").u32(32)).bytes();
  CHECK_EQUAL(whole.size(), 32u);
  CHECK(engine.call(Request(CALL_C_VerifyMessage).u64(session).u8(0).bytes("message").bytes(whole)).ok());
  CHECK_EQUAL(engine.call(Request(CALL_C_VerifyMessage).u64(session).u8(0).bytes("massage").bytes(whole)).rv,
              CKR_SIGNATURE_INVALID);
  CHECK(engine.call(Request(CALL_C_SignMessageBegin).u64(session).u8(0)).ok());
  CHECK(engine.call(Request(CALL_C_SignMessageNext).u64(session).u8(0).bytes("mess").u32(0xfffffffe)).ok());
  CHECK(engine.call(Request(CALL_C_SignMessageNext).u64(session).u8(0).bytes("age").u32(32)).bytes() == whole);
  CHECK(engine.call(Request(CALL_C_VerifyMessageBegin).u64(session).u8(0)).ok());
  CHECK(engine.call(Request(CALL_C_VerifyMessageNext).u64(session).u8(0).bytes("mess").null()).ok());
  CHECK(engine.call(Request(CALL_C_VerifyMessageNext).u64(session).u8(0).bytes("age").bytes(whole)).ok());
  CHECK(engine.call(Request(CALL_C_MessageSignFinal).u64(session)).ok());
  CHECK(engine.call(Request(CALL_C_MessageVerifyFinal).u64(session)).ok());
  fault.checkManners();
}

TEST(engine_signature_first_and_dual_functions) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t session = engine.openLoggedIn();
  uint64_t secret = engine.secretKey(session, "secret");
  uint64_t key = aesKey(engine, session);
  std::string signature = engine.call(Engine::signOnce(session, secret, "one two")).bytes();
  CHECK(
      engine
          .call(
              Request(CALL_C_VerifySignatureInit).u64(session).mechanism(CKM_SHA256_HMAC).u64(secret).bytes(signature))
          .ok());
  CHECK(engine.call(Request(CALL_C_VerifySignature).u64(session).bytes("one two")).ok());
  CHECK(
      engine
          .call(
              Request(CALL_C_VerifySignatureInit).u64(session).mechanism(CKM_SHA256_HMAC).u64(secret).bytes(signature))
          .ok());
  CHECK(engine.call(Request(CALL_C_VerifySignatureUpdate).u64(session).bytes("one ")).ok());
  CHECK(engine.call(Request(CALL_C_VerifySignatureUpdate).u64(session).bytes("three")).ok());
  CHECK_EQUAL(engine.call(Request(CALL_C_VerifySignatureFinal).u64(session)).rv, CKR_SIGNATURE_INVALID);

  const std::string iv(16, 'i');
  auto begin = [&](uint16_t one, uint16_t other, uint64_t otherKey) {
    CHECK(engine.call(Request(one).u64(session).mechanism(CKM_AES_CBC, iv).u64(key)).ok());
    Request second(other);
    second.u64(session).mechanism(other == CALL_C_DigestInit ? CKM_SHA256 : CKM_SHA256_HMAC);
    if (otherKey != 0) second.u64(otherKey);
    CHECK(engine.call(second).ok());
  };
  begin(CALL_C_EncryptInit, CALL_C_DigestInit, 0);
  std::string text = engine.call(Request(CALL_C_DigestEncryptUpdate).u64(session).bytes("one two").u32(7)).bytes();
  CHECK(engine.call(Request(CALL_C_EncryptFinal).u64(session).u32(0)).ok());
  std::string digest = engine.call(Request(CALL_C_DigestFinal).u64(session).u32(32)).bytes();
  begin(CALL_C_DecryptInit, CALL_C_DigestInit, 0);
  CHECK(engine.call(Request(CALL_C_DecryptDigestUpdate).u64(session).bytes(text).u32(7)).bytes() == "one two");
  CHECK(engine.call(Request(CALL_C_DecryptFinal).u64(session).u32(0)).ok());
  CHECK(engine.call(Request(CALL_C_DigestFinal).u64(session).u32(32)).bytes() == digest);
  begin(CALL_C_EncryptInit, CALL_C_SignInit, secret);
  CHECK(engine.call(Request(CALL_C_SignEncryptUpdate).u64(session).bytes("one two").u32(7)).bytes() == text);
  CHECK(engine.call(Request(CALL_C_EncryptFinal).u64(session).u32(0)).ok());
  CHECK(engine.call(Request(CALL_C_SignFinal).u64(session).u32(32)).bytes() == signature);
  begin(CALL_C_DecryptInit, CALL_C_VerifyInit, secret);
  CHECK(engine.call(Request(CALL_C_DecryptVerifyUpdate).u64(session).bytes(text).u32(7)).bytes() == "one two");
  CHECK(engine.call(Request(CALL_C_DecryptFinal).u64(session).u32(0)).ok());
  CHECK(engine.call(Request(CALL_C_VerifyFinal).u64(session).bytes(signature)).ok());
  fault.checkManners();
}

TEST(engine_operation_state_travels) {
  Fault fault;
  Engine engine(fault.path());
  engine.start();
  uint64_t from = engine.open();
  uint64_t to = engine.open();
  CHECK(engine.call(Request(CALL_C_DigestInit).u64(from).mechanism(CKM_SHA256)).ok());
  CHECK(engine.call(Request(CALL_C_DigestUpdate).u64(from).bytes("a")).ok());
  std::string state = engine.call(Request(CALL_C_GetOperationState).u64(from).u32(0)).bytes();
  CHECK(!state.empty());
  CHECK(engine.call(Request(CALL_C_SetOperationState).u64(to).bytes(state).u64(0).u64(0)).ok());
  CHECK(engine.call(Request(CALL_C_DigestUpdate).u64(to).bytes("bc")).ok());
  CHECK(engine.call(Request(CALL_C_DigestFinal).u64(to).u32(32)).bytes() ==
        fromHex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  CHECK_EQUAL(engine.call(Request(CALL_C_GetFunctionStatus).u64(to)).rv, CKR_FUNCTION_NOT_PARALLEL);
  CHECK_EQUAL(engine.call(Request(CALL_C_CancelFunction).u64(to)).rv, CKR_FUNCTION_NOT_PARALLEL);
  fault.checkManners();
}
