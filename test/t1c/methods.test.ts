// Methods: what is read, and in which form.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { inspect } from 'node:util';
import * as pkijs from 'pkijs';
import { CKC, CKO } from '../../lib';
import { LIE } from '../support/fault-module';
import { failure, FAULT_ID, ID, PIN, SLOT, useBench, useFault } from './support';

const INFO = ['cryptoki_version', 'manufacturer_id', 'flags', 'library_description', 'library_version'];
const SLOT_MEMBERS = ['slot_id', 'description', 'flags', 'hardware_version', 'firmware_version'];
const TOKEN_MEMBERS = [
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
];

describe('t1c: methods on SoftHSM', () => {
  const bench = useBench();

  it('Methods 1: info has exactly five members', async () => {
    const { data } = await bench().pkcs11.info();
    assert.deepEqual(Object.keys(data), INFO);
    assert.equal(data.flags, 0);
  });

  it('Methods 2: slots is an array, each with exactly five members', async () => {
    const { data } = await bench().pkcs11.slots();
    assert.ok(Array.isArray(data) && data.length >= 2);
    for (const slot of data) assert.deepEqual(Object.keys(slot), SLOT_MEMBERS);
  });

  it('Methods 4: token answers one object with the 18 members of the example', async () => {
    const { pkcs11, slotId, fixture } = bench();
    const { data } = await pkcs11.token(slotId);
    assert.deepEqual(Object.keys(data), TOKEN_MEMBERS);
    assert.equal(data.slot_id, slotId);
    assert.equal(data.serial_number, fixture.token.serialNumber);
  });

  it('Methods 5: certificates answers base64 and id of each, whatever its keyUsage, authorities and those without a CKA_ID as well', async () => {
    const { pkcs11, slotId, issued } = bench();
    const { data } = await pkcs11.certificates(slotId);
    const { keyOnly, ...withCertificate } = issued;
    assert.ok(keyOnly);
    const wanted = Object.entries(withCertificate).map(([name, { certificate }]) => ({
      base64: new X509Certificate(certificate).raw.toString('base64'),
      id: (ID as Record<string, string>)[name] ?? '',
    }));
    const sorted = <One extends { base64: string }>(all: readonly One[]): One[] => [...all].sort((a, b) => (a.base64 < b.base64 ? -1 : 1));
    assert.deepEqual(sorted(data), sorted(wanted));
  });

  it('Methods 6: signData answers base64 without line breaks', async () => {
    const { pkcs11, request } = bench();
    assert.match((await pkcs11.signData(request('rsa'))).data, /^[A-Za-z0-9+/]{342}==$/);
  });

  it('Methods 7: verifySignedData answers a boolean', async () => {
    const { pkcs11, request } = bench();
    const { data: signature } = await pkcs11.signData(request('rsa'));
    assert.equal((await pkcs11.verifySignedData(request('rsa', { signature }) as never)).data, true);
    assert.equal((await pkcs11.verifySignedData(request('ec', { signature }) as never)).data, false);
  });

  it('Methods 8: the envelope is data and success, which is true', async () => {
    const { pkcs11, slotId, request } = bench();
    for (const response of [
      await pkcs11.info(),
      await pkcs11.slots(),
      await pkcs11.slotsWithTokenPresent(),
      await pkcs11.token(slotId),
      await pkcs11.certificates(slotId),
      await pkcs11.signData(request('ec')),
      await pkcs11.verifySignedData(request('ec', { signature: 'AAAA' }) as never),
    ]) {
      assert.deepEqual(Object.keys(response), ['data', 'success']);
      assert.equal(response.success, true);
      assert.equal(Object.getPrototypeOf(response), Object.prototype);
    }
  });

  it('Methods 9: what fails rejects; no promise resolves with success false', async () => {
    const { client, pkcs11, slotId } = bench();
    const none = client.pkcs11({});
    const settled = await Promise.allSettled([
      none.info(),
      none.slots(),
      none.slotsWithTokenPresent(),
      pkcs11.token('x'),
      pkcs11.certificates(-1),
      pkcs11.signData({} as never),
      pkcs11.verifySignedData({ slot_id: slotId } as never),
    ]);
    for (const one of settled) assert.equal(one.status === 'rejected' && one.reason.success, false);
  });

  it('Methods 12: flags and ids are numbers', async () => {
    const { pkcs11, slotId } = bench();
    const numbers = [(await pkcs11.info()).data.flags, (await pkcs11.token(slotId)).data.flags, (await pkcs11.token(slotId)).data.slot_id];
    for (const { slot_id, flags } of (await pkcs11.slots()).data) numbers.push(slot_id, flags);
    for (const number of numbers) assert.ok(Number.isSafeInteger(number));
  });

  it('Methods 13: a slot id may be a numeric string; answers carry numbers', async () => {
    const { pkcs11, slotId, request } = bench();
    const slot_id = String(slotId);
    assert.deepEqual(await pkcs11.token(slot_id), await pkcs11.token(slotId));
    assert.equal((await pkcs11.token(slot_id)).data.slot_id, slotId);
    assert.deepEqual(await pkcs11.certificates(slot_id), await pkcs11.certificates(slotId));
    assert.equal((await pkcs11.signData(request('rsa', { slot_id }))).data, (await pkcs11.signData(request('rsa'))).data);
  });

  it('Methods 15: certificates takes its callback in every place', async () => {
    const { pkcs11, slotId } = bench();
    const { length } = (await pkcs11.certificates(slotId)).data;
    const certificates = pkcs11.certificates.bind(pkcs11) as (...given: unknown[]) => Promise<unknown>;
    for (const given of [[], [undefined], [null], [{}], [{ parseCerts: false }]]) {
      const told = await new Promise((resolve) => {
        void certificates(slotId, ...given, (error: unknown, response: { data: unknown[] }) => resolve([error, response.data.length]));
      });
      assert.deepEqual(told, [null, length]);
    }
  });

  it('Methods 16: filters are accepted and have no effect', async () => {
    const { pkcs11, slotId } = bench();
    const all = await pkcs11.certificates(slotId);
    for (const filters of [[], ['root-certificate'], 'x', null, { id: 'none' }])
      assert.deepEqual(await pkcs11.certificates(slotId, { filters }), all);
  });

  it('Methods 17: parseCerts adds what PKI.js makes of each', async () => {
    const { pkcs11, slotId, certificate } = bench();
    const { data } = await pkcs11.certificates(slotId, { parseCerts: true });
    assert.ok(data.length > 5);
    for (const { parsed, base64 } of data) {
      assert.ok(parsed instanceof pkijs.Certificate);
      assert.equal(Buffer.from(parsed.toSchema().toBER()).toString('base64'), base64);
    }
    const { parsed } = data.find(({ id }) => id === ID.leaf)!;
    assert.equal(
      BigInt(`0x${Buffer.from(parsed!.serialNumber.valueBlock.valueHexView).toString('hex')}`),
      BigInt(`0x${certificate('leaf').serialNumber}`),
    );
  });

  it('Methods 17: what is no certificate stays unparsed, and takes nothing from the others', async () => {
    const { pkcs11, slotId, fixture } = bench();
    const { token } = fixture;
    await token.login(PIN);
    const broken = await token.create({
      class: CKO.CERTIFICATE,
      certificateType: CKC.X_509,
      token: true,
      subject: Buffer.from('3000', 'hex'),
      id: Buffer.from('BAD0', 'hex'),
      value: Buffer.from('no certificate'),
    });
    await token.logout();
    try {
      const { data } = await pkcs11.certificates(slotId, { parseCerts: true });
      assert.deepEqual(
        data.filter(({ parsed }) => parsed === undefined),
        [{ base64: Buffer.from('no certificate').toString('base64'), id: 'BAD0' }],
      );
      const request = bench().request('ec', { cert_id: 'BAD0', signature: 'AAAA' });
      assert.equal((await failure(pkcs11.verifySignedData(request as never))).code, 100);
    } finally {
      await token.login(PIN);
      await broken.destroy();
      await token.logout();
    }
  });

  it('Methods 18: without parseCerts the member is absent', async () => {
    const { pkcs11, slotId } = bench();
    for (const options of [undefined, null, {}, { parseCerts: false }, { parseCerts: undefined }, { parseCerts: 'true' }, { parseCerts: 1 }]) {
      const { data } = await pkcs11.certificates(slotId, options as never);
      for (const one of data) assert.deepEqual(Object.keys(one), ['base64', 'id']);
    }
  });

  it('Methods 19: base64 is the DER on one line, without armour', async () => {
    const { pkcs11, slotId, certificate } = bench();
    const { data } = await pkcs11.certificates(slotId);
    const { base64 } = data.find(({ id }) => id === ID.rsa)!;
    assert.match(base64, /^[A-Za-z0-9+/]+={0,2}$/);
    assert.ok(Buffer.from(base64, 'base64').equals(certificate('rsa').raw));
  });

  it('Methods 20: id is CKA_ID in upper case; on input any case works', async () => {
    const { pkcs11, slotId, request } = bench();
    for (const { id } of (await pkcs11.certificates(slotId)).data) assert.match(id, /^(?:[0-9A-F]{2})*$/);
    const { data } = await pkcs11.signData(request('rsa'));
    for (const cert_id of ['a1b2c3', 'A1b2C3']) assert.equal((await pkcs11.signData(request('rsa', { cert_id }))).data, data);
  });

  it('Methods 21: reading certificates needs no PIN, and nobody is logged in by it', async () => {
    const { pkcs11, slotId, fixture } = bench();
    assert.ok((await pkcs11.certificates(slotId)).data.length > 5);
    const session = await fixture.token.session();
    assert.equal((await session.info()).state, 'public');
    await session.close();
  });
});

describe('t1c: methods on the programmable module', () => {
  const bench = useFault();

  it('Methods 3: slotsWithTokenPresent has those of slots whose flag bit 1 is set, in the same order', async () => {
    const { fault, pkcs11 } = bench();
    fault.remove(2);
    const { data } = await pkcs11.slots();
    const present = (await pkcs11.slotsWithTokenPresent()).data;
    assert.deepEqual(
      present,
      data.filter(({ flags }) => flags % 2 === 1),
    );
    const ids = data.map(({ slot_id }) => slot_id);
    assert.deepEqual(
      present.map(({ slot_id }) => slot_id),
      ids.filter((id) => id !== 2 && id !== SLOT.empty),
    );
    fault.insert(SLOT.empty);
    assert.ok((await pkcs11.slotsWithTokenPresent()).data.some(({ slot_id }) => slot_id === SLOT.empty));
  });

  it('Methods 10: versions are major.minor in decimal', async () => {
    const { pkcs11 } = bench();
    const { data: info } = await pkcs11.info();
    assert.deepEqual([info.cryptoki_version, info.library_version], ['3.2', '1.7']);
    const [slot] = (await pkcs11.slots()).data;
    assert.deepEqual([slot!.hardware_version, slot!.firmware_version], ['1.2', '3.4']);
    const { data: token } = await pkcs11.token(SLOT.ordinary);
    assert.deepEqual([token.hardware_version, token.firmware_version], ['5.6', '7.8']);
  });

  it('Methods 11: texts lose their blank padding', async () => {
    const { pkcs11 } = bench();
    const { data: info } = await pkcs11.info();
    assert.deepEqual([info.manufacturer_id, info.library_description], ['Fault works', 'Module for tests']);
    assert.equal((await pkcs11.slots()).data[0]!.description, 'Slot 0 of the module for tests');
    const { label, manufacturer_id, model } = (await pkcs11.token(SLOT.ordinary)).data;
    assert.deepEqual([label, manufacturer_id, model], ['fault 0', 'Fault works', 'Fault model']);
  });

  it('Methods 14: what is unavailable is -1, and what has no limit is 0', async () => {
    const { fault, pkcs11 } = bench();
    const { data } = await pkcs11.token(SLOT.ordinary);
    assert.deepEqual([data.free_public_memory, data.free_private_memory], [-1, -1]);
    assert.deepEqual([data.max_session_count, data.max_rw_session_count], [0, 0]);
    assert.deepEqual([data.total_public_memory, data.min_pin_length, data.max_pin_length], [65536, 4, 32]);
    fault.set('sessionLimit', 3);
    assert.equal((await pkcs11.token(SLOT.ordinary)).data.max_session_count, 3);
    assert.doesNotMatch(JSON.stringify(await pkcs11.token(SLOT.ordinary)), /null/);
  });

  it('a library full of rubbish is answered in the same form', async () => {
    const { fault, pkcs11 } = bench();
    for (const name of ['C_GetInfo', 'C_GetSlotInfo', 'C_GetTokenInfo'] as const) fault.tell(name, { lie: LIE['GARBAGE'] });
    assert.deepEqual(Object.keys((await pkcs11.info()).data), INFO);
    assert.deepEqual(Object.keys((await pkcs11.slots()).data[0]!), SLOT_MEMBERS);
    const { data } = await pkcs11.token(SLOT.ordinary);
    assert.deepEqual(Object.keys(data), TOKEN_MEMBERS);
    assert.equal(data.session_count, -1);
    for (const [name, value] of Object.entries(data)) assert.ok(['number', 'string'].includes(typeof value), `${name} ${inspect(value)}`);
  });

  it('a token that is blank is told about too', async () => {
    const { pkcs11 } = bench();
    assert.deepEqual(Object.keys((await pkcs11.token(SLOT.uninitialized)).data), TOKEN_MEMBERS);
    assert.deepEqual((await pkcs11.certificates(SLOT.ordinary)).data.length, 1);
    assert.equal((await pkcs11.certificates(SLOT.ordinary)).data[0]!.id, FAULT_ID);
  });
});
