import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { CKF, CKM } from '../../lib/constants';
import { Module } from '../../lib/module';
import { Raw } from '../../lib/raw';
import type { SecretKey } from '../../lib/secret-key';
import { FaultModule } from '../support/fault-module';

const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();

/** Memory of every kind, and what its owner may do to it while a call runs. */
const kinds: readonly [title: string, make: (bytes: Uint8Array) => Uint8Array, spoil: (view: Uint8Array) => void][] = [
  ['overwritten', (bytes) => Uint8Array.from(bytes), (view) => void view.fill(0xee)],
  ['transferred', (bytes) => Uint8Array.from(bytes), (view) => void structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] })],
  [
    'shrunk',
    (bytes) => {
      // Node 20 has resizable buffers, its types do not.
      const buffer = Reflect.construct(ArrayBuffer, [bytes.length, { maxByteLength: bytes.length * 2 }]) as ArrayBuffer;
      const view = new Uint8Array(buffer);
      view.set(bytes);
      return view;
    },
    (view) => (view.buffer as ArrayBuffer & { resize(size: number): void }).resize(0),
  ],
  [
    'shared, and overwritten',
    (bytes) => {
      const view = new Uint8Array(new SharedArrayBuffer(bytes.length));
      view.set(bytes);
      return view;
    },
    (view) => void view.fill(0xee),
  ],
  [
    'a piece of a larger one, and overwritten',
    (bytes) => {
      const view = new Uint8Array(bytes.length + 64).subarray(32, 32 + bytes.length);
      view.set(bytes);
      return view;
    },
    (view) => void new Uint8Array(view.buffer).fill(0xee),
  ],
];

describe('buffers of the caller', () => {
  let fault: FaultModule;
  let raw: Raw;
  let session: bigint;
  let module: Module;
  let key: SecretKey;

  before(async () => {
    fault = new FaultModule();
    raw = await Raw.load(fault.path);
    await raw.C_Initialize();
    session = await raw.C_OpenSession(1, CKF.SERIAL_SESSION | CKF.RW_SESSION);
    module = await Module.load(fault.path);
    const token = await module.slot(2).token();
    await token.login('1234');
    key = await token.generateKey('aes', { length: 256 });
  });

  after(async () => {
    await module.close();
    await raw.close();
    fault.close();
  });

  afterEach(() => fault.reset());

  /** Starts a call that stays inside the module while `spoil` does its worst. */
  async function during<Result>(
    name: 'C_Digest' | 'C_Encrypt' | 'C_DigestUpdate' | 'C_Login',
    start: () => Promise<Result>,
    spoil: () => void,
  ): Promise<Result> {
    fault.hang(name);
    const call = start();
    await fault.inside(name);
    spoil();
    fault.release(name);
    return call;
  }

  for (const [title, make, spoil] of kinds) {
    for (const size of [1, 1000, 5000, 1_000_000]) {
      it(`${title} while a call runs: it uses what was given (${size} bytes)`, async () => {
        const given = randomBytes(size);
        const data = make(given);
        await raw.C_DigestInit(session, CKM.SHA256);
        const digest = await during(
          'C_Digest',
          () => raw.C_Digest(session, data),
          () => spoil(data),
        );
        assert.deepEqual(Buffer.from(digest), sha256(given));
      });
    }

    it(`${title} while a call waits in its queue`, async () => {
      const given = randomBytes(5000);
      const data = make(given);
      await raw.C_DigestInit(session, CKM.SHA256);
      fault.hang('C_DigestUpdate');
      const first = raw.C_DigestUpdate(session, Buffer.from('first'));
      const second = raw.C_DigestUpdate(session, data);
      const result = raw.C_DigestFinal(session);
      await fault.inside('C_DigestUpdate');
      spoil(data);
      fault.release('C_DigestUpdate');
      await Promise.all([first, second]);
      assert.deepEqual(Buffer.from(await result), sha256(Buffer.concat([Buffer.from('first'), given])));
    });

    it(`${title}: the parameter of a mechanism`, async () => {
      const iv = randomBytes(16);
      const given = make(iv);
      const wanted = await key.encrypt({ name: 'aes-cbc', iv }, Buffer.from('data'));
      const got = await during(
        'C_Encrypt',
        () => key.encrypt({ name: 'aes-cbc', iv: given }, Buffer.from('data')),
        () => spoil(given),
      );
      assert.deepEqual(got, wanted);
    });

    it(`${title}: data of a key's method, at once`, async () => {
      const plain = randomBytes(3000);
      const iv = randomBytes(16);
      const wanted = await key.encrypt({ name: 'aes-cbc', iv }, plain);
      const data = make(plain);
      const call = key.encrypt({ name: 'aes-cbc', iv }, data);
      spoil(data);
      assert.deepEqual(await call, wanted);
    });

    it(`${title}: a PIN`, async () => {
      const other = await module.slot(1).token();
      const pin = make(Buffer.from('1234'));
      await during(
        'C_Login',
        () => other.login(pin),
        () => spoil(pin),
      );
      assert.equal(other.loggedIn, true);
      await other.logout();
    });
  }

  it('detached before the call: an error, not an empty message', async () => {
    const data = Uint8Array.from(randomBytes(100));
    structuredClone(data.buffer, { transfer: [data.buffer] });
    await raw.C_DigestInit(session, CKM.SHA256);
    await assert.rejects(raw.C_Digest(session, data), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(key.encrypt({ name: 'aes-cbc', iv: Buffer.alloc(16) }, data), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(key.encrypt({ name: 'aes-cbc', iv: data }, Buffer.from('data')), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.deepEqual(Buffer.from(await raw.C_Digest(session, new Uint8Array(0))), sha256(Buffer.alloc(0)));
  });

  it('given away by a getter while the arguments are read', async () => {
    const value = Uint8Array.from(randomBytes(3000));
    const template = {
      class: 0,
      value,
      get label(): string {
        if (value.length > 0) structuredClone(value.buffer, { transfer: [value.buffer] });
        return 'label';
      },
    };
    // What was read before it was given away is used, or it is an error: never memory that has gone.
    const made = await raw.C_CreateObject(session, template).then(
      async (object) => (await raw.C_GetAttributeValue(session, object, ['value'])).value?.length,
      (error: { code: string }) => error.code,
    );
    assert.ok(made === 3000 || made === 'ERR_INVALID_ARG_VALUE', String(made));
  });
});
