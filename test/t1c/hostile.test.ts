// What a stranger may hand over: nothing of it ends the process, and no PIN appears in any message.

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { GCLClient, GCLConfig } from '../../lib/t1c';
import { failure, hashed, ID, PIN, useBench } from './support';

const MIB = 1 << 20;
const STRINGS: Readonly<Record<string, string>> = {
  XML: '<a xmlns="x">&amp;<![CDATA[]]></a>',
  NUL: 'a\0b',
  'a lone surrogate': 'a\ud800b',
  'another lone surrogate': '\udfff',
  'right to left': '\u202e\u2066x',
  'a path': '../../etc/passwd',
  'a format': '%s%n${1}{{1}}',
  'a prototype': '__proto__',
  '10 MiB': 'ab'.repeat(5 * MIB),
  '10 MiB of another letter': 'é'.repeat(5 * MIB),
  '10 MiB of base64': `${'A'.repeat(10 * MIB - 4)}AA==`,
  '10 MiB and no base64': `${'A'.repeat(10 * MIB)}*`,
};
/** How a wrong PIN may be told by SoftHSM, which takes PINs up to 255 bytes. */
const WRONG_PIN = [103, 104, 106, 112];

describe('t1c: hostile arguments', () => {
  const bench = useBench();

  for (const [what, text] of Object.entries(STRINGS)) {
    it(`${what} in place of each member of a request`, async () => {
      const { pkcs11, request, slotId } = bench();
      for (const name of ['slot_id', 'cert_id', 'algorithm_reference', 'data']) {
        const error = await failure(pkcs11.signData(request('ec', { [name]: text })));
        assert.equal(error.code, 801, name);
        assert.ok(inspect(error).length < 5000);
      }
      const wrong = await failure(pkcs11.signData(request('ec', { pin: text })));
      assert.ok([801, ...WRONG_PIN].includes(wrong.code), `${wrong.code} ${String(wrong.cause)}`);
      if (/\p{Surrogate}/u.test(text)) assert.equal(wrong.code, 801);
      const verified = pkcs11.verifySignedData(request('ec', { signature: text }) as never);
      if (/^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0) assert.equal((await verified).data, false);
      else assert.equal((await failure(verified)).code, 801);
      assert.equal((await pkcs11.signData(request('ec', { pace: text, [text]: text }))).success, true);
      assert.equal((await failure(pkcs11.token(text))).code, 801);
      assert.equal((await failure(pkcs11.certificates(text))).code, 801);
      assert.ok((await pkcs11.certificates(slotId, { filters: text })).data.length > 1);
    });

    it(`${what} in the configuration`, async () => {
      const config = new GCLConfig(text, text, { linux: text, mac: text, win: text });
      const error = await failure((await GCLClient.initialize(config)).pkcs11().info());
      assert.equal(error.code, 300);
    });
  }

  it('a CKA_ID of 10 MiB is an unknown certificate', async () => {
    const { pkcs11, request } = bench();
    assert.equal((await failure(pkcs11.signData(request('ec', { cert_id: 'ab'.repeat(5 * MIB) })))).code, 801);
    assert.equal((await failure(pkcs11.signData(request('ec', { cert_id: 'a'.repeat(10 * MIB + 1) })))).code, 801);
  });

  it('objects that throw when they are looked at are bad arguments', async () => {
    const { pkcs11, request, slotId } = bench();
    const thrown = new Error('of a getter');
    const throwing = (name: string): never =>
      Object.defineProperty({ ...request('ec', { signature: 'AAAA' }) }, name, {
        get() {
          throw thrown;
        },
      }) as never;
    for (const name of ['slot_id', 'cert_id', 'algorithm_reference', 'data', 'pin']) {
      const error = await failure(pkcs11.signData(throwing(name)));
      assert.deepEqual([error.code, error.cause], [801, thrown]);
    }
    assert.equal((await failure(pkcs11.verifySignedData(throwing('signature')))).code, 801);
    assert.equal((await failure(pkcs11.certificates(slotId, throwing('parseCerts')))).code, 801);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    assert.equal((await failure(pkcs11.signData(proxy as never))).code, 801);
    assert.equal((await failure(pkcs11.certificates(slotId, proxy as never))).code, 801);
  });

  it('what has no prototype, or more members than wanted, is a request like another', async () => {
    const { pkcs11, request } = bench();
    const bare = Object.assign(Object.create(null) as object, request('ec'), { extra: {} });
    assert.equal((await pkcs11.signData(bare as never)).success, true);
    assert.equal((await pkcs11.signData(Object.create(request('ec')) as never)).success, true, 'inherited members count');
  });

  it('a configuration cannot change what other objects are', async () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1, "pkcs11Config": {"__proto__": {"linux": "x"}}}') as object;
    const client = await GCLClient.initialize(new GCLConfig(hostile as never));
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    assert.ok([300, 902].includes((await failure(client.pkcs11().info())).code));
  });

  it('no error shows a PIN, data or a signature', async () => {
    const { pkcs11, request } = bench();
    const pin = 'QUITE-SECRET-PIN';
    const secret = Buffer.from('QUITE SECRET').toString('base64');
    for (const error of [
      await failure(pkcs11.signData(request('ec', { pin }))),
      await failure(pkcs11.signData(request('ec', { pin: `${pin}\ud800` }))),
      await failure(pkcs11.signData(request('ec', { pin, data: secret }))),
      await failure(pkcs11.signData(request('ec', { pin: { pin }, data: hashed('sha256') }))),
      await failure(pkcs11.signData(request('keyOnly', { pin }))),
      await failure(pkcs11.verifySignedData(request('ec', { pin, signature: `${secret}*` }) as never)),
      await failure(pkcs11.verifySignedData(request('ec', { pin, signature: secret }) as never)),
    ]) {
      const shown = `${inspect(error, { depth: 9, showHidden: true, maxStringLength: Infinity })}${error.stack}${JSON.stringify(error)}`;
      for (const one of [pin, PIN, secret, 'QUITE']) assert.ok(!shown.includes(one), shown);
    }
  });

  it('objects of this interface show nothing of what they were given', async () => {
    const { client, pkcs11 } = bench();
    assert.doesNotMatch(inspect(client, { depth: 9 }), /apikey/);
    assert.ok(inspect(pkcs11).length < 100);
    assert.equal(ID.ec, 'EC01');
  });
});
