// PINs of tokens that say of themselves what SoftHSM never says: locked ones, last tries, codes that have been used up.

import assert from 'node:assert/strict';
import { CKR, Pkcs11Error, type TokenInfo } from '../../lib';
import { Connection } from '../../lib/scws/connection';
import { Pin } from '../../lib/scws/pin';
import { code } from './support';

interface Behaviour {
  readonly flags?: Partial<TokenInfo>;
  /** What C_Login and C_InitPIN answer. */
  readonly login?: number;
  readonly initPin?: number;
}

/** A PIN of a token that behaves so, and what was asked of the token. */
function pinOf({ flags = {}, login, initPin }: Behaviour): { pin: Pin; asked: string[] } {
  const asked: string[] = [];
  const answer = async (call: string, rv: number | undefined): Promise<void> => {
    asked.push(call);
    if (rv !== undefined) throw new Pkcs11Error(rv, call);
  };
  const info = {
    userPinInitialized: true,
    userPinToBeChanged: false,
    userPinLocked: false,
    userPinCountLow: false,
    userPinFinalTry: false,
    ...flags,
  };
  const token = {
    loggedIn: false,
    user: undefined,
    info: async () => info,
    login: () => answer('C_Login', login),
    initPin: () => answer('C_InitPIN', initPin),
    logout: () => answer('C_Logout', undefined),
  };
  const connection = new Connection(token as never, {}, { roots: [], crls: [], fetchCrl: undefined }, async () => undefined);
  return { pin: new Pin(connection, info as never), asked };
}

describe('PINs of SCWS', () => {
  it('a locked PIN is blocked, with no tries left', async () => {
    const { pin } = pinOf({ flags: { userPinLocked: true, userPinCountLow: true }, login: CKR.PIN_LOCKED });
    assert.deepEqual([pin.blocked, pin.remainingTries, pin.validated], [true, 0, false]);
    assert.equal(await code(pin.login('1234')), 'CKR_PIN_LOCKED');
  });

  it('before the last try there is one left; otherwise the token does not tell', () => {
    const last = pinOf({ flags: { userPinFinalTry: true, userPinCountLow: true } }).pin;
    assert.deepEqual([last.lastTry, last.tryCountLow, last.remainingTries], [true, true, 1]);
    assert.equal(pinOf({ flags: { userPinCountLow: true } }).pin.remainingTries, undefined);
  });

  it('a PIN that has never been set, and one that must be changed, say so', () => {
    const { pin } = pinOf({ flags: { userPinInitialized: false, userPinToBeChanged: true } });
    assert.deepEqual([pin.initialized, pin.toBeChanged], [false, true]);
  });

  it('a PUK that is locked is CXR_PIN_UNBLOCK_BLOCKED, one that is used up CXR_PUK_ALREADY_USED, and nothing else is tried', async () => {
    const locked = pinOf({ login: CKR.PIN_LOCKED });
    assert.equal(await code(locked.pin.unblock('12345678', '1234')), 'CXR_PIN_UNBLOCK_BLOCKED');
    assert.deepEqual(locked.asked, ['C_Login']);
    const used = pinOf({ login: CKR.PIN_EXPIRED });
    assert.equal(await code(used.pin.unblock('12345678', '1234')), 'CXR_PUK_ALREADY_USED');
    assert.deepEqual(used.asked, ['C_Login']);
  });

  it('where the new PIN is refused for the code, it is MWR_PUK_ALREADY_USED, and nobody stays logged in', async () => {
    const { pin, asked } = pinOf({ initPin: CKR.PIN_EXPIRED });
    assert.equal(await code(pin.unblock('12345678', '1234')), 'MWR_PUK_ALREADY_USED');
    assert.deepEqual(asked, ['C_Login', 'C_InitPIN', 'C_Logout']);
  });

  it('null asks at the PIN pad; what is neither text nor null is refused before the token is asked', async () => {
    const { pin, asked } = pinOf({});
    await pin.login(null);
    assert.deepEqual(asked, ['C_Login']);
    for (const wrong of [undefined, 5, {}, Buffer.from('1234')]) assert.equal(await code(pin.login(wrong as never)), 'MWR_SCWS_BAD_PARAMS');
    assert.deepEqual(asked, ['C_Login']);
  });
});
