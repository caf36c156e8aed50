// Opening, closing and resetting sessions.

import { CALL } from './generated/calls';
import { CKF, CKR } from './generated/constants';
import { Pkcs11Error } from './errors';
import { crewPort } from './crew';
import { sessionInfo } from './info';
import { Closing } from './closing';
import type { CallOptions } from './options';
import type { SessionDriver } from './pool';
import type { Client } from './wire/client';
import type { RequestWriter } from './wire/writer';

/** Opens a session and answers the engine's id for it. When nobody waits for it any more it is closed again. */
export async function openSession(client: Client, slotId: number, readWrite: boolean, options: CallOptions = {}): Promise<bigint> {
  const flags = CKF.SERIAL_SESSION | (readWrite ? CKF.RW_SESSION : 0);
  const reply = await client.call(client.request(CALL.C_OpenSession).u64(slotId).u64(flags), {
    ...options,
    onLate: (settled) => void settled.then((late) => late && closeSession(client, late.u64(), true)),
  });
  return reply.u64();
}

/**
 * Closes a session after the calls queued in it. Never rejects: one that cannot be closed is gone for us anyway, and one in whose C_CloseSession the library
 * stays is left to it. Where closing only `tidiesUp`, it is waited for to its end, but keeps neither the process alive nor the library from being finalised.
 */
export function closeSession(client: Client, id: bigint, tidiesUp = false): Promise<void> {
  return new Closing(client, id, tidiesUp).over;
}

const EVERY_OPERATION =
  CKF.ENCRYPT |
  CKF.DECRYPT |
  CKF.DIGEST |
  CKF.SIGN |
  CKF.SIGN_RECOVER |
  CKF.VERIFY |
  CKF.VERIFY_RECOVER |
  CKF.FIND_OBJECTS |
  CKF.MESSAGE_ENCRYPT |
  CKF.MESSAGE_DECRYPT |
  CKF.MESSAGE_SIGN |
  CKF.MESSAGE_VERIFY;

/** Ends whatever is active in a session, after the calls queued in it. Never rejects. */
export async function resetSession(client: Client, id: bigint): Promise<void> {
  if (client.supports('C_SessionCancel') && (await ended(client, client.request(CALL.C_SessionCancel).u64(id).u64(EVERY_OPERATION)))) return;
  // Before v3.0 an operation ends when it is finished; what is not active answers CKR_OPERATION_NOT_INITIALIZED.
  const finals = [CALL.C_EncryptFinal, CALL.C_DecryptFinal, CALL.C_DigestFinal, CALL.C_SignFinal];
  await Promise.all([
    ...finals.map((call) => ended(client, client.request(call).u64(id).capacity())),
    ended(client, client.request(CALL.C_VerifyFinal).u64(id).bytes(new Uint8Array(1))),
    ended(client, client.request(CALL.C_FindObjectsFinal).u64(id)),
  ]);
}

async function ended(client: Client, request: RequestWriter): Promise<boolean> {
  return client.call(request, { tidiesUp: true }).then(
    () => true,
    () => false,
  );
}

/** What a driver has to know of its token. */
export interface SessionPlace {
  /** Where the token is now. */
  readonly slotId: number;
  /** Whether sessions are expected to be those of a user, and it can be mended where they are not. */
  readonly expectsLogin: boolean;
}

/** The login is the token's, so the state of any session tells whether it is there still: otherwise a search would not find private objects, and say nothing. */
export async function checkLogin(client: Client, id: bigint, place: Pick<SessionPlace, 'expectsLogin'>, options: CallOptions = {}): Promise<void> {
  if (!place.expectsLogin) return;
  const { state } = sessionInfo(await client.call(client.request(CALL.C_GetSessionInfo).u64(id), options));
  if (state === 'public' && place.expectsLogin) throw new Pkcs11Error(CKR.USER_NOT_LOGGED_IN, 'C_GetSessionInfo');
}

/** How the pool of a token makes its sessions. */
export function sessionDriver(client: Client, place: SessionPlace): SessionDriver {
  const open = async (readWrite: boolean, signal: AbortSignal | undefined): Promise<{ id: bigint; readWrite: boolean }> => ({
    id: await openSession(client, place.slotId, readWrite, { signal }),
    readWrite,
  });
  return {
    crews: crewPort(client),
    async open(readWrite, anchor, mending, signal) {
      const opened = await open(readWrite, signal).catch((error: unknown) => {
        if (anchor && Pkcs11Error.is(error, 'CKR_TOKEN_WRITE_PROTECTED')) return open(false, signal);
        throw error;
      });
      if (mending || !place.expectsLogin) return opened;
      try {
        await checkLogin(client, opened.id, place, { signal });
        return opened;
      } catch (error) {
        const closed = closeSession(client, opened.id, signal?.aborted);
        if (signal?.aborted !== true) await closed;
        throw error;
      }
    },
    close: (id, tidiesUp) => closeSession(client, id, tidiesUp),
    reset: (id) => resetSession(client, id),
  };
}
