// Generated from spec/ by scripts/generate.mjs. Not to be edited by hand.
#pragma once

#include <cstdint>

namespace cryptoki {

constexpr char SPEC_HASH[] = "1456775acb6eb841877b60960075d7a7";

// What stands in the place of a CK_RV in a reply that the engine itself makes.
constexpr uint32_t ENGINE_MALFORMED = 1;
constexpr uint32_t ENGINE_NO_SUCH_CALL = 2;
constexpr uint32_t ENGINE_FUNCTION_MISSING = 3;
constexpr uint32_t ENGINE_SESSION_UNKNOWN = 4;
constexpr uint32_t ENGINE_BUSY = 5;
constexpr uint32_t ENGINE_CLOSED = 6;
constexpr uint32_t ENGINE_CANCELLED = 7;
constexpr uint32_t ENGINE_MEMORY = 8;
constexpr uint32_t ENGINE_TOO_LARGE = 9;
constexpr uint32_t ENGINE_LENGTH_LIE = 10;
constexpr uint32_t ENGINE_ULONG_RANGE = 11;
constexpr uint32_t ENGINE_LOAD_FAILED = 12;
constexpr uint32_t ENGINE_NO_ENTRY_POINT = 13;
constexpr uint32_t ENGINE_LIST_INVALID = 14;
constexpr uint32_t ENGINE_NOT_LOADED = 15;
constexpr uint32_t ENGINE_THREAD_FAILED = 16;
constexpr uint32_t ENGINE_NOT_INITIALIZED = 17;
constexpr uint32_t ENGINE_NOT_ALLOWED = 18;
constexpr uint32_t ENGINE_ABANDONED = 19;

// How a request wants to be made: bits of its header.
constexpr uint16_t MANNER_EXACT = 1;
constexpr uint16_t MANNER_PATIENT = 2;

// The function of such a reply.
constexpr uint16_t FUNCTION_ENGINE = 0xffff;

constexpr uint16_t CALL_C_Initialize = 0;
constexpr uint16_t CALL_C_Finalize = 1;
constexpr uint16_t CALL_C_GetInfo = 2;
constexpr uint16_t CALL_C_GetFunctionList = 3;
constexpr uint16_t CALL_C_GetSlotList = 4;
constexpr uint16_t CALL_C_GetSlotInfo = 5;
constexpr uint16_t CALL_C_GetTokenInfo = 6;
constexpr uint16_t CALL_C_GetMechanismList = 7;
constexpr uint16_t CALL_C_GetMechanismInfo = 8;
constexpr uint16_t CALL_C_InitToken = 9;
constexpr uint16_t CALL_C_InitPIN = 10;
constexpr uint16_t CALL_C_SetPIN = 11;
constexpr uint16_t CALL_C_OpenSession = 12;
constexpr uint16_t CALL_C_CloseSession = 13;
constexpr uint16_t CALL_C_CloseAllSessions = 14;
constexpr uint16_t CALL_C_GetSessionInfo = 15;
constexpr uint16_t CALL_C_GetOperationState = 16;
constexpr uint16_t CALL_C_SetOperationState = 17;
constexpr uint16_t CALL_C_Login = 18;
constexpr uint16_t CALL_C_Logout = 19;
constexpr uint16_t CALL_C_CreateObject = 20;
constexpr uint16_t CALL_C_CopyObject = 21;
constexpr uint16_t CALL_C_DestroyObject = 22;
constexpr uint16_t CALL_C_GetObjectSize = 23;
constexpr uint16_t CALL_C_GetAttributeValue = 24;
constexpr uint16_t CALL_C_SetAttributeValue = 25;
constexpr uint16_t CALL_C_FindObjectsInit = 26;
constexpr uint16_t CALL_C_FindObjects = 27;
constexpr uint16_t CALL_C_FindObjectsFinal = 28;
constexpr uint16_t CALL_C_EncryptInit = 29;
constexpr uint16_t CALL_C_Encrypt = 30;
constexpr uint16_t CALL_C_EncryptUpdate = 31;
constexpr uint16_t CALL_C_EncryptFinal = 32;
constexpr uint16_t CALL_C_DecryptInit = 33;
constexpr uint16_t CALL_C_Decrypt = 34;
constexpr uint16_t CALL_C_DecryptUpdate = 35;
constexpr uint16_t CALL_C_DecryptFinal = 36;
constexpr uint16_t CALL_C_DigestInit = 37;
constexpr uint16_t CALL_C_Digest = 38;
constexpr uint16_t CALL_C_DigestUpdate = 39;
constexpr uint16_t CALL_C_DigestKey = 40;
constexpr uint16_t CALL_C_DigestFinal = 41;
constexpr uint16_t CALL_C_SignInit = 42;
constexpr uint16_t CALL_C_Sign = 43;
constexpr uint16_t CALL_C_SignUpdate = 44;
constexpr uint16_t CALL_C_SignFinal = 45;
constexpr uint16_t CALL_C_SignRecoverInit = 46;
constexpr uint16_t CALL_C_SignRecover = 47;
constexpr uint16_t CALL_C_VerifyInit = 48;
constexpr uint16_t CALL_C_Verify = 49;
constexpr uint16_t CALL_C_VerifyUpdate = 50;
constexpr uint16_t CALL_C_VerifyFinal = 51;
constexpr uint16_t CALL_C_VerifyRecoverInit = 52;
constexpr uint16_t CALL_C_VerifyRecover = 53;
constexpr uint16_t CALL_C_DigestEncryptUpdate = 54;
constexpr uint16_t CALL_C_DecryptDigestUpdate = 55;
constexpr uint16_t CALL_C_SignEncryptUpdate = 56;
constexpr uint16_t CALL_C_DecryptVerifyUpdate = 57;
constexpr uint16_t CALL_C_GenerateKey = 58;
constexpr uint16_t CALL_C_GenerateKeyPair = 59;
constexpr uint16_t CALL_C_WrapKey = 60;
constexpr uint16_t CALL_C_UnwrapKey = 61;
constexpr uint16_t CALL_C_DeriveKey = 62;
constexpr uint16_t CALL_C_SeedRandom = 63;
constexpr uint16_t CALL_C_GenerateRandom = 64;
constexpr uint16_t CALL_C_GetFunctionStatus = 65;
constexpr uint16_t CALL_C_CancelFunction = 66;
constexpr uint16_t CALL_C_WaitForSlotEvent = 67;
constexpr uint16_t CALL_C_GetInterfaceList = 68;
constexpr uint16_t CALL_C_GetInterface = 69;
constexpr uint16_t CALL_C_LoginUser = 70;
constexpr uint16_t CALL_C_SessionCancel = 71;
constexpr uint16_t CALL_C_MessageEncryptInit = 72;
constexpr uint16_t CALL_C_EncryptMessage = 73;
constexpr uint16_t CALL_C_EncryptMessageBegin = 74;
constexpr uint16_t CALL_C_EncryptMessageNext = 75;
constexpr uint16_t CALL_C_MessageEncryptFinal = 76;
constexpr uint16_t CALL_C_MessageDecryptInit = 77;
constexpr uint16_t CALL_C_DecryptMessage = 78;
constexpr uint16_t CALL_C_DecryptMessageBegin = 79;
constexpr uint16_t CALL_C_DecryptMessageNext = 80;
constexpr uint16_t CALL_C_MessageDecryptFinal = 81;
constexpr uint16_t CALL_C_MessageSignInit = 82;
constexpr uint16_t CALL_C_SignMessage = 83;
constexpr uint16_t CALL_C_SignMessageBegin = 84;
constexpr uint16_t CALL_C_SignMessageNext = 85;
constexpr uint16_t CALL_C_MessageSignFinal = 86;
constexpr uint16_t CALL_C_MessageVerifyInit = 87;
constexpr uint16_t CALL_C_VerifyMessage = 88;
constexpr uint16_t CALL_C_VerifyMessageBegin = 89;
constexpr uint16_t CALL_C_VerifyMessageNext = 90;
constexpr uint16_t CALL_C_MessageVerifyFinal = 91;
constexpr uint16_t CALL_C_EncapsulateKey = 92;
constexpr uint16_t CALL_C_DecapsulateKey = 93;
constexpr uint16_t CALL_C_VerifySignatureInit = 94;
constexpr uint16_t CALL_C_VerifySignature = 95;
constexpr uint16_t CALL_C_VerifySignatureUpdate = 96;
constexpr uint16_t CALL_C_VerifySignatureFinal = 97;
constexpr uint16_t CALL_C_GetSessionValidationFlags = 98;
constexpr uint16_t CALL_C_AsyncComplete = 99;
constexpr uint16_t CALL_C_AsyncGetID = 100;
constexpr uint16_t CALL_C_AsyncJoin = 101;
constexpr uint16_t CALL_C_WrapKeyAuthenticated = 102;
constexpr uint16_t CALL_C_UnwrapKeyAuthenticated = 103;
constexpr uint16_t FUNCTION_COUNT = 104;

// Several functions in one crossing.
constexpr uint16_t CALL_Load = 256;
constexpr uint16_t CALL_SignOnce = 257;
constexpr uint16_t CALL_VerifyOnce = 258;
constexpr uint16_t CALL_EncryptOnce = 259;
constexpr uint16_t CALL_DecryptOnce = 260;
constexpr uint16_t CALL_DigestOnce = 261;
constexpr uint16_t CALL_SignRecoverOnce = 262;
constexpr uint16_t CALL_VerifyRecoverOnce = 263;
constexpr uint16_t CALL_Find = 264;
constexpr uint16_t CALL_ReadAttributes = 265;
constexpr uint16_t CALL_WrittenBack = 266;
constexpr uint16_t CALL_CrewOpen = 267;
constexpr uint16_t CALL_CrewJoin = 268;
constexpr uint16_t CALL_CrewLeave = 269;
constexpr uint16_t CALL_CrewTake = 270;
constexpr uint16_t CALL_CrewFlush = 271;
constexpr uint16_t CALL_CrewEnd = 272;
constexpr uint16_t CALL_CrewStuck = 273;
constexpr uint16_t CALL_WriteOff = 274;
constexpr uint16_t CALL_CrewReserve = 275;
constexpr uint16_t CALL_Batch = 276;
constexpr uint16_t CALL_Reinitialize = 277;
constexpr uint16_t CALL_FindAndRead = 278;

}  // namespace cryptoki
