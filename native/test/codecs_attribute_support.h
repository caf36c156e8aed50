// Requests for attributes, and what came back as text.
#pragma once

#include <initializer_list>

#include "codecs_support.h"

namespace cryptoki::test {

// A value as a token keeps it.
inline std::string number(CK_ULONG value) { return std::string(reinterpret_cast<char*>(&value), sizeof(value)); }

struct Asked {
  CK_ATTRIBUTE_TYPE type;
  uint8_t kind;
};

inline Frame wanted(Frame frame, std::initializer_list<Asked> list) {
  frame.u32(static_cast<uint32_t>(list.size()));
  for (const Asked& each : list) frame.u64(each.type).u8(each.kind);
  return frame;
}

inline Frame get(std::initializer_list<Asked> list) {
  return wanted(Frame::onSession(CALL_C_GetAttributeValue).u64(1), list);
}

// The values of a reply as text: "class=2:1 label=certificate value=-".
inline std::string told(Reader& reader) {
  std::string out;
  uint32_t count = reader.u32();
  for (uint32_t i = 0; i < count; ++i) {
    out += (i == 0 ? "" : " ") + std::to_string(reader.u64()) + "=";
    switch (reader.u8()) {
      case 0:
        out += "-";
        break;
      case 1:
        out += reader.u8() != 0 ? "true" : "false";
        break;
      case 2:
        out += "#" + std::to_string(reader.u64());
        break;
      case 3: {
        std::string value = text(reader.bytes());
        out += value.size() > 100 ? std::to_string(value.size()) + value[0] : "'" + value + "'";
        break;
      }
      case 4: {
        out += "[";
        for (uint32_t n = reader.u32(); n > 0; --n) out += std::to_string(reader.u64()) + (n > 1 ? "," : "");
        out += "]";
        break;
      }
      case 5:
        out += "{" + told(reader) + "}";
        break;
      default:
        out += "?";
    }
  }
  return out;
}

inline std::string toldBy(const Reply& reply) {
  Reader reader = reply.read();
  std::string out = told(reader);
  reader.expectEnd();
  return out;
}

}  // namespace cryptoki::test
