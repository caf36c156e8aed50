// Turns what a frame says into the C structures a token reads: attributes, mechanisms, parameters.
#pragma once

#include <cstdint>

#include "arena.h"
#include "wire.h"
#include "write_back.h"

namespace cryptoki {

struct Field;  // layouts.h

// Lists of any kind, in requests and from tokens.
constexpr uint32_t kMostEntries = 1000000;
// Templates, structures and mechanisms inside each other.
constexpr int kMostNesting = 8;

class Decoder {
 public:
  Decoder(Reader& reader, Arena& arena, WriteBack& writeBack) : reader_(reader), arena_(arena), writeBack_(writeBack) {}

  struct Template {
    CK_ATTRIBUTE* attributes;
    CK_ULONG count;
  };
  struct Parameter {
    void* data;
    CK_ULONG size;
  };

  Template attributes();
  CK_MECHANISM* mechanism();  // nullptr where the frame says so
  Parameter parameter();

 private:
  void attribute(CK_ATTRIBUTE& to);
  Parameter parameterOf(uint8_t form, bool outermost);
  void structure(uint16_t layout, uint8_t* to);
  void field(const Field& field, uint8_t* to);
  void bytesField(const Field& field, uint8_t* to);
  CK_ULONG length(size_t size);

  Reader& reader_;
  Arena& arena_;
  WriteBack& writeBack_;
  int nesting_ = 0;
  size_t room_ = 0;  // least size of Bytes whose length is implied: FIELD_ROOM_BITS
};

}  // namespace cryptoki
