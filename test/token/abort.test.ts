import assert from 'node:assert/strict';
import { verify } from 'node:crypto';
import { CKM, type KeyPair } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { all, pieces, refuses } from '../support/token';

for (const profile of profiles()) {
  describe(`operations that are given up on ${profile.title}`, () => {
    const fixture = useToken(profile);
    const data = Buffer.alloc(5000, 1);
    let pair: KeyPair;

    before(async function () {
      fixture().needs(this, 'generate', 'session-objects');
      await fixture().requires(this, CKM.RSA_PKCS_KEY_PAIR_GEN, CKM.RSA_PKCS);
      await fixture().token.login(fixture().pin);
      pair = await fixture().token.generateKeyPair('rsa');
    });
    afterEach(async () => {
      const signature = await pair.privateKey.sign('sha256', data);
      assert.equal(verify('sha256', data, pair.publicKey.toKeyObject(), signature), true, 'the key works as before');
    });

    /** One of every kind. */
    const uses: readonly [string, (options: { signal?: AbortSignal; timeLimit?: number }) => Promise<unknown>][] = [
      ['info', (options) => fixture().token.info(options)],
      ['random', (options) => fixture().token.random(16, options)],
      ['digest', (options) => fixture().token.digest('sha256', data, options)],
      ['find', (options) => all(fixture().token.objects({}, options))],
      ['get', (options) => pair.privateKey.get(['label'], options)],
      ['sign', (options) => pair.privateKey.sign('sha256', data, options)],
      ['sign in pieces', (options) => pair.privateKey.sign('sha256', pieces(data, 100), options)],
      ['verify', (options) => pair.publicKey.verify('sha256', data, Buffer.alloc(256), options)],
      ['decrypt', (options) => pair.privateKey.decrypt('rsa-pkcs1', Buffer.alloc(256), options)],
      ['session', (options) => fixture().token.session(options)],
      ['generateKeyPair', (options) => fixture().token.generateKeyPair('rsa', { ...options, label: 'given up' })],
      ['generateKey', (options) => fixture().token.generateKey('aes', { ...options, label: 'given up' })],
      ['slots', (options) => fixture().module.slots(options)],
      ['mechanisms', (options) => fixture().slot.mechanisms(options)],
    ];

    for (const [name, use] of uses) {
      it(`${name}: by a signal that has fired already`, async () => {
        await assert.rejects(use({ signal: AbortSignal.abort() }), { name: 'AbortError', code: 'ABORT_ERR' });
        const reason = new Error('changed my mind');
        await assert.rejects(use({ signal: AbortSignal.abort(reason) }), (error) => error === reason);
      });

      it(`${name}: by a signal that fires at once`, async () => {
        const controller = new AbortController();
        const running = use({ signal: controller.signal });
        controller.abort();
        await assert.rejects(running, { name: 'AbortError', code: 'ABORT_ERR' });
      });

      it(`${name}: by options that are none`, async () => {
        for (const timeLimit of [0, -1, Number.NaN, 1.5, 2 ** 31])
          await assert.rejects(use({ timeLimit }), { code: /^ERR_(OUT_OF_RANGE|INVALID_ARG)/ });
        await assert.rejects(use({ signal: 'now' as never }), { code: 'ERR_INVALID_ARG_TYPE' });
        await assert.rejects(use({ timeLimit: '5' as never }), { code: 'ERR_INVALID_ARG_TYPE' });
      });
    }

    it('among many, those that were given up only', async () => {
      const controllers = Array.from({ length: 60 }, () => new AbortController());
      const running = controllers.map(({ signal }) => pair.privateKey.sign('sha256', data, { signal }));
      controllers.forEach((controller, index) => index % 3 === 0 && controller.abort());
      const results = await Promise.allSettled(running);
      results.forEach((result, index) => assert.equal(result.status, index % 3 === 0 ? 'rejected' : 'fulfilled', `${index}`));
    });

    it('all by one signal, and nothing stays behind', async () => {
      const controller = new AbortController();
      const running = Array.from({ length: 100 }, () => fixture().token.generateKey('aes', { signal: controller.signal, label: 'given up' }));
      controller.abort();
      for (const { status } of await Promise.allSettled(running)) assert.equal(status, 'rejected');
      // Calls that ran already are tidied up in the sessions they ran in: closing a session waits for them.
      await fixture().token.random(1);
    });

    it('by their time limit, while their source keeps them waiting', async () => {
      async function* never(): AsyncGenerator<Uint8Array> {
        yield data;
        await new Promise(() => undefined);
      }
      await refuses(pair.privateKey.sign('sha256', never(), { timeLimit: 20 }), 'ERR_CRYPTOKI_TIMEOUT');
      await refuses(fixture().token.digest('sha256', never(), { timeLimit: 20 }), 'ERR_CRYPTOKI_TIMEOUT');
    });

    it('or not: a limit that is long enough changes nothing', async () => {
      const { signal } = new AbortController();
      const signature = await pair.privateKey.sign('sha256', pieces(data, 700), { signal, timeLimit: 2 ** 31 - 1 });
      assert.equal(verify('sha256', data, pair.publicKey.toKeyObject(), signature), true);
    });
  });
}
