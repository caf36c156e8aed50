// What Cryptoki tells about slots, tokens and mechanisms; no session is needed for it.

import { CALL } from './generated/calls';
import { CKR } from './generated/constants';
import { Pkcs11Error } from './errors';
import { mechanismInfo, slotInfo, tokenInfo, type MechanismInfo, type SlotInfo, type TokenInfo } from './info';
import type { CallOptions } from './options';
import type { Client } from './wire/client';

export async function listSlots(client: Client, tokenPresent: boolean, options: CallOptions): Promise<number[]> {
  return (await client.call(client.request(CALL.C_GetSlotList).bool(tokenPresent), options)).numbers();
}

export async function readSlotInfo(client: Client, slotId: number, options: CallOptions): Promise<SlotInfo> {
  return slotInfo(await client.call(client.request(CALL.C_GetSlotInfo).u64(slotId), options));
}

export async function readTokenInfo(client: Client, slotId: number, options: CallOptions): Promise<TokenInfo> {
  return tokenInfo(await client.call(client.request(CALL.C_GetTokenInfo).u64(slotId), options));
}

const NO_TOKEN: ReadonlySet<number> = new Set<number>([
  CKR.TOKEN_NOT_PRESENT,
  CKR.TOKEN_NOT_RECOGNIZED,
  CKR.DEVICE_REMOVED,
  // The slot went away with its reader after the list was made.
  CKR.SLOT_ID_INVALID,
]);

/** The token in a slot; undefined where there is none, or none that the library knows. */
export async function findTokenInfo(client: Client, slotId: number, options: CallOptions): Promise<TokenInfo | undefined> {
  try {
    return await readTokenInfo(client, slotId, options);
  } catch (error) {
    if (Pkcs11Error.is(error) && NO_TOKEN.has(error.rv)) return undefined;
    throw error;
  }
}

export async function readMechanism(client: Client, slotId: number, mechanism: number, options: CallOptions): Promise<MechanismInfo> {
  const request = client.request(CALL.C_GetMechanismInfo).u64(slotId).u64(mechanism, 'mechanism');
  return mechanismInfo(mechanism, await client.call(request, options));
}

export async function readMechanisms(client: Client, slotId: number, options: CallOptions): Promise<ReadonlyMap<number, MechanismInfo>> {
  const list = (await client.call(client.request(CALL.C_GetMechanismList).u64(slotId), options)).numbers();
  const infos = await Promise.all(list.map((mechanism) => describeMechanism(client, slotId, mechanism, options)));
  return new Map(infos.flatMap((info) => (info === undefined ? [] : [[info.mechanism, info]])));
}

async function describeMechanism(client: Client, slotId: number, mechanism: number, options: CallOptions): Promise<MechanismInfo | undefined> {
  try {
    return await readMechanism(client, slotId, mechanism, options);
  } catch (error) {
    // Some libraries list what they then do not know.
    if (Pkcs11Error.is(error, 'CKR_MECHANISM_INVALID')) return undefined;
    throw error;
  }
}

export async function initializeToken(client: Client, slotId: number, soPin: Uint8Array | null, label: string, options: CallOptions): Promise<void> {
  await client.call(client.request(CALL.C_InitToken).u64(slotId).pin(soPin, 'soPin').label(label), options);
}
