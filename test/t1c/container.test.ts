// The container on SoftHSM: what the document and the settled page say, sentence by sentence.

import assert from 'node:assert/strict';
import { createHash, sign, verify, X509Certificate } from 'node:crypto';
import * as pkijs from 'pkijs';
import { GCLClient, GCLConfig, GCLLib } from '../../lib/t1c';
import { EC_ID, failure, KEYLESS_ID, moduleConfig, RSA_ID, useBench } from './support';

const document = Buffer.from('a document');
const hashed = (algorithm: string): string => createHash(algorithm).update(document).digest('base64');

describe('the Trust1Connector container', () => {
  const bench = useBench();
  const request = (cert_id: string, more: Record<string, unknown> = {}) => ({
    slot_id: bench().slotId,
    cert_id,
    pin: bench().fixture.pin,
    algorithm_reference: 'sha256',
    data: hashed('sha256'),
    ...more,
  });

  it('takes the configuration in the form of the document and in the released one', async () => {
    const path = moduleConfig(bench().fixture.profile.module);
    for (const config of [
      new GCLConfig('ds uri', 'apikey', path),
      new GCLConfig({ pkcs11Config: path, gclUrl: 'https://localhost', apiKey: '', osPinDialog: false }),
    ]) {
      const client = await GCLLib.GCLClient.initialize(config);
      assert.equal((await client.pkcs11().info()).success, true);
      await client.close();
    }
  });

  it('initialize calls back with the client and returns a promise of it', async () => {
    const given: unknown[] = [];
    const client = await GCLClient.initialize(new GCLConfig('ds', 'key'), (error, made) => given.push(error, made));
    assert.deepEqual(given, [null, client]);
  });

  it('the examples of the document run as written', async () => {
    const { fixture, slotId: slot_id } = bench();
    const config = new GCLConfig('ds uri', 'apikey', moduleConfig(fixture.profile.module));
    const given = moduleConfig(fixture.profile.module);
    await new Promise<void>((resolve, reject) => {
      void GCLLib.GCLClient.initialize(config, function (err, gclClient) {
        if (err || !gclClient) return reject(err);
        const seen: unknown[] = [];
        const callback = (name: string) => (error: unknown, data: unknown) => {
          seen.push([name, (error as { code?: number } | null)?.code, (data as { success?: boolean } | null)?.success]);
          if (seen.length < 6) return;
          try {
            assert.deepEqual(seen.sort(), [
              // The first example leaves out the slot.
              ['certificates without a slot', 801, undefined],
              ['certificates', undefined, true],
              ['info', undefined, true],
              ['slots', undefined, true],
              ['slotsWithTokenPresent', undefined, true],
              ['token', undefined, true],
            ]);
            void gclClient.close().then(resolve, reject);
          } catch (failed) {
            reject(failed as Error);
          }
        };
        const quietly = (promise: Promise<unknown>): void => void promise.catch(() => undefined);
        quietly(gclClient.pkcs11(given).certificates(callback('certificates without a slot') as never));
        quietly(gclClient.pkcs11(given).info(callback('info')));
        quietly(gclClient.pkcs11(given).slots(callback('slots')));
        quietly(gclClient.pkcs11(given).slotsWithTokenPresent(callback('slotsWithTokenPresent')));
        quietly(gclClient.pkcs11(given).token(slot_id, callback('token')));
        quietly(gclClient.pkcs11(given).certificates(slot_id, { parseCerts: false }, callback('certificates')));
      });
    });
  });

  it('the argument of pkcs11() overrides the configuration, and nothing else does', async () => {
    const client = await GCLClient.initialize(new GCLConfig('ds', 'key', moduleConfig('/nowhere.so')));
    assert.equal((await failure(client.pkcs11().info())).code, 300);
    assert.equal((await client.pkcs11(moduleConfig(bench().fixture.profile.module)).info()).success, true);
    await client.close();
  });

  it('a missing or wrong path shows at the first call, not at construction', async () => {
    const client = await GCLClient.initialize(new GCLConfig('ds', 'key'));
    for (const [given, code] of [
      [undefined, 902],
      [{}, 902],
      [{ linux: 5, mac: '', win: null }, 902],
      [moduleConfig(`${bench().fixture.profile.module}.missing`), 300],
      [moduleConfig(__filename), 300],
    ] as const) {
      const pkcs11 = client.pkcs11(given as never);
      assert.equal((await failure(pkcs11.slots())).code, code);
    }
  });

  it('info has exactly five members', async () => {
    const { data, success } = await bench().pkcs11.info();
    assert.equal(success, true);
    assert.deepEqual(Object.keys(data).sort(), ['cryptoki_version', 'flags', 'library_description', 'library_version', 'manufacturer_id']);
    assert.match(data.cryptoki_version, /^\d+\.\d+$/);
    assert.match(data.library_version, /^\d+\.\d+$/);
    assert.equal(data.manufacturer_id, 'SoftHSM', 'without its blank padding');
    assert.equal(data.flags, 0);
  });

  it('slots have exactly five members, and those with a token are told by flag bit 1, in the same order', async () => {
    const { pkcs11, slotId } = bench();
    const { data } = await pkcs11.slots();
    for (const slot of data) {
      assert.deepEqual(Object.keys(slot).sort(), ['description', 'firmware_version', 'flags', 'hardware_version', 'slot_id']);
      assert.equal(typeof slot.slot_id, 'number');
    }
    const present = await pkcs11.slotsWithTokenPresent();
    assert.deepEqual(
      present.data,
      data.filter(({ flags }) => (flags & 1) !== 0),
    );
    assert.ok(present.data.some(({ slot_id }) => slot_id === slotId));
  });

  it('token answers one object with the 18 members of the example; the slot id may be a numeric string, the answer carries a number', async () => {
    const { pkcs11, slotId, fixture } = bench();
    const { data } = await pkcs11.token(String(slotId));
    assert.deepEqual(Object.keys(data), [
      'slot_id',
      'label',
      'manufacturer_id',
      'model',
      'serial_number',
      'flags',
      'max_session_count',
      'session_count',
      'max_rw_session_count',
      'rw_session_count',
      'max_pin_length',
      'min_pin_length',
      'total_public_memory',
      'free_public_memory',
      'total_private_memory',
      'free_private_memory',
      'hardware_version',
      'firmware_version',
    ]);
    assert.equal(data.slot_id, slotId);
    assert.equal(data.label, fixture.token.label);
    assert.equal(data.total_public_memory, -1, 'unavailable');
    assert.equal(data.max_session_count, 0, 'effectively infinite');
  });

  it('certificates are read without a PIN: DER in base64 on one line, CKA_ID in upper case, nothing parsed unless asked', async () => {
    const { pkcs11, slotId, rsa, ec } = bench();
    const { data } = await pkcs11.certificates(slotId);
    assert.deepEqual(data.map(({ id }) => id).sort(), [RSA_ID, EC_ID, KEYLESS_ID].sort());
    const mine = data.find(({ id }) => id === RSA_ID)!;
    assert.deepEqual(Object.keys(mine), ['base64', 'id']);
    assert.equal(mine.base64, rsa.certificate.raw.toString('base64'));
    assert.equal(
      new X509Certificate(Buffer.from(data.find(({ id }) => id === EC_ID)!.base64, 'base64')).fingerprint256,
      ec.certificate.fingerprint256,
    );
  });

  it('parseCerts adds what PKI.js makes of each', async () => {
    const { pkcs11, slotId } = bench();
    const { data } = await pkcs11.certificates(slotId, { parseCerts: true, filters: ['x'] });
    for (const { parsed } of data) assert.ok(parsed instanceof pkijs.Certificate);
    assert.equal(data.length, 3);
  });

  it('certificates takes its callback in every place', async () => {
    const { pkcs11, slotId } = bench();
    for (const given of [[], [undefined], [null], [{}], [{ parseCerts: false }]]) {
      const called = await new Promise((resolve) => {
        const call = pkcs11.certificates as (...args: unknown[]) => Promise<unknown>;
        void call.call(pkcs11, slotId, ...given, (error: unknown, response: { data: unknown[] }) => resolve([error, response.data.length]));
      });
      assert.deepEqual(called, [null, 3]);
    }
  });

  for (const algorithm of ['SHA1', 'sha256', 'Sha384', 'SHA512']) {
    it(`signs ${algorithm}: RSA as PKCS #1 v1.5, EC as r‖s; what it signs it verifies, r‖s and DER`, async () => {
      const { pkcs11, rsa, ec } = bench();
      const name = algorithm.toLowerCase();
      const more = { algorithm_reference: algorithm, data: hashed(name) };
      const byRsa = (await pkcs11.signData(request(RSA_ID.toLowerCase(), more))).data;
      assert.doesNotMatch(byRsa, /\s/);
      assert.equal(verify(name, document, rsa.certificate.publicKey, Buffer.from(byRsa, 'base64')), true);
      const byEc = (await pkcs11.signData(request(EC_ID, more))).data;
      assert.equal(Buffer.from(byEc, 'base64').length, 64);
      assert.equal(verify(name, document, { key: ec.certificate.publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(byEc, 'base64')), true);
      const der = sign(name, document, ec.key).toString('base64');
      for (const [id, signature] of [
        [RSA_ID, byRsa],
        [EC_ID, byEc],
        [EC_ID, der],
      ] as const) {
        const { pin, ...withoutPin } = request(id, { ...more, signature });
        assert.deepEqual(await pkcs11.verifySignedData(withoutPin as never), { data: true, success: true });
        assert.deepEqual(await pkcs11.verifySignedData({ ...withoutPin, pin } as never), { data: true, success: true });
      }
    });
  }

  it('a wrong signature is an answer, not an error', async () => {
    const { pkcs11, rsa } = bench();
    const other = sign('sha256', Buffer.from('another'), rsa.key).toString('base64');
    for (const [id, signature] of [
      [RSA_ID, other],
      [RSA_ID, 'AAAA'],
      [EC_ID, other],
      [EC_ID, 'AAAA'],
    ] as const) {
      assert.deepEqual(await pkcs11.verifySignedData(request(id, { signature, pin: undefined }) as never), { data: false, success: true });
    }
  });

  it('forty calls at once, signing and reading, each get their own', async () => {
    const { pkcs11, slotId, rsa } = bench();
    const calls = Array.from({ length: 40 }, async (_, index) => {
      if (index % 4 === 0) return assert.equal((await pkcs11.certificates(slotId)).data.length, 3);
      const data = createHash('sha256').update(String(index)).digest('base64');
      const { data: signature } = await pkcs11.signData(request(RSA_ID, { data }));
      return assert.equal(verify('sha256', Buffer.from(String(index)), rsa.certificate.publicKey, Buffer.from(signature, 'base64')), true);
    });
    await Promise.all(calls);
  });
});
