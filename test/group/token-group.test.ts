import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { CKR, TokenGroup, type CryptokiError, type PrivateKeyGroup, type RecoveryOptions, type SecretKeyGroup } from '../../lib';
import { partsOf } from '../../lib/group/key-group';
import { FOREVER, type FaultModule } from '../support/fault-module';
import { closePlaces, openPlace, SLOT, type Place } from './places';

const SECRET = Buffer.alloc(32, 9);
const ID = Buffer.from('the key');
const data = Buffer.from('a document');
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const later = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('TokenGroup', () => {
  let places: Place[] = [];
  let group: TokenGroup;
  let key: SecretKeyGroup;
  let right: Uint8Array;

  /** Tokens of modules of their own, each with the same HMAC key. */
  async function start(count: number, recovery?: RecoveryOptions | false, options = {}): Promise<void> {
    for (let number = 0; number < count; number++) places.push(await openPlace({ recovery, threads: 8 }));
    for (const { token } of places) await token.importKey(SECRET, { type: 'generic', id: ID, label: 'shared', token: true });
    group = new TokenGroup(
      places.map(({ token }) => token),
      { coolDown: 20, ...options },
    );
    key = await group.secretKey({ id: ID });
    right = await key.keys[0]!.sign('sha256', data);
  }

  const fault = (index: number): FaultModule => places[index]!.fault;
  const states = (): string[] => group.members.map(({ state }) => state);
  const signsRight = async (): Promise<void> => assert.deepEqual(await key.sign('sha256', data), right);
  /** How many signatures each token has made since then. */
  const counted = (): (() => number[]) => {
    const before = places.map((one) => one.fault.calls('C_Sign'));
    return () => places.map((one, index) => one.fault.calls('C_Sign') - before[index]!);
  };

  async function until(state: string, index: number): Promise<void> {
    while (states()[index] !== state) {
      await key.sign('sha256', data);
      await later(5);
    }
  }

  afterEach(async () => {
    await closePlaces(places);
    places = [];
  });

  describe('which token', () => {
    it('the one with the fewest calls', async () => {
      await start(3);
      fault(0).hang('C_Sign');
      const slow = [key.sign('sha256', data)];
      while (fault(0).calls('C_Sign', { inside: true }) === 0) {
        slow.push(key.sign('sha256', data));
        await later(2);
      }
      const signed = counted();
      for (let count = 0; count < 10; count++) await signsRight();
      assert.equal(signed()[0], 0);
      assert.equal(group.members[0]!.inFlight, 1);
      fault(0).release('C_Sign');
      for (const signature of await Promise.all(slow)) assert.deepEqual(signature, right);
      assert.equal(group.stats().inFlight, 0);
    });

    it('calls at once are shared', async () => {
      await start(2);
      for (const { fault } of places) fault.tell('C_Sign', { sleep: 1000 });
      const signed = counted();
      await Promise.all(Array.from({ length: 40 }, signsRight));
      const [one, other] = signed();
      assert.ok(Math.abs(one! - other!) <= 4, `${one} and ${other}`);
    });

    it('among equals the one that answers faster', async () => {
      await start(2);
      fault(1).tell('C_Sign', { sleep: 20_000 });
      await key.sign('sha256', data);
      await key.sign('sha256', data);
      const signed = counted();
      for (let count = 0; count < 10; count++) await signsRight();
      assert.deepEqual(signed(), [10, 0]);
      const [fast, slow] = group.members;
      assert.ok(fast!.latency! < slow!.latency!);
    });
  });

  describe('failover', () => {
    it('a token that is removed while 64 sign, and comes back', async () => {
      await start(2);
      for (const { fault } of places) fault.tell('C_Sign', { sleep: 20_000 });
      const signing = Array.from({ length: 64 }, signsRight);
      await fault(0).inside('C_Sign', 2);
      fault(0).remove(SLOT);
      await Promise.all(signing);
      await Promise.all(Array.from({ length: 20 }, signsRight));
      assert.notEqual(states()[0], 'ready');
      assert.ok(group.stats().failovers > 0);
      fault(0).insert(SLOT);
      await until('ready', 0);
      const signed = counted();
      await Promise.all(Array.from({ length: 20 }, signsRight));
      assert.ok(signed()[0]! > 0);
      assert.equal(fault(1).calls('C_Login'), 1);
    });

    it('calls do not wait for the recovery of a token', async () => {
      await start(2, { timeLimit: 60_000 });
      fault(0).remove(SLOT);
      for (let count = 0; count < 10; count++) await signsRight();
      assert.equal(group.members[0]!.state === 'ready', false);
    });

    it('a token that does not recover by itself', async () => {
      await start(2, false, { coolDown: 60_000 });
      fault(0).fail('C_SignInit', CKR.DEVICE_ERROR, { times: 1 });
      for (let count = 0; count < 4; count++) await signsRight();
      const { failures, state, error, since } = group.members[0]!;
      assert.equal(failures, 1);
      assert.equal(state, 'set-aside');
      assert.equal((error as CryptokiError).code, 'CKR_DEVICE_ERROR');
      assert.ok(since instanceof Date);
    });

    it('a token that hangs: after the time limit of a member', async () => {
      await start(2, undefined, { memberTimeLimit: 50 });
      fault(0).hang('C_Sign');
      await Promise.all(Array.from({ length: 8 }, signsRight));
      assert.equal(states()[0], 'set-aside');
      fault(0).release('C_Sign');
      await until('ready', 0);
    });

    it('a key that is gone on one token', async () => {
      await start(2);
      await key.keys[0]!.destroy();
      for (let count = 0; count < 6; count++) await signsRight();
    });

    it('a token that is closed gets no more calls', async () => {
      await start(2);
      await places[0]!.token.close();
      for (let count = 0; count < 6; count++) await signsRight();
      assert.deepEqual(states(), ['closed', 'ready']);
      await places[1]!.module.close();
      await assert.rejects(key.sign('sha256', data), { code: 'ERR_CRYPTOKI_CLOSED' });
    });

    it('when all have failed the error has the error of each', async () => {
      await start(2, false);
      for (const { fault } of places) fault.fail('C_SignInit', CKR.DEVICE_ERROR, { times: FOREVER });
      await assert.rejects(key.sign('sha256', data), (error: CryptokiError) => {
        assert.equal(error.code, 'ERR_CRYPTOKI_UNAVAILABLE');
        assert.match(error.message, /fault 0.*CKR_DEVICE_ERROR.*fault 0.*CKR_DEVICE_ERROR/);
        assert.equal((error.cause as AggregateError).errors.length, 2);
        return true;
      });
      for (const { fault } of places) fault.reset();
      await signsRight();
    });

    it('one token: its own error', async () => {
      await start(1, false);
      fault(0).fail('C_SignInit', CKR.DEVICE_ERROR);
      await assert.rejects(key.sign('sha256', data), { code: 'CKR_DEVICE_ERROR' });
      await signsRight();
    });

    it('an error of the call is an answer', async () => {
      await start(2);
      for (const { fault } of places) fault.fail('C_SignInit', CKR.KEY_FUNCTION_NOT_PERMITTED);
      await assert.rejects(key.sign('sha256', data), { code: 'CKR_KEY_FUNCTION_NOT_PERMITTED' });
      assert.equal(places.filter((one) => one.fault.unanswered('C_SignInit') === 0).length, 1);
      assert.deepEqual(states(), ['ready', 'ready']);
    });

    it('data in pieces is not given to another token', async () => {
      await start(2, false);
      for (const { fault } of places) fault.fail('C_SignInit', CKR.DEVICE_ERROR);
      await assert.rejects(key.sign('sha256', [data, data]), { code: 'CKR_DEVICE_ERROR' });
      assert.equal(places.filter((one) => one.fault.unanswered('C_SignInit') === 0).length, 1);
    });

    it('data may be changed after the call', async () => {
      await start(2, false);
      for (const { fault } of places) fault.fail('C_SignInit', CKR.DEVICE_ERROR, { skip: 0 });
      fault(1).reset();
      const changed = Buffer.from(data);
      const signing = [key.sign('sha256', changed), key.sign('sha256', changed)];
      changed.fill(0);
      for (const signature of await Promise.all(signing)) assert.deepEqual(signature, right);
      assert.equal(changed[0], 0);
    });
  });

  describe('limits of the caller', () => {
    it('a signal', async () => {
      await start(2);
      for (const { fault } of places) fault.hang('C_Sign');
      const reason = new Error('enough');
      const controller = new AbortController();
      const signing = key.sign('sha256', data, { signal: controller.signal });
      setTimeout(() => controller.abort(reason), 20);
      await assert.rejects(signing, reason);
      assert.deepEqual(states(), ['ready', 'ready']);
    });

    it('a time limit', async () => {
      await start(2);
      for (const { fault } of places) fault.hang('C_Sign');
      await assert.rejects(key.sign('sha256', data, { timeLimit: 30 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
      assert.deepEqual(states(), ['ready', 'ready']);
    });
  });

  describe('the same key', () => {
    async function privateKeys(publicKeys = [pair.publicKey, pair.publicKey]): Promise<PrivateKeyGroup> {
      for (const publicKey of publicKeys) {
        const one = await openPlace({ threads: 8 });
        places.push(one);
        await one.token.importKey(pair.privateKey, { id: ID, label: 'signer', token: true });
        await one.token.importKey(publicKey, { id: ID, label: 'signer', token: true });
      }
      group = new TokenGroup(places.map(({ token }) => token));
      return group.privateKey({ label: 'signer' });
    }

    it('a private key, known by its public key', async () => {
      const signer = await privateKeys();
      const signature = await signer.sign('sha256', data);
      assert.deepEqual(await signer.keys[1]!.sign('sha256', data), signature);
      assert.deepEqual(signer.publicKey!.toSpki(), Uint8Array.from(pair.publicKey.export({ type: 'spki', format: 'der' })));
      const verifier = await group.publicKey({ label: 'signer' });
      assert.deepEqual(verifier.toSpki(), signer.publicKey!.toSpki());
      assert.equal(verifier.toKeyObject().asymmetricKeyType, 'ec');
      assert.deepEqual([signer.id, signer.label, signer.type], [Uint8Array.from(ID), 'signer', 'ec']);
    });

    it('another public key is refused', async () => {
      const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
      await assert.rejects(privateKeys([pair.publicKey, other]), { code: 'ERR_CRYPTOKI_KEY_MISMATCH', message: /their public keys differ/ });
    });

    it('a token without the key is named', async () => {
      await start(2);
      await key.keys[1]!.destroy();
      await assert.rejects(group.secretKey({ id: ID }), { code: 'ERR_CRYPTOKI_NOT_FOUND', message: /On the token "fault 0"/ });
    });

    it('another CKA_ID is refused where nothing else tells', async () => {
      await start(2);
      const [one, other] = places;
      const keys = [
        await one!.token.importKey(SECRET, { type: 'generic', id: Buffer.from('one') }),
        await other!.token.importKey(SECRET, { type: 'generic', id: Buffer.from('other') }),
      ];
      await assert.rejects(TokenGroup.keys(keys as never), { code: 'ERR_CRYPTOKI_KEY_MISMATCH' });
    });

    it('keys that have been found already', async () => {
      await start(2);
      const again = await TokenGroup.keys(key.keys);
      assert.deepEqual(await again.sign('sha256', data), right);
      assert.equal(await again.verify('sha256', data, right), true);
    });

    it('on a token that is away it is looked for later', async () => {
      await start(2, { timeLimit: 20, coolDown: 20 });
      fault(1).remove(SLOT);
      await assert.rejects(places[1]!.token.secretKey({ id: ID }));
      key = await group.secretKey({ id: ID });
      assert.equal(key.keys.length, 1);
      fault(1).insert(SLOT);
      await until('ready', 1);
      await Promise.all(Array.from({ length: 20 }, signsRight));
      assert.equal(key.keys.length, 2);
    });
  });

  describe('a key that is looked for later', () => {
    it('is looked for once for all, each of whom waits as long as he likes', async () => {
      await start(2, { timeLimit: 20, coolDown: 1 });
      const { token } = places[1]!;
      fault(1).remove(SLOT);
      await assert.rejects(token.secretKey({ id: ID }));
      const found = await group.secretKey({ id: ID });
      fault(1).insert(SLOT);
      while (!(await token.random(1).catch(() => undefined))) await later(5);
      const { balance, keyOn } = partsOf(found);
      const [, away] = balance.members;
      fault(1).hang('C_FindObjectsInit');
      const searches = fault(1).calls('C_FindObjectsInit');
      const hasty = keyOn(away!, { timeLimit: 50 });
      const patient = keyOn(away!, {});
      const aborted = keyOn(away!, { signal: AbortSignal.abort() });
      await assert.rejects(aborted, { code: 'ABORT_ERR' });
      await assert.rejects(hasty, { code: 'ERR_CRYPTOKI_TIMEOUT' });
      fault(1).release('C_FindObjectsInit');
      assert.equal((await patient).label, 'shared');
      assert.equal(fault(1).calls('C_FindObjectsInit'), searches + 1);
      assert.equal(found.keys.length, 2);
    });
  });

  describe('other operations', () => {
    const iv = randomBytes(16);

    async function aes(): Promise<SecretKeyGroup> {
      await start(2);
      for (const { token } of places) await token.importKey(SECRET, { type: 'aes', id: Buffer.from('aes'), token: true });
      return group.secretKey({ id: Buffer.from('aes') });
    }

    it('encrypting and decrypting, at once and piece by piece', async () => {
      const cipher = await aes();
      const algorithm = { name: 'aes-cbc', iv } as const;
      const sealed = await cipher.encrypt(algorithm, data);
      assert.deepEqual(Buffer.from(await cipher.decrypt(algorithm, sealed)), data);
      const pieces: Uint8Array[] = [];
      for await (const piece of cipher.encryptStream(algorithm, [data])) pieces.push(piece);
      assert.deepEqual(Buffer.concat(pieces), Buffer.from(sealed));
      const opened: Uint8Array[] = [];
      for await (const piece of cipher.decryptStream(algorithm, pieces)) opened.push(piece);
      assert.deepEqual(Buffer.concat(opened), data);
      assert.equal(group.stats().inFlight, 0);
    });

    it('verifying', async () => {
      await start(2);
      assert.equal(await key.verify('sha256', data, right), true);
      assert.equal(await key.verify('sha256', Buffer.from('another'), right), false);
    });
  });

  it('what it shows has no secret', async () => {
    await start(2);
    assert.match(inspect(group), /TokenGroup \{\s+tokens: \[\s+'"fault 0" \(\w+\): ready',/);
    assert.match(inspect(key), /SecretKeyGroup \{\s+label: 'shared',\s+type: 'generic',/);
  });

  it('refuses wrong arguments', async () => {
    await start(1);
    const { token } = places[0]!;
    assert.throws(() => new TokenGroup([]), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.throws(() => new TokenGroup([token, token]), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.throws(() => new TokenGroup([{}] as never), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => new TokenGroup(token as never), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => new TokenGroup([token], { coolDown: 0 }), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(() => new TokenGroup([token], { memberTimeLimit: 1.5 }), RangeError);
    await assert.rejects(TokenGroup.keys([token] as never), { code: 'ERR_INVALID_ARG_TYPE' });
    await assert.rejects(key.sign('sha256', 'text' as never), { code: 'ERR_INVALID_ARG_TYPE' });
  });
});
