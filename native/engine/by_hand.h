// Calls that the table cannot describe by roles: the functions with a codec of their own, and the recipes
// (docs/boundary.md, "What does not follow from roles").
#pragma once

#include "job.h"

namespace cryptoki {

class AttributeReader;
struct Call;

namespace byHand {

void C_GetAttributeValue(CallContext& context);
void C_FindObjects(CallContext& context);
void C_WaitForSlotEvent(CallContext& context);
void C_AsyncComplete(CallContext& context);
void C_AsyncJoin(CallContext& context);

// Loading is the client's, like all of Lane::Life.
constexpr void (*Load)(CallContext&) = nullptr;
constexpr void (*Reinitialize)(CallContext&) = nullptr;
// Crews are the client's, too.
constexpr void (*CrewOpen)(CallContext&) = nullptr;
constexpr void (*CrewJoin)(CallContext&) = nullptr;
constexpr void (*CrewLeave)(CallContext&) = nullptr;
constexpr void (*CrewTake)(CallContext&) = nullptr;
constexpr void (*CrewFlush)(CallContext&) = nullptr;
constexpr void (*CrewEnd)(CallContext&) = nullptr;
constexpr void (*CrewStuck)(CallContext&) = nullptr;
constexpr void (*WriteOff)(CallContext&) = nullptr;
constexpr void (*CrewReserve)(CallContext&) = nullptr;
constexpr void (*Batch)(CallContext&) = nullptr;
void SignOnce(CallContext& context);
void VerifyOnce(CallContext& context);
void EncryptOnce(CallContext& context);
void DecryptOnce(CallContext& context);
void DigestOnce(CallContext& context);
void SignRecoverOnce(CallContext& context);
void VerifyRecoverOnce(CallContext& context);
void Find(CallContext& context);
void ReadAttributes(CallContext& context);
void FindAndRead(CallContext& context);
void WrittenBack(CallContext& context);

// The attributes of so many objects as the rows of a table. CKR_OK, or what no other object would have fared better with.
CK_RV readRows(Call& call, AttributeReader& attributes, const CK_OBJECT_HANDLE* objects, uint32_t count);

}  // namespace byHand
}  // namespace cryptoki
