// Templates, mechanisms and parameters: what the token sees, and what it writes back.
#include "../engine/layouts.h"
#include "codecs_support.h"

namespace cryptoki::test {
namespace {

// Looks at what a function was given; one test at a time.
void (*look)(CK_MECHANISM_PTR) = nullptr;
CK_MECHANISM_PTR seen = nullptr;

CK_RV CK_CALL encryptInit(CK_SESSION_HANDLE, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  CHECK_EQUAL(key, 5u);
  seen = mechanism;
  if (look != nullptr) look(mechanism);
  return CKR_OK;
}

Reply initWith(Stage& stage, Frame frame, void (*looking)(CK_MECHANISM_PTR)) {
  stage.functions.C_EncryptInit = encryptInit;
  look = looking;
  seen = nullptr;
  return stage.run(frame.u64(5));
}

Frame init() { return Frame::onSession(CALL_C_EncryptInit); }
Frame initStructure(uint16_t layout) { return std::move(init().u64(1).u8(3).u16(layout)); }

TEST(a_template_of_every_kind) {
  Stage stage;
  stage.functions.C_CreateObject = [](CK_SESSION_HANDLE, CK_ATTRIBUTE_PTR attributes, CK_ULONG count,
                                      CK_OBJECT_HANDLE_PTR object) -> CK_RV {
    CHECK_EQUAL(count, 7u);
    CHECK(attributes[0].pValue == nullptr && attributes[0].ulValueLen == 0);
    CHECK(attributes[1].ulValueLen == 1 && *static_cast<CK_BBOOL*>(attributes[1].pValue) == CK_TRUE);
    CHECK(attributes[2].ulValueLen == sizeof(CK_ULONG) &&
          *static_cast<CK_ULONG*>(attributes[2].pValue) == CKO_PRIVATE_KEY);
    CHECK(attributes[3].ulValueLen == 4 && std::memcmp(attributes[3].pValue, "name", 4) == 0);
    CHECK(attributes[4].pValue == nullptr && attributes[4].ulValueLen == 0);
    CHECK(attributes[5].ulValueLen == 2 * sizeof(CK_ULONG) &&
          static_cast<CK_ULONG*>(attributes[5].pValue)[1] == CKM_AES_GCM);
    CHECK_EQUAL(attributes[6].ulValueLen, sizeof(CK_ATTRIBUTE));
    auto* inner = static_cast<CK_ATTRIBUTE*>(attributes[6].pValue);
    CHECK(inner->type == CKA_SENSITIVE && *static_cast<CK_BBOOL*>(inner->pValue) == CK_FALSE);
    *object = 12;
    return CKR_OK;
  };
  Frame frame = Frame::onSession(CALL_C_CreateObject);
  frame.u32(7);
  frame.u64(CKA_ID).u8(0);
  frame.u64(CKA_TOKEN).u8(1).u8(1);
  frame.u64(CKA_CLASS).u8(2).u64(CKO_PRIVATE_KEY);
  frame.u64(CKA_LABEL).u8(3).bytes("name");
  frame.u64(CKA_VALUE).u8(3).bytes("");
  frame.u64(CKA_ALLOWED_MECHANISMS).u8(4).u32(2).u64(CKM_AES_CBC).u64(CKM_AES_GCM);
  frame.u64(CKA_WRAP_TEMPLATE).u8(5).u32(1).u64(CKA_SENSITIVE).u8(1).u8(0);
  Reply reply = stage.run(frame);
  CHECK_EQUAL(reply.rv, CKR_OK);
  CHECK_EQUAL(reply.read().u64(), 12u);
}

TEST(what_a_token_reads_as_pointers_comes_from_templates_only) {
  Stage stage;
  stage.functions.C_FindObjectsInit = [](CK_SESSION_HANDLE, CK_ATTRIBUTE_PTR, CK_ULONG) -> CK_RV { return CKR_OK; };
  const uint64_t vendor = CKA_VENDOR_DEFINED | CKF_ARRAY_ATTRIBUTE | 5;
  const std::string forged(sizeof(CK_ATTRIBUTE), 'A');
  auto answer = [&](Frame frame) { return stage.run(frame).rv; };
  auto one = [](uint64_t type) { return std::move(Frame::onSession(CALL_C_FindObjectsInit).u32(1).u64(type)); };
  for (uint64_t type : {static_cast<uint64_t>(CKA_WRAP_TEMPLATE), vendor}) {
    CHECK_EQUAL(answer(one(type).u8(3).bytes(forged)), static_cast<CK_RV>(ENGINE_NOT_ALLOWED));
    CHECK_EQUAL(answer(one(type).u8(2).u64(1)), static_cast<CK_RV>(ENGINE_NOT_ALLOWED));
    CHECK_EQUAL(answer(one(type).u8(0)), CKR_OK);
    CHECK_EQUAL(answer(one(type).u8(5).u32(0)), CKR_OK);
  }
  CHECK_EQUAL(answer(one(CKA_WRAP_TEMPLATE).u8(4).u32(1).u64(1)), static_cast<CK_RV>(ENGINE_NOT_ALLOWED));
  CHECK_EQUAL(answer(one(vendor).u8(4).u32(1).u64(1)), CKR_OK);
  CHECK_EQUAL(answer(one(CKA_ALLOWED_MECHANISMS).u8(3).bytes(std::string(sizeof(CK_ULONG), '\0'))), CKR_OK);
  // Who knows the vendor says that its number has the flag by chance. Of the standard's numbers nobody can say so.
  CHECK_EQUAL(answer(one(vendor).u8(0x83).bytes(forged)), CKR_OK);
  CHECK_EQUAL(answer(one(vendor).u8(0x82).u64(1)), CKR_OK);
  CHECK_EQUAL(answer(one(vendor).u8(0x81).u8(1)), CKR_OK);
  CHECK_EQUAL(answer(one(vendor).u8(0x86).u8(1)), static_cast<CK_RV>(ENGINE_MALFORMED));
  for (uint64_t type : {CKA_WRAP_TEMPLATE, CKA_ALLOWED_MECHANISMS, CKA_LABEL}) {
    CHECK_EQUAL(answer(one(type).u8(0x83).bytes(forged)), static_cast<CK_RV>(ENGINE_NOT_ALLOWED));
  }
}

TEST(templates_are_nested_eight_deep_at_most) {
  Stage stage;
  stage.functions.C_FindObjectsInit = [](CK_SESSION_HANDLE, CK_ATTRIBUTE_PTR, CK_ULONG) -> CK_RV { return CKR_OK; };
  for (int depth : {8, 9, 10000}) {
    Frame frame = Frame::onSession(CALL_C_FindObjectsInit);
    for (int i = 1; i < depth; ++i) frame.u32(1).u64(CKA_WRAP_TEMPLATE).u8(5);
    frame.u32(0);
    CHECK_EQUAL(stage.run(frame).rv, depth == 8 ? CKR_OK : static_cast<CK_RV>(ENGINE_TOO_LARGE));
  }
}

TEST(an_attribute_count_alone_allocates_nothing) {
  Stage stage;
  stage.functions.C_FindObjectsInit = [](CK_SESSION_HANDLE, CK_ATTRIBUTE_PTR, CK_ULONG) -> CK_RV { return CKR_OK; };
  CHECK_EQUAL(stage.run(Frame::onSession(CALL_C_FindObjectsInit).u32(1000000)).rv, ENGINE_MALFORMED);
  CHECK_EQUAL(stage.run(Frame::onSession(CALL_C_FindObjectsInit).u32(1000001)).rv, ENGINE_TOO_LARGE);
  CHECK_EQUAL(stage.run(Frame::onSession(CALL_C_FindObjectsInit).u32(1).u64(0).u8(6)).rv, ENGINE_MALFORMED);
}

TEST(parameters_none_bytes_ulong_and_no_mechanism) {
  Stage stage;
  Reply none = initWith(stage, init().u64(CKM_RSA_PKCS).u8(0), [](CK_MECHANISM_PTR mechanism) {
    CHECK(mechanism->mechanism == CKM_RSA_PKCS && mechanism->pParameter == nullptr && mechanism->ulParameterLen == 0);
  });
  CHECK_EQUAL(none.writtenBack.size(), 0u);

  Reply bytes =
      initWith(stage, init().u64(CKM_AES_CBC).u8(1).bytes("0123456789abcdef"), [](CK_MECHANISM_PTR mechanism) {
        CHECK_EQUAL(mechanism->ulParameterLen, 16u);
        CHECK_EQUAL(reinterpret_cast<uintptr_t>(mechanism->pParameter) % alignof(std::max_align_t), 0u);
        static_cast<char*>(mechanism->pParameter)[0] = 'X';
      });
  CHECK(text(bytes.readBack().bytes()) == "X123456789abcdef");

  Reply empty = initWith(stage, init().u64(CKM_AES_CBC).u8(1).bytes(""), [](CK_MECHANISM_PTR mechanism) {
    CHECK(mechanism->pParameter == nullptr && mechanism->ulParameterLen == 0);
  });
  CHECK_EQUAL(empty.readBack().bytes().size, 0u);

  initWith(stage, init().u64(CKM_SHA256_HMAC_GENERAL).u8(2).u64(16), [](CK_MECHANISM_PTR mechanism) {
    CHECK_EQUAL(mechanism->ulParameterLen, sizeof(CK_ULONG));
    CHECK_EQUAL(*static_cast<CK_ULONG*>(mechanism->pParameter), 16u);
  });

  initWith(stage, init().u64(0).u8(4), [](CK_MECHANISM_PTR mechanism) { CHECK(mechanism == nullptr); });
  CHECK_EQUAL(initWith(stage, init().u64(0).u8(5), nullptr).rv, ENGINE_MALFORMED);
}

TEST(a_structure_with_bytes_and_what_comes_back) {
  Stage stage;
  Frame frame = initStructure(LAYOUT_CK_GCM_PARAMS).bytes(std::string(12, '\0')).u64(96).bytes("header").u64(128);
  Reply reply = initWith(stage, frame, [](CK_MECHANISM_PTR mechanism) {
    CHECK_EQUAL(mechanism->ulParameterLen, sizeof(CK_GCM_PARAMS));
    auto* gcm = static_cast<CK_GCM_PARAMS*>(mechanism->pParameter);
    CHECK_EQUAL(gcm->ulIvLen, 12u);
    CHECK_EQUAL(gcm->ulIvBits, 96u);
    CHECK(gcm->ulAADLen == 6 && std::memcmp(gcm->pAAD, "header", 6) == 0);
    CHECK_EQUAL(gcm->ulTagBits, 128u);
    std::memset(gcm->pIv, 'i', 12);
    // Where the structure points afterwards is not followed.
    gcm->pIv = reinterpret_cast<CK_BYTE_PTR>(1);
  });
  CHECK_EQUAL(reply.rv, CKR_OK);
  CHECK(text(reply.readBack().bytes()) == std::string(12, 'i'));

  // What the token writes later is there too.
  stage.job.arena.reset();
  Reply later = stage.run(Frame::onSession(CALL_WrittenBack).u32(CALL_C_EncryptInit));
  CHECK_EQUAL(later.rv, CKR_OK);
  CHECK_EQUAL(later.function, CALL_C_EncryptInit);
  CHECK(text(later.readBack().bytes()) == std::string(12, 'i'));
  CHECK_EQUAL(stage.run(Frame::onSession(CALL_WrittenBack).u32(CALL_C_SignInit)).writtenBack.size(), 0u);
  CHECK_EQUAL(stage.run(Frame::onSession(CALL_WrittenBack).u32(104)).rv, ENGINE_MALFORMED);
}

TEST(a_written_length_beyond_what_was_given_is_a_lie) {
  Stage stage;
  Frame frame = initStructure(LAYOUT_CK_GCM_PARAMS).bytes(std::string(12, '\0')).u64(96).bytes("").u64(128);
  Reply reply = initWith(stage, frame, [](CK_MECHANISM_PTR mechanism) {
    static_cast<CK_GCM_PARAMS*>(mechanism->pParameter)->ulIvLen = 13;
  });
  CHECK_EQUAL(reply.rv, ENGINE_LENGTH_LIE);
}

TEST(the_mechanism_of_an_init_lives_until_the_next) {
  Stage stage;
  initWith(stage, init().u64(CKM_AES_CBC).u8(1).bytes("0123456789abcdef"), nullptr);
  CK_MECHANISM_PTR first = seen;
  for (int i = 0; i < 5; ++i) stage.run(Frame::onSession(CALL_WrittenBack).u32(0));
  // Under the address sanitizer this is the test: the memory is still there to be written.
  static_cast<char*>(first->pParameter)[3] = '!';
  CHECK(text(stage.run(Frame::onSession(CALL_WrittenBack).u32(CALL_C_EncryptInit)).readBack().bytes()) ==
        "012!456789abcdef");
  initWith(stage, init().u64(CKM_RSA_PKCS).u8(0), nullptr);
  CHECK_EQUAL(stage.run(Frame::onSession(CALL_WrittenBack).u32(CALL_C_EncryptInit)).writtenBack.size(), 0u);
}

TEST(a_failing_init_keeps_nothing) {
  Stage stage;
  stage.functions.C_EncryptInit = [](CK_SESSION_HANDLE, CK_MECHANISM_PTR, CK_OBJECT_HANDLE) -> CK_RV {
    return CKR_MECHANISM_INVALID;
  };
  Reply reply = stage.run(init().u64(CKM_AES_CBC).u8(1).bytes("0123456789abcdef").u64(5));
  CHECK_EQUAL(reply.rv, CKR_MECHANISM_INVALID);
  CHECK_EQUAL(reply.writtenBack.size(), 0u);
  CHECK_EQUAL(stage.run(Frame::onSession(CALL_WrittenBack).u32(CALL_C_EncryptInit)).writtenBack.size(), 0u);
}

TEST(oaep_without_a_label_is_null) {
  Stage stage;
  initWith(stage,
           initStructure(LAYOUT_CK_RSA_PKCS_OAEP_PARAMS)
               .u64(CKM_SHA256)
               .u64(CKG_MGF1_SHA256)
               .u64(CKZ_DATA_SPECIFIED)
               .bytes(""),
           [](CK_MECHANISM_PTR mechanism) {
             auto* oaep = static_cast<CK_RSA_PKCS_OAEP_PARAMS*>(mechanism->pParameter);
             CHECK(oaep->pSourceData == nullptr && oaep->ulSourceDataLen == 0);
           });
}

TEST(lengths_in_bits_behind_pointers_shared_and_implied) {
  Stage stage;
  initWith(stage, initStructure(LAYOUT_CK_CHACHA20_PARAMS).bytes("1234").bytes(std::string(12, 'n')),
           [](CK_MECHANISM_PTR mechanism) {
             auto* chacha = static_cast<CK_CHACHA20_PARAMS*>(mechanism->pParameter);
             CHECK_EQUAL(chacha->blockCounterBits, 32u);
             CHECK_EQUAL(chacha->ulNonceBits, 96u);
           });

  Frame prf = initStructure(LAYOUT_CK_TLS_PRF_PARAMS).bytes("seed").bytes("label").bytes(std::string(48, '\0'));
  Reply output = initWith(stage, prf, [](CK_MECHANISM_PTR mechanism) {
    auto* tls = static_cast<CK_TLS_PRF_PARAMS*>(mechanism->pParameter);
    CHECK_EQUAL(*tls->pulOutputLen, 48u);
    std::memset(tls->pOutput, 'o', 40);
    *tls->pulOutputLen = 40;
  });
  CHECK(text(output.readBack().bytes()) == std::string(40, 'o'));

  Frame kea = initStructure(LAYOUT_CK_KEA_DERIVE_PARAMS).u8(1).bytes("random-a").bytes("random-b").bytes("public");
  initWith(stage, kea, [](CK_MECHANISM_PTR mechanism) {
    auto* params = static_cast<CK_KEA_DERIVE_PARAMS*>(mechanism->pParameter);
    CHECK_EQUAL(params->ulRandomLen, 8u);
    CHECK(std::memcmp(params->pRandomB, "random-b", 8) == 0);
  });
  kea = initStructure(LAYOUT_CK_KEA_DERIVE_PARAMS).u8(1).bytes("random-a").bytes("random").bytes("public");
  CHECK_EQUAL(initWith(stage, kea, nullptr).rv, ENGINE_MALFORMED);

  // The token writes a tag of 16 bytes, whatever was given; as much as was given comes back.
  Frame salsa = initStructure(LAYOUT_CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS).bytes(std::string(12, 'n')).bytes("t");
  Reply tag = initWith(stage, salsa, [](CK_MECHANISM_PTR mechanism) {
    std::memset(static_cast<CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS*>(mechanism->pParameter)->pTag, 'T', 16);
  });
  CHECK(text(tag.readBack().bytes()) == "T");

  Frame message = initStructure(LAYOUT_CK_GCM_MESSAGE_PARAMS)
                      .bytes(std::string(12, '\0'))
                      .u64(0)
                      .u64(CKG_GENERATE)
                      .bytes(std::string(16, '\0'));
  Reply both = initWith(stage, message, [](CK_MECHANISM_PTR mechanism) {
    auto* gcm = static_cast<CK_GCM_MESSAGE_PARAMS*>(mechanism->pParameter);
    CHECK_EQUAL(gcm->ulTagBits, 128u);
    std::memset(gcm->pIv, 'v', 12);
    std::memset(gcm->pTag, 't', 16);
  });
  Reader back = both.readBack();
  CHECK(text(back.bytes()) == std::string(12, 'v'));
  CHECK(text(back.bytes()) == std::string(16, 't'));
}

TEST(structures_inside_structures) {
  Stage stage;
  Frame frame = initStructure(LAYOUT_CK_TLS12_MASTER_KEY_DERIVE_PARAMS)
                    .bytes("client")
                    .bytes("server")
                    .u8(1)
                    .u8(3)
                    .u8(0)
                    .u64(CKM_SHA256);
  Reply reply = initWith(stage, frame, [](CK_MECHANISM_PTR mechanism) {
    auto* tls = static_cast<CK_TLS12_MASTER_KEY_DERIVE_PARAMS*>(mechanism->pParameter);
    CHECK(tls->RandomInfo.ulServerRandomLen == 6 && std::memcmp(tls->RandomInfo.pServerRandom, "server", 6) == 0);
    CHECK_EQUAL(tls->pVersion->major, 3);
    *tls->pVersion = {3, 3};
    CHECK_EQUAL(tls->prfHashMechanism, CKM_SHA256);
  });
  Reader back = reply.readBack();
  CHECK_EQUAL(back.u8(), 3);
  CHECK_EQUAL(back.u8(), 3);
  back.expectEnd();

  frame = initStructure(LAYOUT_CK_TLS12_MASTER_KEY_DERIVE_PARAMS).bytes("client").bytes("server").u8(0).u64(CKM_SHA256);
  initWith(stage, frame, [](CK_MECHANISM_PTR mechanism) {
    CHECK(static_cast<CK_TLS12_MASTER_KEY_DERIVE_PARAMS*>(mechanism->pParameter)->pVersion == nullptr);
  });
}

TEST(arrays_choices_templates_and_handles) {
  Stage stage;
  Frame frame = initStructure(LAYOUT_CK_SP800_108_KDF_PARAMS).u64(CKM_SHA256_HMAC);
  frame.u32(3);
  frame.u64(CK_SP800_108_ITERATION_VARIABLE).u8(3).u16(LAYOUT_CK_SP800_108_COUNTER_FORMAT).u8(1).u64(32);
  frame.u64(CK_SP800_108_BYTE_ARRAY).u8(1).bytes("label");
  frame.u64(5).u8(2).u64(77);
  frame.u32(2);
  frame.u32(1).u64(CKA_TOKEN).u8(1).u8(1);
  frame.u32(0);
  Reply reply = initWith(stage, frame, [](CK_MECHANISM_PTR mechanism) {
    auto* kdf = static_cast<CK_SP800_108_KDF_PARAMS*>(mechanism->pParameter);
    CHECK_EQUAL(kdf->ulNumberOfDataParams, 3u);
    CHECK_EQUAL(kdf->pDataParams[0].ulValueLen, sizeof(CK_SP800_108_COUNTER_FORMAT));
    CHECK_EQUAL(static_cast<CK_SP800_108_COUNTER_FORMAT*>(kdf->pDataParams[0].pValue)->ulWidthInBits, 32u);
    CHECK(kdf->pDataParams[1].ulValueLen == 5 && std::memcmp(kdf->pDataParams[1].pValue, "label", 5) == 0);
    CHECK_EQUAL(*static_cast<CK_ULONG*>(kdf->pDataParams[2].pValue), 77u);
    CHECK_EQUAL(kdf->ulAdditionalDerivedKeys, 2u);
    CHECK_EQUAL(kdf->pAdditionalDerivedKeys[0].ulAttributeCount, 1u);
    *kdf->pAdditionalDerivedKeys[0].phKey = 100;
    *kdf->pAdditionalDerivedKeys[1].phKey = 101;
  });
  CHECK_EQUAL(reply.rv, CKR_OK);
  Reader back = reply.readBack();
  CHECK_EQUAL(back.u64(), 100u);
  CHECK_EQUAL(back.u64(), 101u);
  back.expectEnd();
}

TEST(a_mechanism_inside_a_mechanism) {
  Stage stage;
  Frame frame =
      initStructure(LAYOUT_CK_KIP_PARAMS).u8(1).u64(CKM_SHA256_HMAC).u8(1).bytes("inner").u64(9).bytes("seed");
  Reply reply = initWith(stage, frame, [](CK_MECHANISM_PTR mechanism) {
    auto* kip = static_cast<CK_KIP_PARAMS*>(mechanism->pParameter);
    CHECK_EQUAL(kip->pMechanism->mechanism, CKM_SHA256_HMAC);
    CHECK_EQUAL(kip->pMechanism->ulParameterLen, 5u);
    CHECK_EQUAL(kip->hKey, 9u);
  });
  // Only the outermost raw parameter comes back.
  CHECK_EQUAL(reply.writtenBack.size(), 0u);

  Frame deep = init().u64(1);
  for (int i = 0; i < 100; ++i) deep.u8(3).u16(LAYOUT_CK_KIP_PARAMS).u8(1).u64(1);
  CHECK_EQUAL(stage.run(deep).rv, ENGINE_TOO_LARGE);
}

TEST(layouts_that_do_not_exist_and_fixed_fields_of_another_size) {
  Stage stage;
  CHECK_EQUAL(initWith(stage, initStructure(LAYOUT_COUNT), nullptr).rv, ENGINE_MALFORMED);
  CHECK_EQUAL(initWith(stage, initStructure(LAYOUT_CK_AES_CTR_PARAMS).u64(128).bytes("short"), nullptr).rv,
              ENGINE_MALFORMED);
}

TEST(message_parameters_come_back_too) {
  Stage stage;
  stage.functions.C_EncryptMessage = [](CK_SESSION_HANDLE, CK_VOID_PTR parameter, CK_ULONG size, CK_BYTE_PTR,
                                        CK_ULONG aadSize, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR to,
                                        CK_ULONG_PTR toSize) -> CK_RV {
    CHECK_EQUAL(size, sizeof(CK_GCM_MESSAGE_PARAMS));
    CHECK_EQUAL(aadSize, 0u);
    std::memset(static_cast<CK_GCM_MESSAGE_PARAMS*>(parameter)->pTag, 't', 16);
    std::memcpy(to, "sealed", 6);
    *toSize = 6;
    return CKR_OK;
  };
  Frame frame = Frame::onSession(CALL_C_EncryptMessage).u8(3).u16(LAYOUT_CK_GCM_MESSAGE_PARAMS);
  frame.bytes("iv").u64(0).u64(0).bytes(std::string(16, '\0')).nullBytes().bytes("open").u32(64);
  Reply reply = stage.run(frame);
  Reader back = reply.readBack();
  CHECK(text(back.bytes()) == "iv");
  CHECK(text(back.bytes()) == std::string(16, 't'));
  CHECK(text(reply.read().bytes()) == "sealed");
}

}  // namespace
}  // namespace cryptoki::test
