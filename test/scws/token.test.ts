// Tokens, PINs, objects and keys on SoftHSM.

import assert from 'node:assert/strict';
import { constants, createHash, publicEncrypt, randomBytes, verify, X509Certificate } from 'node:crypto';
import { CKR, CryptokiError, Pkcs11Error } from '../../lib';
import { Token, type Certificate, type DataContainer, type Key, type TokenObject } from '../../lib/scws';
import { code, keep, keepWithoutId, useBench } from './support';

const document = Buffer.from('a document');

describe('tokens of SCWS', () => {
  const bench = useBench(async (fixture, authority) => {
    await keep(fixture, authority.issue('signs', { extensions: ['keyUsage=digitalSignature'] }), 'a1', 'signs');
    await keep(fixture, authority.issue('commits', { extensions: ['keyUsage=nonRepudiation'] }), 'a2', 'commits');
    await keep(fixture, authority.issue('curve', { newkey: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] }), 'ec', 'curve');
    await keepWithoutId(fixture, authority.issue('nameless'), 'nameless');
    await fixture.token.importKey(authority.issue('lonely').key, { token: true, id: Buffer.from('ff', 'hex'), label: 'lonely' });
    await fixture.token.createData({ label: 'note', application: 'test', value: document });
    await fixture.token.createData({ label: 'secret', application: 'test', value: document, private: true });
  });
  let token: Token;
  const pin = () => token.pins[0]!;
  const login = () => pin().login(bench().fixture.pin);
  const find = async (type: TokenObject['type'], label: string): Promise<TokenObject> => {
    const found = (await token.getObjects()).find((object) => object.type === type && object.ckLabel === label);
    return found ?? assert.fail(`${type} ${label} is there`);
  };
  const key = async (label: string): Promise<Key> => (await find('privateKey', label)) as Key;
  const publicKeyOf = async (label: string) => new X509Certificate(await ((await find('certificate', label)) as Certificate).getValue()).publicKey;

  beforeEach(async () => {
    token = await bench().reader.connect();
  });
  afterEach(async () => {
    if (pin().validated) await pin().logout();
    await token.disconnect();
  });

  it('say what they are', () => {
    const { fixture, reader } = bench();
    assert.equal(token.reader, reader);
    assert.equal(token.label, fixture.token.label);
    assert.equal(token.serialNumber, fixture.token.serialNumber);
    assert.equal(token.model, fixture.token.model);
    assert.equal(token.protectedAuthPath, false);
    assert.equal(token.pins.length, 1);
  });

  it('private objects appear only after login', async () => {
    const labels = async (): Promise<string[]> => (await token.getObjects()).map(({ type, ckLabel }) => `${type} ${ckLabel}`).sort();
    const before = await labels();
    assert.ok(before.includes('certificate signs') && before.includes('dataContainer note'));
    assert.ok(!before.some((one) => one.startsWith('privateKey') || one.endsWith('secret')));
    await login();
    const after = await labels();
    for (const wanted of ['privateKey signs', 'privateKey lonely', 'dataContainer secret']) assert.ok(after.includes(wanted), wanted);
    await pin().logout();
    assert.deepEqual(await labels(), before);
  });

  it('objects say what they are; CKA_ID pairs certificate and key', async () => {
    await login();
    const objects = await token.getObjects();
    for (const object of objects) {
      assert.equal(object.parent, token);
      assert.equal(typeof object.handle, 'number');
      assert.equal(object.pinNumber, object.private ? 0 : undefined);
      assert.equal(object.modifiable, true);
    }
    assert.deepEqual(
      objects
        .filter(({ ckId }) => ckId === 'a1')
        .map(({ type }) => type)
        .sort(),
      ['certificate', 'privateKey'],
    );
    assert.equal((await find('certificate', 'nameless')).ckId, '');
  });

  it('certificates give their PEM, their times, and whether they are roots', async () => {
    const certificate = (await find('certificate', 'signs')) as Certificate;
    const { certificate: theirs } = bench().authority.holder('signs');
    assert.equal(await certificate.getValue(), theirs.toString());
    assert.equal(certificate.root, true);
    assert.equal(certificate.notBefore.getTime(), Date.parse(theirs.validFrom));
    assert.equal(certificate.notAfter.getTime(), Date.parse(theirs.validTo));
  });

  it('data containers give their data and their application', async () => {
    const note = (await find('dataContainer', 'note')) as DataContainer;
    assert.equal(note.application, 'test');
    const value = await note.getValue();
    assert.ok(value instanceof ArrayBuffer);
    assert.deepEqual(Buffer.from(value), document);
  });

  for (const form of ['hexadecimal', 'ArrayBuffer', 'Uint8Array'] as const) {
    it(`data comes as ${form}`, async () => {
      await login();
      const digest = createHash('sha256').update(document).digest();
      const forms = { hexadecimal: digest.toString('hex'), ArrayBuffer: Uint8Array.from(digest).buffer, Uint8Array: digest };
      const signature = await (await key('signs')).sign(forms[form], 'sha256');
      assert.ok(signature instanceof ArrayBuffer);
      assert.equal(verify('sha256', document, await publicKeyOf('signs'), new Uint8Array(signature)), true);
    });
  }

  for (const hash of ['sha1', 'sha256', 'sha384', 'sha512']) {
    it(`signs ${hash}: RSA with DigestInfo and by PSS, EC as r‖s; hashAndSign is the same over the data`, async () => {
      await login();
      const digest = createHash(hash).update(document).digest();
      const [rsa, curve] = [await key('signs'), await key('curve')];
      assert.deepEqual([rsa.algorithmName, curve.algorithmName, rsa.alwaysAuthenticate], ['RSA', 'ECDSA', false]);
      const rsaPublic = await publicKeyOf('signs');
      for (const signature of [await rsa.sign(digest, hash), await rsa.hashAndSign(document, hash)]) {
        assert.equal(verify(hash, document, rsaPublic, new Uint8Array(signature)), true);
      }
      const pss = { mgf: hash, saltLen: 20 };
      const node = { key: rsaPublic, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 20 };
      for (const signature of [await rsa.sign(digest, pss), await rsa.hashAndSign(document, pss)]) {
        assert.equal(verify(hash, document, node, new Uint8Array(signature)), true);
      }
      const ecPublic = { key: await publicKeyOf('curve'), dsaEncoding: 'ieee-p1363' as const };
      for (const signature of [await curve.sign(digest, hash), await curve.hashAndSign(document, hash)]) {
        assert.equal(signature.byteLength, 64);
        assert.equal(verify(hash, document, ecPublic, new Uint8Array(signature)), true);
      }
    });
  }

  it('null is PKCS #1 over the bytes as given', async () => {
    await login();
    const digest = createHash('sha256').update(document).digest();
    const digestInfo = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), digest]);
    const signature = await (await key('signs')).sign(digestInfo, null);
    assert.equal(verify('sha256', document, await publicKeyOf('signs'), new Uint8Array(signature)), true);
    const raw = await (await key('curve')).sign(digest);
    assert.equal(verify('sha256', document, { key: await publicKeyOf('curve'), dsaEncoding: 'ieee-p1363' }, new Uint8Array(raw)), true);
  });

  it('decrypts PKCS #1, OAEP and raw', async () => {
    await login();
    const rsa = await key('signs');
    const publicKey = await publicKeyOf('signs');
    const secret = randomBytes(24);
    const sealed = (padding: number): Buffer => publicEncrypt({ key: publicKey, padding }, secret);
    for (const algorithm of [undefined, null, {}, { type: 'pkcs1' as const }]) {
      assert.deepEqual(Buffer.from(await rsa.decrypt(sealed(constants.RSA_PKCS1_PADDING), algorithm)), secret);
    }
    const oaep = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, secret);
    assert.deepEqual(Buffer.from(await rsa.decrypt(oaep, { type: 'oaep', hashAlg: 'sha1', mgf: 'sha1' })), secret);
    const block = Buffer.concat([Buffer.from([0]), randomBytes(255)]);
    const raw = publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, block);
    assert.deepEqual(Buffer.from(await rsa.decrypt(raw, { type: 'raw' })), block);
  });

  it('bad parameters have their code, and cost nothing', async () => {
    await login();
    const rsa = await key('signs');
    const digest = createHash('sha256').update(document).digest();
    const calls: [string, () => Promise<unknown>][] = [
      ['text that is no hexadecimal', () => rsa.sign('xyz', 'sha256')],
      ['half a byte', () => rsa.sign('abc', 'sha256')],
      ['no data', () => rsa.sign(undefined as never, 'sha256')],
      ['a number', () => rsa.sign(5 as never, 'sha256')],
      ['an unknown hash', () => rsa.sign(digest, 'md5')],
      ['a hostile hash', () => rsa.sign(digest, '__proto__')],
      ['a hash of the wrong length', () => rsa.sign(digest, 'sha1')],
      ['PSS without a salt', () => rsa.sign(digest, { mgf: 'sha256' } as never)],
      ['PSS with a mask of nobody', () => rsa.sign(digest, { mgf: 'x', saltLen: 20 })],
      ['PSS over what is no hash', () => rsa.sign(document, { mgf: 'sha256', saltLen: 20 })],
      ['hashing without a hash', () => rsa.hashAndSign(document, null)],
      ['an unknown cipher', () => rsa.decrypt(digest, { type: 'x' as never })],
      ['a cipher that is text', () => rsa.decrypt(digest, 'oaep' as never)],
      ['a PIN that is a number', () => pin().login(1234 as never)],
      ['a role that is text', () => pin().login('1234', 'so' as never)],
      ['no new PIN', () => pin().change('1234', undefined as never)],
      ['a file that is a number', () => token.importPkcs12(5 as never, 'x')],
      ['a password that is none', () => token.importPkcs12('00', undefined as never)],
    ];
    for (const [what, call] of calls) assert.equal(await code(call()), 'MWR_SCWS_BAD_PARAMS', what);
    const publicKey = (await token.getObjects()).find(({ type }) => type === 'publicKey') as Key | undefined;
    if (publicKey !== undefined) assert.equal(await code(publicKey.sign(digest, 'sha256')), 'CKR_KEY_FUNCTION_NOT_PERMITTED');
  });

  it('ten million bytes, and forty calls at once', async () => {
    await login();
    const rsa = await key('signs');
    const publicKey = await publicKeyOf('signs');
    const large = randomBytes(10_000_000);
    assert.equal(verify('sha256', large, publicKey, new Uint8Array(await rsa.hashAndSign(large, 'sha256'))), true);
    const results = await Promise.all(Array.from({ length: 40 }, (_, index) => rsa.hashAndSign(Buffer.from([index]), 'sha256')));
    for (const [index, signature] of results.entries())
      assert.equal(verify('sha256', Buffer.from([index]), publicKey, new Uint8Array(signature)), true);
  });

  describe('PINs', () => {
    it('login and logout, with the properties of the PIN following', async () => {
      assert.deepEqual([pin().label !== '', pin().initialized, pin().toBeChanged, pin().blocked, pin().validated], [true, true, false, false, false]);
      assert.equal(await login(), undefined);
      assert.equal(pin().validated, true);
      assert.equal(await pin().logout(), undefined);
      assert.equal(pin().validated, false);
    });

    it('a wrong one is CKR_PIN_INCORRECT and moves the counters that the token shows', async () => {
      assert.equal(pin().tryCountLow, false);
      assert.equal(await code(pin().login('99999')), 'CKR_PIN_INCORRECT');
      assert.equal(pin().tryCountLow, true);
      assert.equal(pin().remainingTries, undefined);
      await login();
      assert.equal(pin().tryCountLow, false);
    });

    it('is changed, with blanks and letters of other alphabets, and back', async () => {
      const { fixture } = bench();
      await login();
      const other = ' pin mit Ümlaut und Ж ';
      await pin().change(fixture.pin, other);
      await pin().logout();
      assert.equal(await code(pin().login(other.trim())), 'CKR_PIN_INCORRECT');
      await pin().login(other);
      await pin().change(other, fixture.pin);
      await pin().logout();
      await login();
    });

    it('is set by the security officer, and unblocked with the security officer’s', async () => {
      const { fixture } = bench();
      await pin().login(fixture.soPin, true);
      await pin().init('set by the officer');
      await pin().logout();
      await pin().login('set by the officer');
      await pin().logout();
      assert.equal(await code(pin().unblock('00000000', fixture.pin)), 'CKR_PIN_INCORRECT');
      await pin().unblock(fixture.soPin, fixture.pin);
      assert.equal(pin().validated, false);
      await login();
    });
  });

  describe('PKCS #12', () => {
    it('brings key and certificate, which pair', async () => {
      await login();
      const { authority } = bench();
      authority.issue('imported');
      assert.equal(await token.importPkcs12(authority.pkcs12('imported', 'päss'), 'päss'), undefined);
      const imported = await key('imported');
      assert.equal((await find('certificate', 'imported')).ckId, imported.ckId);
      const signature = await imported.hashAndSign(document, 'sha256');
      assert.equal(verify('sha256', document, await publicKeyOf('imported'), new Uint8Array(signature)), true);
    });

    it('damaged, or locked by another password: each has its code, and nothing stays', async () => {
      await login();
      const { authority } = bench();
      authority.issue('refused');
      const before = (await token.getObjects()).length;
      const file = authority.pkcs12('refused', 'password');
      assert.equal(await code(token.importPkcs12(file.subarray(0, 300), 'password')), 'MWR_IMPORT_FILE_INVALID');
      assert.equal(await code(token.importPkcs12('00', 'password')), 'MWR_IMPORT_FILE_INVALID');
      assert.equal(await code(token.importPkcs12(file, 'another')), 'MWR_IMPORT_PASSWORD_INVALID');
      assert.equal((await token.getObjects()).length, before);
    });

    it('the same file a second time is CXR_CONTAINER_EXISTS, and nothing is there twice', async () => {
      await login();
      const { authority } = bench();
      authority.issue('twice');
      const file = authority.pkcs12('twice', 'password');
      await token.importPkcs12(file, 'password');
      const before = (await token.getObjects()).map(({ handle }) => handle).sort((a, b) => a - b);
      assert.equal(await code(token.importPkcs12(file, 'password')), 'CXR_CONTAINER_EXISTS');
      const after = (await token.getObjects()).map(({ handle }) => handle).sort((a, b) => a - b);
      assert.deepEqual(after, before);
    });

    it('a key that the token cannot have has the code of the reason', async () => {
      const refused = async (error: Error): Promise<string> => {
        const none = (): never[] => [];
        const connection = { token: { importPkcs12: () => Promise.reject(error), privateKeys: none, certificates: none }, options: {} };
        return code(new Token({} as never, connection as never, {} as never).importPkcs12('00', 'x'));
      };
      const unsupported = (reason?: 'key-type' | 'key-length') => new CryptokiError('ERR_CRYPTOKI_UNSUPPORTED', 'x', reason && { reason });
      assert.equal(await refused(unsupported('key-type')), 'MWR_IMPORT_KEY_TYPE_UNSUPPORTED');
      assert.equal(await refused(unsupported('key-length')), 'MWR_IMPORT_KEY_LENGTH_UNSUPPORTED');
      assert.equal(await refused(unsupported()), 'MWR_IMPORT_FILE_INVALID');
      assert.equal(await refused(new Pkcs11Error(CKR.DEVICE_MEMORY, 'C_CreateObject')), 'CKR_DEVICE_MEMORY');
    });
  });
});
