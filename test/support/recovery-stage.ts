// A token with a key pair, to be brought into trouble. Call it in a `describe`: each of its tests gets a new one.

import assert from 'node:assert/strict';
import { CKF, Module, type PrivateKey, type PublicKey, type RecoveryOptions, type Token } from '../../lib';
import { Raw } from '../../lib/raw';
import { FaultModule } from './fault-module';

export const PIN = '1234';
export const data = Buffer.from('a document');
/** Slots: one with a token, an empty one, one with a PIN pad. */
export const [HERE, ELSEWHERE, PAD] = [1, 4, 6];

export const UNAVAILABLE = { code: 'ERR_CRYPTOKI_UNAVAILABLE' };
export const NOT_LOGGED_IN = { code: 'CKR_USER_NOT_LOGGED_IN' };
export const STALE = { code: 'ERR_CRYPTOKI_STALE' };

export const later = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class RecoveryStage {
  fault!: FaultModule;
  module!: Module;
  token!: Token;
  privateKey!: PrivateKey;
  publicKey!: PublicKey;

  async start(recovery?: RecoveryOptions | false): Promise<void> {
    this.module = await Module.load(this.fault.path, { recovery });
    this.token = await this.module.token({ slotId: HERE });
    await this.token.login(PIN);
    Object.assign(this, await this.token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'signer', token: true }));
    await this.signs();
  }

  async signs(): Promise<void> {
    const signature = await this.privateKey.sign('sha256', data);
    assert.equal(await this.publicKey.verify('sha256', data, signature), true);
  }

  /** Does something to the token behind our back. */
  async behindOurBack(work: (raw: Raw, session: bigint) => Promise<unknown>): Promise<void> {
    const raw = await Raw.load(this.fault.path);
    try {
      await raw.C_Initialize();
      await work(raw, await raw.C_OpenSession(HERE, CKF.SERIAL_SESSION | CKF.RW_SESSION));
    } finally {
      await raw.close();
    }
  }
}

export function recoveryStage(): RecoveryStage {
  const stage = new RecoveryStage();

  beforeEach(() => {
    stage.fault = new FaultModule();
    stage.fault.set('keepTokens', 1);
  });

  afterEach(async () => {
    const { fault } = stage;
    fault.reset();
    await stage.module.close();
    assert.equal(fault.get('overlaps'), 0);
    assert.equal(fault.get('closedWhileRunning'), 0);
    assert.equal(fault.get('badArguments'), 0);
    assert.equal(fault.get('sessions'), 0);
    fault.close();
  });

  return stage;
}
