// Structures as tables: what the standard's parameter and info structures look like in memory. docs/boundary.md says how they travel,
// docs/decisions/0004-layouts.md why there is one table and no codec per structure.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../generated/cryptoki.h"

namespace cryptoki {

enum class FieldKind : uint8_t {
  Ulong,
  Byte,
  Fixed,      // extra: its size
  Bytes,      // offset: of the pointer; extra: room, the least size of what the pointer points to
  Struct,     // extra: the layout of the structure that stands there
  Pointer,    // extra: the layout of what the pointer points to
  Array,      // extra: the layout of the elements; lengthOffset: of their count
  Template,   // lengthOffset: of the count
  Mechanism,  // a CK_MECHANISM_PTR
  Handle,     // a CK_OBJECT_HANDLE_PTR for the token to fill; the request carries nothing
  Choice,     // a pointer and its length; the request carries a `parameter`: none, bytes, a ulong or a structure
};

enum FieldFlag : uint8_t {
  FIELD_OUT = 1,              // written back. For Bytes their length too, never beyond what was given
  FIELD_BITS = 2,             // the length field counts bits
  FIELD_LENGTH_POINTER = 4,   // the length field is a CK_ULONG_PTR
  FIELD_SHARED = 8,           // the length field has been set by an earlier field: the lengths must be equal
  FIELD_NUL_TERMINATED = 16,  // the bytes end with a NUL; there is no length field
  FIELD_ROOM_BITS = 32,       // a Ulong that says how many bits the Bytes of implied length have that come later in the request
};

// No length field: the standard implies the length, or a NUL ends it.
//
// Where it is implied the token reads and writes as much as the standard says, whatever the caller gave. `extra` of such Bytes is the room that has to
// be there behind the pointer, zeroed: with less, a caller's mistake would be the token's access beyond the buffer. Where another field says how much
// the token writes (the size of the IVs that TLS key derivation gives back), that field has FIELD_ROOM_BITS.
constexpr uint16_t NO_LENGTH = 0xffff;

struct Field {
  FieldKind kind;
  uint8_t flags;
  uint16_t offset;
  uint16_t lengthOffset;
  uint16_t extra;
};

struct Layout {
  const Field* fields;
  uint16_t count;
  uint16_t size;
};

#include "../generated/layouts.inc"

}  // namespace cryptoki
