// Reads a list of attributes of one object after another in as few calls as can be:
// docs/decisions/0006-attribute-reads.md.
#pragma once

#include "nested_template.h"
#include "overrun.h"

namespace cryptoki {

class AttributeReader {
 public:
  // Reads from the frame which attributes are wanted.
  AttributeReader(Call& call, CK_SESSION_HANDLE session);
  ~AttributeReader();
  AttributeReader(const AttributeReader&) = delete;
  AttributeReader& operator=(const AttributeReader&) = delete;

  // CKR_OK, CKR_ATTRIBUTE_SENSITIVE or CKR_ATTRIBUTE_TYPE_INVALID when values are there to write, some of them perhaps
  // unavailable; else what the token answered.
  CK_RV read(CK_OBJECT_HANDLE object);
  // The values one after the other, as C_GetAttributeValue replies.
  void write(Writer& reply) const;

  // The same as a row of a table (docs/boundary.md, "Rows"), in the place that is kept for it at `at`; what has no room
  // there goes to the reply's end.
  size_t rowSize() const { return kRowHead + kindsSize() + count_ * sizeof(uint64_t); }
  void writeRow(Writer& reply, size_t at) const;
  static constexpr size_t kRowHead = 16;  // return value, handle

 private:
  enum class State : uint8_t { Filling, Measuring, Here, Gone };
  struct Wanted {
    CK_ATTRIBUTE_TYPE type;
    AttributeForm form;
    State state;
    bool alone;    // the token has stopped before it: asked for in a call of its own
    bool overran;  // the token has said CKR_OK to more than there was room for; a second time it is a lie
    uint8_t* buffer;
    CK_ULONG room;  // what the token is told
    CK_ULONG size;
    // Where the next object starts: in the overrun room, without which its length is asked for first.
    uint8_t* guess;
    CK_ULONG guessRoom;
    // For a value whose length is known, when it does not fit there. Kept from object to object.
    uint8_t* exact;
    CK_ULONG exactCapacity;
  };

  size_t kindsSize() const { return (count_ + size_t{7}) & ~size_t{7}; }
  void makeRoom();
  void restart();
  bool allHere(uint32_t count);
  CK_RV ask(CK_OBJECT_HANDLE object, uint32_t from, uint32_t to);
  CK_RV askUntilSettled(CK_OBJECT_HANDLE object, uint32_t from, uint32_t to);
  void settle(Wanted& wanted, CK_ULONG said, CK_RV rv, bool alone);
  void overran(Wanted& wanted, CK_ULONG said, CK_RV rv);
  void distrust();
  void measured(Wanted& wanted, CK_ULONG size);
  CK_RV readNested(CK_OBJECT_HANDLE object);

  Call& call_;
  CK_SESSION_HANDLE session_;
  uint32_t count_;
  Wanted* wanted_;
  // What the token is given; `indexes_` says which of `wanted_` each stands for.
  CK_ATTRIBUTE* asked_;
  uint32_t* indexes_;
  OverrunRoom* room_;
  const uint8_t* overrunFrom_ = nullptr;  // what lies behind may have been written over, in the call just made
  CK_RV refusal_ = CKR_OK;
  bool complete_ = false;  // the last question brought everything
  std::vector<NestedTemplate> nested_;  // in the order of `wanted_`; empty when no template is among them
};

}  // namespace cryptoki
