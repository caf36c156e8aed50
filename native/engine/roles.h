// The roles that arguments play in a call: how each is read from the frame, what it becomes in C, and what it leaves in
// the reply (docs/boundary.md, "Requests"). A row of the call table is a function and its roles; `arguments` of all
// roles together must be the function's prototype, or the row does not compile.
#pragma once

#include <tuple>

#include "call.h"
#include "layouts.h"

namespace cryptoki {

void writeStructure(Writer& reply, const Layout& layout, const uint8_t* from);

namespace role {

// What a role does unless it says otherwise.
struct Plain {
  // Asked after each call: does the token have to be called again, with what this role has changed? Throws where the
  // token lies.
  bool again(Call&, CK_RV) { return false; }
  void write(Writer&) const {}
};

struct Session : Plain {
  CK_SESSION_HANDLE handle;
  void read(Call& call) {
    call.reader.u64();
    handle = call.session();
  }
  std::tuple<CK_SESSION_HANDLE> arguments() { return {handle}; }
};

struct Ulong : Plain {
  CK_ULONG value;
  void read(Call& call) { value = call.reader.ulong(); }
  std::tuple<CK_ULONG> arguments() { return {value}; }
};

using Slot = Ulong;

struct Bool : Plain {
  CK_BBOOL value;
  void read(Call& call) { value = call.reader.u8() != 0 ? CK_TRUE : CK_FALSE; }
  std::tuple<CK_BBOOL> arguments() { return {value}; }
};

struct InBytes : Plain {
  CK_BYTE_PTR data;
  CK_ULONG size;
  void read(Call& call);
  std::tuple<CK_BYTE_PTR, CK_ULONG> arguments() { return {data, size}; }
};

// 32 characters, blank padded: C_InitToken.
struct Label : Plain {
  CK_UTF8CHAR_PTR data;
  void read(Call& call);
  std::tuple<CK_UTF8CHAR_PTR> arguments() { return {data}; }
};

// NUL-terminated.
struct Text : Plain {
  CK_UTF8CHAR_PTR data;
  void read(Call& call);
  std::tuple<CK_UTF8CHAR_PTR> arguments() { return {data}; }
};

struct Template : Plain {
  Decoder::Template value;
  void read(Call& call) { value = call.decoder.attributes(); }
  std::tuple<CK_ATTRIBUTE_PTR, CK_ULONG> arguments() { return {value.attributes, value.count}; }
};

struct Mechanism : Plain {
  CK_MECHANISM_PTR value;
  void read(Call& call) { value = call.decoder.mechanism(); }
  std::tuple<CK_MECHANISM_PTR> arguments() { return {value}; }
};

struct Parameter : Plain {
  Decoder::Parameter value;
  void read(Call& call) { value = call.decoder.parameter(); }
  std::tuple<CK_VOID_PTR, CK_ULONG> arguments() { return {value.data, value.size}; }
};

// A pointer the standard keeps for later.
struct Reserved : Plain {
  void read(Call&) {}
  std::tuple<CK_VOID_PTR> arguments() { return {nullptr}; }
};

// Bytes of a length that only the token knows: grows as the token asks, at most kMostRounds times.
struct OutBytes {
  CK_BYTE_PTR data = nullptr;
  CK_ULONG size = 0;
  void read(Call& call);
  std::tuple<CK_BYTE_PTR, CK_ULONG_PTR> arguments() { return {data, sizeAt}; }
  bool again(Call& call, CK_RV rv);
  void write(Writer& reply) const { reply.bytes(data, data == nullptr ? 0 : size); }

 private:
  void room(Call& call, CK_ULONG wanted);
  enum class Mode : uint8_t { Filling, Asking, None };
  Mode mode = Mode::Filling;
  uint8_t rounds = 0;
  CK_ULONG capacity = 0;
  CK_ULONG_PTR sizeAt = nullptr;
};

struct OutFixed : Plain {
  CK_BYTE_PTR data;
  CK_ULONG size;
  void read(Call& call);
  std::tuple<CK_BYTE_PTR, CK_ULONG> arguments() { return {data, size}; }
  void write(Writer& reply) const { reply.bytes(data, size); }
};

struct OutUlong : Plain {
  CK_ULONG_PTR value;
  void read(Call& call) { value = call.arena.array<CK_ULONG>(1); }
  std::tuple<CK_ULONG_PTR> arguments() { return {value}; }
  void write(Writer& reply) const { reply.ulong(*value); }
};

// A list whose length is asked for first: it is the question that makes a library look for slots again (C_GetSlotList).
struct OutUlongs {
  CK_ULONG_PTR list = nullptr;
  CK_ULONG_PTR count;
  void read(Call& call) { count = call.arena.array<CK_ULONG>(1); }
  std::tuple<CK_ULONG_PTR, CK_ULONG_PTR> arguments() { return {list, count}; }
  bool again(Call& call, CK_RV rv);
  void write(Writer& reply) const;

 private:
  uint8_t rounds = 0;
  CK_ULONG capacity = 0;
};

// As many as are there, up to a number: C_FindObjects.
struct OutHandles {
  CK_OBJECT_HANDLE_PTR list;
  CK_ULONG most;
  CK_ULONG_PTR count;
  void read(Call& call);
  std::tuple<CK_OBJECT_HANDLE_PTR, CK_ULONG, CK_ULONG_PTR> arguments() { return {list, most, count}; }
  bool again(Call& call, CK_RV rv);
  void write(Writer& reply) const;
};

template <typename T>
struct OutStruct : Plain {
  T* value;
  void read(Call& call) { value = call.arena.array<T>(1); }
  std::tuple<T*> arguments() { return {value}; }
  void write(Writer& reply) const {
    writeStructure(reply, LAYOUTS[LayoutOf<T>::id], reinterpret_cast<const uint8_t*>(value));
  }
};

}  // namespace role

// Init functions whose mechanism some tokens write into later.
constexpr bool keepsItsMechanism(uint16_t function) {
  switch (function) {
    case CALL_C_EncryptInit:
    case CALL_C_DecryptInit:
    case CALL_C_DigestInit:
    case CALL_C_SignInit:
    case CALL_C_SignRecoverInit:
    case CALL_C_VerifyInit:
    case CALL_C_VerifyRecoverInit:
    case CALL_C_MessageEncryptInit:
    case CALL_C_MessageDecryptInit:
    case CALL_C_MessageSignInit:
    case CALL_C_MessageVerifyInit:
    case CALL_C_VerifySignatureInit:
      return true;
    default:
      return false;
  }
}

// One row: reads every role, calls, writes the reply.
template <uint16_t id, typename... Roles>
struct Row {
 private:
  template <typename Function, typename Given>
  struct Fits : std::false_type {};
  template <typename... Parameters>
  struct Fits<CK_RV(CK_CALL*)(Parameters...), std::tuple<Parameters...>> : std::true_type {};

 public:
  template <typename Function>
  static constexpr bool fits = Fits<Function, decltype(std::tuple_cat(std::declval<Roles&>().arguments()...))>::value;

  template <typename Function>
  static void run(CallContext& context, Function function, const char* name) {
    static_assert(fits<Function>, "the roles of this row are not the function's prototype");

    Call call(context);
    std::tuple<Roles...> roles;
    std::apply([&](auto&... each) { (each.read(call), ...); }, roles);
    call.reader.expectEnd();
    present(function, name);
    if constexpr (keepsItsMechanism(id)) expectMechanism(context, id);

    CK_RV rv;
    do {
      rv = std::apply(function, std::apply([](auto&... each) { return std::tuple_cat(each.arguments()...); }, roles));
    } while (std::apply([&](auto&... each) { return (each.again(call, rv) || ...); }, roles));

    if (rv != CKR_OK) return writeFailure(call, rv, id);
    Writer& reply = context.job.reply;
    if constexpr (keepsItsMechanism(id)) {
      std::shared_ptr<WriteBack> kept = keepMechanism(context, id);
      writeReply(reply, rv, id, kept.get());
    } else {
      writeReply(reply, rv, id, &context.job.writeBack);
    }
    std::apply([&](auto&... each) { (each.write(reply), ...); }, roles);
  }
};

}  // namespace cryptoki
