// The call table: a row per function of the standard and per recipe.
#include <array>

#include "by_hand.h"
#include "roles.h"

namespace cryptoki {

// In the namespace of the roles, whose names the rows are written in.
namespace role {

#define ROW(name, lane, ...)                                                    \
  static void run_##name(CallContext& context) {                                \
    Row<CALL_##name, __VA_ARGS__>::run(context, context.functions.name, #name); \
  }
#include "../generated/calls.inc"

static constexpr CallRow kRows[] = {
#define ROW(name, lane, ...) {CALL_##name, #name, lane, run_##name},
#define BY_HAND(name, lane) {CALL_##name, #name, lane, byHand::name},
#define LIFE(name) {CALL_##name, #name, Lane::Life, nullptr},
#define RECIPE(name, lane) {CALL_##name, #name, lane, byHand::name},
#include "../generated/calls.inc"
};

}  // namespace role

namespace {

constexpr size_t kMostId = CALL_FindAndRead;

constexpr std::array<const CallRow*, kMostId + 1> indexed() {
  std::array<const CallRow*, kMostId + 1> rows{};
  for (const CallRow& row : role::kRows) rows[row.id] = &row;
  return rows;
}

constexpr std::array<const CallRow*, kMostId + 1> kById = indexed();

void run(CallContext& context) {
  const CallRow* row = findCall(context.job.call);
  if (row == nullptr || row->run == nullptr) throw EngineFailure{ENGINE_NO_SUCH_CALL, {}};
  row->run(context);
}

}  // namespace

const CallRow* findCall(uint16_t id) { return id > kMostId ? nullptr : kById[id]; }

void runCall(CallContext& context) noexcept {
  Writer& reply = context.job.reply;
  try {
    run(context);
  } catch (const EngineFailure& failure) {
    // A name or nothing: it fits into what every Writer has.
    writeEngineReply(reply, failure.code, failure.detail);
  } catch (const std::bad_alloc&) {
    writeEngineReply(reply, ENGINE_MEMORY, {});
  }
}

}  // namespace cryptoki
