// Callback and promise.

import assert from 'node:assert/strict';
import { GCLClient, GCLConfig, type AbstractPkcs11 } from '../../lib/t1c';
import { failure, useBench, type Bench } from './support';

type Call = (callback?: unknown) => Promise<unknown>;

/** Every method, with arguments that do and with arguments that do not. */
function calls({ pkcs11, client, slotId, request }: Bench): Record<string, { good: Call; bad: Call }> {
  const wrong = client.pkcs11({});
  const of = (container: AbstractPkcs11, name: keyof AbstractPkcs11, ...given: unknown[]): Call => {
    const method = container[name] as (...given: unknown[]) => Promise<unknown>;
    return (...callback) => method.call(container, ...given, ...callback);
  };
  const initialize = GCLClient.initialize as (config: unknown, callback?: unknown) => Promise<unknown>;
  return {
    info: { good: of(pkcs11, 'info'), bad: of(wrong, 'info') },
    slots: { good: of(pkcs11, 'slots'), bad: of(wrong, 'slots') },
    slotsWithTokenPresent: { good: of(pkcs11, 'slotsWithTokenPresent'), bad: of(wrong, 'slotsWithTokenPresent') },
    token: { good: of(pkcs11, 'token', slotId), bad: of(pkcs11, 'token', 'x') },
    'certificates without options': { good: of(pkcs11, 'certificates', slotId), bad: of(pkcs11, 'certificates', 'x') },
    certificates: { good: of(pkcs11, 'certificates', slotId, {}), bad: of(pkcs11, 'certificates', slotId, 'x') },
    signData: { good: of(pkcs11, 'signData', request('ec')), bad: of(pkcs11, 'signData', request('ec', { data: '' })) },
    verifySignedData: {
      good: of(pkcs11, 'verifySignedData', request('ec', { signature: 'AAAA' })),
      bad: of(pkcs11, 'verifySignedData', request('ec')),
    },
    initialize: { good: (...callback) => initialize(new GCLConfig(), ...callback), bad: (...callback) => initialize(null, ...callback) },
  };
}

describe('t1c: callback and promise', () => {
  const bench = useBench();

  it('Callback 1: every method takes a callback, always returns a promise, and both fire', async () => {
    for (const [name, { good, bad }] of Object.entries(calls(bench()))) {
      let fired = 0;
      const count = (): void => void (fired += 1);
      const promises = [good(count), bad(count)];
      for (const promise of promises) assert.ok(promise instanceof Promise, name);
      assert.equal(fired, 0, 'not while the method is called');
      const settled = await Promise.allSettled(promises);
      assert.deepEqual(
        settled.map(({ status }) => status),
        ['fulfilled', 'rejected'],
        name,
      );
      assert.equal(fired, 2, name);
    }
  });

  it('Callback 2: success is told with null and the response, with which the promise resolves as well', async () => {
    for (const [name, { good }] of Object.entries(calls(bench()))) {
      const told: unknown[] = [];
      const response = await good((...given: unknown[]) => told.push(...given));
      assert.equal(told.length, 2, name);
      assert.equal(told[0], null, name);
      assert.equal(told[1], response, name);
    }
  });

  it('Callback 3: failure is told with the error and null, and the promise rejects with the very same object', async () => {
    for (const [name, { bad }] of Object.entries(calls(bench()))) {
      const told: unknown[] = [];
      const error = await failure(bad((...given: unknown[]) => told.push(...given)));
      assert.equal(told.length, 2, name);
      assert.equal(told[0], error, name);
      assert.equal(told[1], null, name);
    }
  });

  it('Callback 4: the callback runs before what the caller does with the promise', async () => {
    for (const [name, { good, bad }] of Object.entries(calls(bench()))) {
      for (const call of [good, bad]) {
        const order: string[] = [];
        const promise = call(() => order.push('callback'));
        await promise.then(
          () => order.push('then'),
          () => order.push('then'),
        );
        assert.deepEqual(order, ['callback', 'then'], name);
      }
    }
  });

  it('Callback 5: what is no function is ignored as a callback', async () => {
    for (const [name, { good, bad }] of Object.entries(calls(bench()))) {
      // In that place might stand options as well, and 5 is none.
      for (const callback of name === 'certificates without options' ? [undefined, null, {}] : [undefined, null, 5, 'text', {}]) {
        await good(callback);
        assert.equal((await failure(bad(callback))).success, false);
      }
    }
  });

  it('Callback 6: each fires once, and of two functions the first', async () => {
    const { pkcs11, slotId } = bench();
    const certificates = pkcs11.certificates.bind(pkcs11) as (...given: unknown[]) => Promise<unknown>;
    const fired: string[] = [];
    await certificates(
      slotId,
      () => fired.push('first'),
      () => fired.push('second'),
    );
    for (const { good, bad } of Object.values(calls(bench()))) {
      let count = 0;
      for (const call of [good, bad]) await call(() => (count += 1)).catch(() => undefined);
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(count, 2);
    }
    assert.deepEqual(fired, ['first']);
  });

  it('Callback 7: a throw inside the callback changes nothing for the promise, and is shown as a warning', async () => {
    const warnings: unknown[] = [];
    const listeners = process.listeners('warning');
    process.removeAllListeners('warning');
    process.on('warning', (warning) => warnings.push(warning));
    const thrown = Object.assign(new Error('of the callback'), { name: 'Thrown' });
    for (const what of [thrown, 'text', undefined]) {
      const thrower = (): never => {
        throw what;
      };
      for (const { good, bad } of Object.values(calls(bench()))) {
        await good(thrower);
        assert.equal((await failure(bad(thrower))).success, false);
      }
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.removeAllListeners('warning');
    for (const listener of listeners) process.on('warning', listener);
    assert.ok(warnings.includes(thrown));
    assert.equal(warnings.length, 3 * 2 * Object.keys(calls(bench())).length);
  });

  it('what an asynchronous callback rejects with is shown as a warning too', async () => {
    const thrown = Object.assign(new Error('of an asynchronous callback'), { name: 'Thrown' });
    const listeners = process.listeners('warning');
    process.removeAllListeners('warning');
    const warned = new Promise((resolve) => process.once('warning', resolve));
    assert.equal((await bench().pkcs11.info((async () => Promise.reject(thrown)) as never)).success, true);
    assert.equal(await warned, thrown);
    for (const listener of listeners) process.on('warning', listener);
  });

  it('who takes a callback need not look at the promise: its rejection ends no process', async () => {
    const unhandled: unknown[] = [];
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => unhandled.push(reason));
    try {
      for (const { bad } of Object.values(calls(bench()))) await new Promise((resolve) => void bad(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(unhandled, []);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of listeners) process.on('unhandledRejection', listener);
    }
  });

  it('what is done to a request after the call does not matter', async () => {
    const { pkcs11, request } = bench();
    const changing = request('rsa') as Record<string, unknown>;
    const right = (await pkcs11.signData(request('rsa'))).data;
    const signing = pkcs11.signData(changing as never);
    Object.assign(changing, { pin: 'another', cert_id: 'x', data: null, slot_id: -1 });
    assert.equal((await signing).data, right);
  });
});
