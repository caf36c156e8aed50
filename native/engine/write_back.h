// What the token may write into a mechanism or a parameter, with pointers and capacities of our own: what the
// structure's own pointers and lengths say after the call is not believed.
#pragma once

#include <cstdint>
#include <vector>

#include "wire.h"

namespace cryptoki {

struct WriteBackField {
  enum class Kind : uint8_t { Ulong, Byte, Bytes };
  Kind kind;
  bool bits;           // `length` counts bits
  const void* value;   // where the token writes
  size_t capacity;     // of bytes
  const void* length;  // a CK_ULONG, not aligned where structures are packed; NULL: as many as the capacity
};

struct WriteBack {
  std::vector<WriteBackField> fields;

  // In request order. Throws EngineFailure{LENGTH_LIE} when a length says more than was given.
  void write(Writer& reply) const;
};

CK_ULONG loadUlong(const void* at);

}  // namespace cryptoki
