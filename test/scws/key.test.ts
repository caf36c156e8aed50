// 10: keys, judged by node:crypto with the certificates that openssl has made.

import assert from 'node:assert/strict';
import { constants, createHash, publicEncrypt, randomBytes, verify } from 'node:crypto';
import { inspect } from 'node:util';
import { DOCUMENT, USAGES, useDesk } from './desk';
import { code } from './support';
import type { Key } from '../../lib/scws';

const HASHES = ['sha1', 'sha256', 'sha384', 'sha512'];
const hashed = (hash: string): Buffer => createHash(hash).update(DOCUMENT).digest();

describe('SCWS 10: keys', () => {
  const desk = useDesk();
  beforeEach(() => desk().login());

  it('10.1 algorithmName and alwaysAuthenticate', async () => {
    const { key, find } = desk();
    for (const [label, name] of [
      ['rsa', 'RSA'],
      ['curve', 'ECDSA'],
      ['edwards', 'EdDSA'],
    ] as const) {
      const { algorithmName, alwaysAuthenticate } = await key(label);
      assert.deepEqual([algorithmName, alwaysAuthenticate], [name, false]);
    }
    assert.equal(((await find('publicKey', 'rsa')) as Key).algorithmName, 'RSA');
  });

  it('10.1 sign, hashAndSign and decrypt are for private keys: a public one says that it is not permitted', async () => {
    const publicKey = (await desk().find('publicKey', 'rsa')) as Key;
    const calls = [publicKey.sign(hashed('sha256'), 'sha256'), publicKey.hashAndSign(DOCUMENT, 'sha256'), publicKey.decrypt(new Uint8Array(256))];
    assert.deepEqual(new Set(await Promise.all(calls.map(code))), new Set(['CKR_KEY_FUNCTION_NOT_PERMITTED']));
  });

  for (const name of Object.keys(USAGES)) {
    it(`10.1 the key of a certificate that says "${USAGES[name]!.join() || 'nothing'}" signs: what for is its owner’s affair`, async () => {
      const { key, publicKeyOf } = desk();
      const signature = new Uint8Array(await (await key(name)).hashAndSign(DOCUMENT, 'sha256'));
      assert.equal(verify('sha256', DOCUMENT, { key: await publicKeyOf(name), dsaEncoding: 'ieee-p1363' }, signature), true);
    });
  }

  it('10.1 a key without a certificate signs', async () => {
    assert.equal((await (await desk().key('lonely')).hashAndSign(DOCUMENT, 'sha256')).byteLength, 64);
  });

  it('10.2 sign with null, or with nothing, is PKCS #1 over the bytes as given', async () => {
    const { key, publicKeyOf } = desk();
    const [rsa, publicKey] = [await key('rsa'), await publicKeyOf('rsa')];
    const digestInfo = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), hashed('sha256')]);
    for (const signature of [await rsa.sign(digestInfo, null), await rsa.sign(digestInfo)])
      assert.equal(verify('sha256', DOCUMENT, publicKey, new Uint8Array(signature)), true);
    const plain = await rsa.sign(DOCUMENT, null);
    const opened = Buffer.from(publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, new Uint8Array(plain)));
    assert.match(opened.toString('hex'), new RegExp(`^0001(ff)+00${DOCUMENT.toString('hex')}$`));
  });

  it('10.2 sign with null: ECDSA over the bytes, Ed25519 over the message', async () => {
    const { key, publicKeyOf } = desk();
    const raw = new Uint8Array(await (await key('curve')).sign(hashed('sha256'), null));
    assert.equal(verify('sha256', DOCUMENT, { key: await publicKeyOf('curve'), dsaEncoding: 'ieee-p1363' }, raw), true);
    const edwards = await key('edwards');
    for (const signature of [await edwards.sign(DOCUMENT, null), await edwards.hashAndSign(DOCUMENT, null)])
      assert.equal(verify(null, DOCUMENT, await publicKeyOf('edwards'), new Uint8Array(signature)), true);
  });

  for (const hash of HASHES) {
    it(`10.3 ${hash}: the data is the hash, DigestInfo is added; hashAndSign hashes first`, async () => {
      const { key, publicKeyOf } = desk();
      const [rsa, publicKey] = [await key('rsa'), await publicKeyOf('rsa')];
      for (const signature of [await rsa.sign(hashed(hash), hash), await rsa.hashAndSign(DOCUMENT, hash)])
        assert.equal(verify(hash, DOCUMENT, publicKey, new Uint8Array(signature)), true);
    });

    it(`10.4 { mgf: '${hash}', saltLen }: PSS, over a hash or, by hashAndSign, over the data`, async () => {
      const { key, publicKeyOf } = desk();
      const [rsa, publicKey] = [await key('rsa'), await publicKeyOf('rsa')];
      for (const saltLen of [0, 20, hashed(hash).length]) {
        const node = { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltLen };
        const pss = { mgf: hash, saltLen };
        for (const signature of [await rsa.sign(hashed(hash), pss), await rsa.hashAndSign(DOCUMENT, pss)])
          assert.equal(verify(hash, DOCUMENT, node, new Uint8Array(signature)), true);
      }
    });

    it(`10.5 ${hash} with an EC key is r‖s`, async () => {
      const { key, publicKeyOf } = desk();
      const [curve, publicKey] = [await key('curve'), { key: await publicKeyOf('curve'), dsaEncoding: 'ieee-p1363' as const }];
      for (const signature of [await curve.sign(hashed(hash), hash), await curve.hashAndSign(DOCUMENT, hash)]) {
        assert.equal(signature.byteLength, 64);
        assert.equal(verify(hash, DOCUMENT, publicKey, new Uint8Array(signature)), true);
      }
    });
  }

  it('10.4 the hash of the data can be named', async () => {
    const { key, publicKeyOf } = desk();
    const rsa = await key('rsa');
    const pss = { mgf: 'sha256', saltLen: 32, hashAlg: 'SHA-256' };
    const node = { key: await publicKeyOf('rsa'), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    assert.equal(verify('sha256', DOCUMENT, node, new Uint8Array(await rsa.sign(hashed('sha256'), pss))), true);
    assert.equal(await code(rsa.sign(hashed('sha1'), pss)), 'MWR_SCWS_BAD_PARAMS');
  });

  const sealed = async (padding: number, data: Buffer): Promise<Buffer> => publicEncrypt({ key: await desk().publicKeyOf('rsa'), padding }, data);

  it('10.6 decrypt is PKCS #1 v1.5 where nothing else is said', async () => {
    const rsa = await desk().key('rsa');
    const secret = randomBytes(24);
    for (const algorithm of [undefined, null, {}, { type: 'pkcs1' as const }])
      assert.deepEqual(Buffer.from(await rsa.decrypt(await sealed(constants.RSA_PKCS1_PADDING, secret), algorithm)), secret);
  });

  it('10.7 decrypt OAEP', async () => {
    const rsa = await desk().key('rsa');
    const secret = randomBytes(24);
    // SoftHSM has OAEP with SHA-1 only.
    for (const algorithm of [{ hashAlg: 'sha1', mgf: 'sha1' }, { hashAlg: 'sha1' }, {}])
      assert.deepEqual(
        Buffer.from(await rsa.decrypt(await sealed(constants.RSA_PKCS1_OAEP_PADDING, secret), { type: 'oaep', ...algorithm })),
        secret,
      );
    assert.match(await code(rsa.decrypt(randomBytes(256), { type: 'oaep', hashAlg: 'sha512', mgf: 'sha256' })), /^CKR_/);
  });

  it('10.8 decrypt raw', async () => {
    const rsa = await desk().key('rsa');
    const block = Buffer.concat([Buffer.of(0), randomBytes(255)]);
    assert.deepEqual(Buffer.from(await rsa.decrypt(await sealed(constants.RSA_NO_PADDING, block), { type: 'raw' })), block);
  });

  it('10.6 what cannot be decrypted rejects with a code of the token', async () => {
    const { key } = desk();
    const [rsa, curve] = [await key('rsa'), await key('curve')];
    for (const data of ['', '00', randomBytes(256), randomBytes(10 * 1024 * 1024)])
      assert.match(await code(rsa.decrypt(data)), /^CKR_/, inspect(data.length));
    assert.match(await code(curve.decrypt(randomBytes(64))), /^(CKR_|MWR_SCWS_BAD_PARAMS)/);
  });

  it('10.3 ten million bytes, as text too; what no hash is refused by the token or before', async () => {
    const { key, publicKeyOf } = desk();
    const [rsa, publicKey] = [await key('rsa'), await publicKeyOf('rsa')];
    const large = randomBytes(10 * 1024 * 1024);
    for (const data of [large, large.toString('hex')])
      assert.equal(verify('sha256', large, publicKey, new Uint8Array(await rsa.hashAndSign(data, 'sha256'))), true);
    assert.equal(await code(rsa.sign(large, 'sha256')), 'MWR_SCWS_BAD_PARAMS');
    assert.match(await code(rsa.sign(large, null)), /^CKR_/);
  });

  it('10.3 forty calls at once, each with its own signature', async () => {
    const { key, publicKeyOf } = desk();
    const [rsa, publicKey] = [await key('rsa'), await publicKeyOf('rsa')];
    const signatures = await Promise.all(Array.from({ length: 40 }, (_, index) => rsa.hashAndSign(Uint8Array.of(index), 'sha256')));
    for (const [index, signature] of signatures.entries())
      assert.equal(verify('sha256', Uint8Array.of(index), publicKey, new Uint8Array(signature)), true);
  });

  it('10.3 hostile algorithms are bad parameters, and what a getter throws is the cause', async () => {
    const rsa = await desk().key('rsa');
    for (const algorithm of [
      '__proto__',
      'constructor',
      '',
      'sha256\0',
      '<sha256/>',
      '\ud800',
      'x'.repeat(1_000_000),
      5,
      true,
      Symbol('sha256'),
      () => 'sha256',
    ]) {
      assert.equal(await code(rsa.sign(hashed('sha256'), algorithm as never)), 'MWR_SCWS_BAD_PARAMS');
      assert.equal(await code(rsa.decrypt(hashed('sha256'), algorithm as never)), 'MWR_SCWS_BAD_PARAMS');
    }
    const thrown = new Error('of the getter');
    const broken = {
      get mgf(): string {
        throw thrown;
      },
    };
    const error = await rsa.sign(hashed('sha256'), broken as never).catch((one: unknown) => one as Error);
    assert.equal((error as Error).cause, thrown);
  });

  it('10.3 memory that is gone or shared is taken as it is, or is a bad parameter', async () => {
    const { key, publicKeyOf } = desk();
    const rsa = await key('rsa');
    const [gone, view] = [new ArrayBuffer(32), new Uint8Array(32)];
    structuredClone([gone, view.buffer], { transfer: [gone, view.buffer] });
    assert.equal(await code(rsa.sign(gone, 'sha256')), 'MWR_SCWS_BAD_PARAMS');
    assert.equal(await code(rsa.sign(view, 'sha256')), 'MWR_SCWS_BAD_PARAMS');
    const shared = new Uint8Array(new SharedArrayBuffer(32));
    shared.set(hashed('sha256'));
    assert.equal(verify('sha256', DOCUMENT, await publicKeyOf('rsa'), new Uint8Array(await rsa.sign(shared, 'sha256'))), true);
  });
});
