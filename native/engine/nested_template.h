// The value of an attribute that is a template itself: CKA_WRAP_TEMPLATE and its kin. Read level by level, for a token
// fills in the lengths of a level only once it has been given the room for its CK_ATTRIBUTEs.
#pragma once

#include <memory>
#include <vector>

#include "attribute_value.h"
#include "call.h"

namespace cryptoki {

class NestedTemplate {
 public:
  // Asks for the attribute `type` of `object`, whose value the token says is of `size`. Answers CKR_OK, or what else
  // the token answered; gone() when the token has thought better of it.
  CK_RV read(Call& call, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, CK_ULONG size);

  bool gone() const { return root_ == nullptr; }
  void write(Writer& reply) const;
  void writeInner(Writer& reply) const;  // without its form

 private:
  struct Level;
  struct Entry {
    CK_ATTRIBUTE_TYPE type;
    AttributeForm form;
    bool gone;
    uint8_t* buffer;
    CK_ULONG room;
    CK_ULONG size;
    std::unique_ptr<Level> inner;
  };
  // Pointers and room are ours; what the token writes into `attributes` is only read after it has been checked against
  // them.
  struct Level {
    CK_ATTRIBUTE* attributes;
    CK_ULONG room;
    bool known;
    std::vector<Entry> entries;
  };

  std::unique_ptr<Level> level(Call& call, CK_ULONG size);
  void prepare(Level& level);
  bool learn(Call& call, Level& level, CK_ULONG size, int depth);
  bool discover(Call& call, Level& level, CK_ULONG count, int depth);
  uint8_t* take(Call& call, CK_ULONG size);
  static void writeInner(Writer& reply, const Level& level);
  static void writeLevel(Writer& reply, const Level& level);

  std::unique_ptr<Level> root_;
  size_t budget_ = kMostOutput;
};

}  // namespace cryptoki
