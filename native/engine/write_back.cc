#include "write_back.h"

#include <cstring>

#include "../generated/engine_codes.h"

namespace cryptoki {

CK_ULONG loadUlong(const void* at) {
  CK_ULONG value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

void WriteBack::write(Writer& reply) const {
  for (const WriteBackField& field : fields) {
    switch (field.kind) {
      case WriteBackField::Kind::Ulong:
        reply.ulong(loadUlong(field.value));
        break;
      case WriteBackField::Kind::Byte:
        reply.u8(*static_cast<const uint8_t*>(field.value));
        break;
      case WriteBackField::Kind::Bytes: {
        size_t size = field.capacity;
        if (field.length != nullptr) {
          CK_ULONG said = loadUlong(field.length);
          size = field.bits ? said / 8 + (said % 8 != 0) : said;
          if (size > field.capacity) throw EngineFailure{ENGINE_LENGTH_LIE, {}};
        }
        reply.bytes(field.value, size);
        break;
      }
    }
  }
}

}  // namespace cryptoki
