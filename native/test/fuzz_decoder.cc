// The decoder alone: templates, mechanisms and parameters of any bytes. Then a token that uses all it was given to the
// last byte, and lies about lengths.
#include <cstring>

#include "../engine/decoder.h"
#include "../engine/layouts.h"
#include "../generated/engine_codes.h"
#include "driver.h"
#include "fuzz.h"

namespace cryptoki::fuzz {

const unsigned kIterations = 150000;

namespace {

using driver::Request;

// Reads every byte that a template says is there.
uint8_t touch(const CK_ATTRIBUTE* attributes, CK_ULONG count) {
  uint8_t sum = 0;
  for (CK_ULONG i = 0; i < count; ++i) {
    const auto* value = static_cast<const uint8_t*>(attributes[i].pValue);
    if (value == nullptr && attributes[i].ulValueLen != 0) __builtin_trap();
    for (CK_ULONG j = 0; j < attributes[i].ulValueLen; ++j) sum = static_cast<uint8_t>(sum + value[j]);
  }
  return sum;
}

uint8_t touch(const void* data, size_t size) {
  const CK_ATTRIBUTE one{0, const_cast<void*>(data), static_cast<CK_ULONG>(size)};
  return touch(&one, 1);
}

// The token writes as much as it was told that there is room for, then says whatever the dice say.
void tokenWrites(const WriteBack& writeBack, Dice& dice) {
  for (const WriteBackField& field : writeBack.fields) {
    size_t size = field.kind == WriteBackField::Kind::Ulong  ? sizeof(CK_ULONG)
                  : field.kind == WriteBackField::Kind::Byte ? 1
                                                             : field.capacity;
    if (size != 0) std::memset(const_cast<void*>(field.value), 0xa5, size);
    if (field.length == nullptr || dice.u8() % 2 == 0) continue;
    auto said = static_cast<CK_ULONG>(dice.u64() >> dice.u8() % 64);
    std::memcpy(const_cast<void*>(field.length), &said, sizeof(said));
  }
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  // Every layout, with nothing in it and with a byte of everything.
  for (uint16_t layout = 0; layout < sizeof(LAYOUTS) / sizeof(*LAYOUTS); ++layout) {
    for (uint8_t fill : {0, 1}) {
      std::string text{2, 3, static_cast<char>(layout), static_cast<char>(layout >> 8)};
      for (int i = 0; i < 200; ++i) text.push_back(static_cast<char>(i % 4 == 0 ? fill : 0));
      all.push_back(text);
    }
  }
  auto add = [&](char what, const Request& request) {
    all.push_back(std::string(1, what).append(request.data.begin() + 8, request.data.end()));
  };
  add(0, Request(0).attributes(4).flag(CKA_TOKEN, true).ulong(CKA_CLASS, 3).text(CKA_LABEL, "label").empty(CKA_ID));
  add(0, Request(0)
             .attributes(1)
             .u64(CKA_WRAP_TEMPLATE)
             .u8(5)
             .attributes(1)
             .u64(CKA_ALLOWED_MECHANISMS)
             .u8(4)
             .u32(2)
             .u64(1)
             .u64(2));
  add(1, Request(0).mechanism(CKM_AES_CBC, "0123456789abcdef"));
  add(1, Request(0).structure(CKM_AES_GCM, LAYOUT_CK_GCM_PARAMS).bytes("0123456789ab").u64(96).bytes("aad").u64(128));
  add(1, Request(0).u64(CKM_RSA_PKCS).u8(4));
  add(1, Request(0).u64(CKM_SHA256_HMAC_GENERAL).u8(2).u64(16));
  add(2, Request(0)
             .u8(3)
             .u16(LAYOUT_CK_GCM_MESSAGE_PARAMS)
             .bytes("0123456789ab")
             .u64(0)
             .u64(1)
             .bytes(std::string(16, '\0')));
  add(2, Request(0)
             .u8(3)
             .u16(LAYOUT_CK_SP800_108_KDF_PARAMS)
             .u64(1)
             .u32(1)
             .u64(4)
             .u8(1)
             .bytes("label")
             .u32(1)
             .attributes(1)
             .flag(CKA_TOKEN, false));
  return all;
}

}  // namespace cryptoki::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cryptoki;
  if (size < 1) return 0;
  static const std::string payload(100, 'p');
  const std::vector<Bytes> payloads{{reinterpret_cast<const uint8_t*>(payload.data()), payload.size(), false}};
  fuzz::Dice dice(data, size);
  Arena arena;
  WriteBack writeBack;
  Writer reply;
  volatile uint8_t sink = 0;
  try {
    Reader reader(data + 1, size - 1, payloads);
    Decoder decoder(reader, arena, writeBack);
    switch (data[0] % 3) {
      case 0: {
        Decoder::Template decoded = decoder.attributes();
        sink = fuzz::touch(decoded.attributes, decoded.count);
        break;
      }
      case 1: {
        CK_MECHANISM* mechanism = decoder.mechanism();
        if (mechanism != nullptr) sink = fuzz::touch(mechanism->pParameter, mechanism->ulParameterLen);
        break;
      }
      default: {
        Decoder::Parameter parameter = decoder.parameter();
        sink = fuzz::touch(parameter.data, parameter.size);
      }
    }
    fuzz::tokenWrites(writeBack, dice);
    writeBack.write(reply);
  } catch (const EngineFailure& failure) {
    if (failure.code == 0 || failure.code > ENGINE_NOT_ALLOWED) __builtin_trap();
  }
  (void)sink;
  return 0;
}
