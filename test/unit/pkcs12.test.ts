import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { CKM, CKR, CryptokiError, type Module, type ImportedPkcs12, type MechanismInfo, type Token } from '../../lib';
import { element, octetString, oid, sequence } from '../../lib/der';
import { openFile } from '../../lib/pkcs12/file';
import { stateOf } from '../../lib/token-objects';
import { spellings } from '../../lib/pkcs12/password';
import { issue } from '../support/certificates';
import type { FaultModule } from '../support/fault-module';
import { place } from '../support/place';
import { makePkcs12, type Making, type Part } from '../support/pkcs12';
import { all } from '../support/token';

const root = issue('Root');
const leaf = issue('Leaf', root);
const password = 'hemligt lösenord';
const parts: readonly Part[] = [{ key: leaf.privateKey }, { certificate: leaf.certificate }, { certificate: root.certificate }];
const pkcs8 = leaf.privateKey.export({ type: 'pkcs8', format: 'der' });

describe('PKCS #12 files', () => {
  const opens = async (making: Making, more: readonly Part[] = []): Promise<void> => {
    const { keys, certificates } = await openFile(await makePkcs12([...parts, ...more], { password, ...making }), password);
    assert.deepEqual(
      keys.map(({ der }) => der),
      [pkcs8],
    );
    assert.deepEqual(
      certificates.map(({ der }) => der),
      [leaf.certificate, root.certificate],
    );
  };

  for (const [title, making, more] of [
    ['as most programs make them', {}],
    ['without a MAC', { mac: 'none' }],
    ['with PBMAC1', { mac: 'pbmac1' }],
    ['with nothing encrypted', { plain: true }],
    ['in BER, of indefinite length', { ber: true }],
    ['with the derivation’s own form of the password for PBES2', { narrow: spellings(password)[0]!.wide }],
    ['with one iteration', { iterations: 1, encryption: 1 }],
    ['with things in them that are neither key nor certificate', {}, [{ other: ['1.2.840.113549.1.12.10.1.5', octetString(Buffer.from('other'))] }]],
  ] as [string, Making, Part[]?][]) {
    it(`are opened: ${title}`, () => opens(making, more));
  }

  it('are opened: bags in bags, as far as is sensible', async () => {
    const nested = (depth: number): Promise<Buffer> => makePkcs12([{ certificate: root.certificate, nested: depth }], { plain: true });
    assert.equal((await openFile(await nested(8), undefined)).certificates.length, 1);
    await assert.rejects(openFile(await nested(9), undefined), { code: 'ERR_INVALID_ARG_VALUE' });
    await assert.rejects(openFile(await nested(3000), undefined), { code: 'ERR_INVALID_ARG_VALUE' });
  });

  it('tell the names they give', async () => {
    const named: Part = { certificate: leaf.certificate, name: 'Éva 😀', localKeyId: Buffer.of(1, 2) };
    const [one, other] = (await openFile(await makePkcs12([named, { certificate: root.certificate, name: '' }], { plain: true }), undefined))
      .certificates;
    assert.equal(one!.friendlyName, 'Éva 😀');
    assert.deepEqual(one!.localKeyId, Buffer.of(1, 2));
    assert.equal(other!.friendlyName, undefined);
    const half: Part = { certificate: leaf.certificate, name: 'half \ud83d' };
    assert.equal((await openFile(await makePkcs12([half], { plain: true }), undefined)).certificates[0]!.friendlyName, 'half \ufffd');
  });

  it('a wrong password has a code of its own, with a MAC and without', async () => {
    for (const mac of ['pkcs12', 'pbmac1', 'none'] as const) {
      const file = await makePkcs12(parts, { password, mac });
      for (const wrong of ['wrong', '', undefined, null, password.normalize('NFD')]) {
        await assert.rejects(openFile(file, wrong), (error: Error) => {
          assert.ok(CryptokiError.is(error, 'ERR_CRYPTOKI_WRONG_PASSWORD'));
          assert.ok(!inspect(error).includes(password));
          return true;
        });
      }
    }
  });

  for (const [title, making, message] of [
    ['another version', { version: 4 }, /version 3 .* 4$/],
    ['protected by a signature', { ids: { content: '1.2.840.113549.1.7.2' } }, /by a signature/],
    ['encrypted for a key', { ids: { part: '1.2.840.113549.1.7.3' } }, /encrypted for a key/],
    ['a part of an unknown kind', { ids: { part: '1.2.3.4' } }, /A part .* 1\.2\.3\.4/],
    ['an unknown cipher', { ids: { cipher: '1.2.3.4' } }, /encryption .* 1\.2\.3\.4/],
    ['RC2', { ids: { cipher: '1.2.840.113549.3.2' } }, /RC2, .*anew/],
    ['an unknown hash in its derivation', { ids: { prf: '1.2.3.4' } }, /hash .* 1\.2\.3\.4/],
    ['an unknown hash in its MAC', { ids: { hash: '1.2.3.4' } }, /integrity check .* 1\.2\.3\.4/],
    ['a thousand million iterations for the MAC', { iterations: 1e9 }, /1000000000 iterations/],
    ['no iterations for the MAC', { iterations: 0 }, /asks for 0 iterations/],
    ['a thousand million iterations for a key', { encryption: 1e9 }, /1000000000 iterations/],
  ] as [string, Making, RegExp][]) {
    it(`are refused with the reason: ${title}`, async () => {
      const file = await makePkcs12(parts, { password, ...making });
      await assert.rejects(openFile(file, password), { code: 'ERR_CRYPTOKI_UNSUPPORTED', message });
    });
  }

  it('that are none are called damaged', async () => {
    const file = await makePkcs12(parts, { password });
    for (const data of [
      Buffer.alloc(0),
      Buffer.from('text'),
      pkcs8,
      root.certificate,
      file.subarray(0, -1),
      file.subarray(1),
      Buffer.alloc(100_000, 0x30),
    ]) {
      await assert.rejects(openFile(data, password), { code: 'ERR_INVALID_ARG_VALUE' });
    }
    await assert.rejects(openFile(Buffer.alloc(16 * 1024 * 1024 + 1), password), { code: 'ERR_CRYPTOKI_UNSUPPORTED' });
  });

  it('arguments of a wrong type', async () => {
    const file = await makePkcs12(parts, { password });
    for (const data of [undefined, null, 'text', 5, {}, []])
      await assert.rejects(openFile(data as never, password), { code: 'ERR_INVALID_ARG_TYPE' });
    for (const wrong of [5, {}, [], true, () => password]) await assert.rejects(openFile(file, wrong as never), { code: 'ERR_INVALID_ARG_TYPE' });
    await assert.rejects(openFile(file, 'half \ud83d'), { code: 'ERR_INVALID_ARG_VALUE' });
  });

  it('whatever the bytes, the answer is one of the errors', async () => {
    const file = await makePkcs12(parts, { password });
    const changes = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, async (places) => {
        const changed = Buffer.from(file);
        for (const [at, value] of places) changed[at] = value;
        const error = await openFile(changed, password).then(
          () => undefined,
          (reason: unknown) => reason as { code?: string },
        );
        if (error === undefined) return changed.equals(file) || true;
        return ['ERR_INVALID_ARG_VALUE', 'ERR_CRYPTOKI_WRONG_PASSWORD', 'ERR_CRYPTOKI_UNSUPPORTED'].includes(error.code ?? '');
      }),
      { numRuns: 300 },
    );
  });

  it('a signal ends a long derivation', async () => {
    const file = await makePkcs12(parts, { password, iterations: 9_000_000 });
    const controller = new AbortController();
    const opening = openFile(file, password, controller.signal);
    setImmediate(() => controller.abort(new Error('enough')));
    await assert.rejects(opening, /^Error: enough$/);
  });
});

describe('PKCS #12 files on a token that fails', () => {
  let fault: FaultModule;
  let module: Module;
  let token: Token;
  let file: Buffer;

  beforeEach(async () => {
    ({ fault, module, token } = await place());
    await token.login('1234');
    file = await makePkcs12(parts, { password });
  });

  afterEach(async () => {
    await module.close();
    assert.equal(fault.get('badArguments'), 0);
    fault.close();
  });

  const left = async (): Promise<number> => (await all(token.objects())).length;
  const bring = (options?: object): Promise<ImportedPkcs12> => token.importPkcs12(file, password, options);

  it('works where nothing fails', async () => {
    const { privateKeys, certificates } = await bring();
    assert.equal((await privateKeys[0]!.certificate())?.x509.fingerprint256, new X509Certificate(leaf.certificate).fingerprint256);
    assert.deepEqual(
      certificates.map(({ label }) => label),
      ['Leaf', 'Root'],
    );
  });

  for (const step of [0, 1, 2]) {
    it(`removes what it has made when step ${step + 1} fails`, async () => {
      fault.fail('C_CreateObject', CKR.DEVICE_MEMORY, { skip: step });
      await assert.rejects(bring(), { code: 'CKR_DEVICE_MEMORY', call: 'C_CreateObject' });
      assert.equal(await left(), 0);
    });
  }

  it('removes everything when the objects cannot be read in the end', async () => {
    fault.fail('C_GetAttributeValue', CKR.DEVICE_MEMORY, { times: 10 });
    await assert.rejects(bring(), { code: 'CKR_DEVICE_MEMORY', call: 'C_GetAttributeValue' });
    fault.reset();
    assert.equal(await left(), 0);
  });

  it('says what is left when it cannot be removed', async () => {
    fault.fail('C_CreateObject', CKR.DEVICE_MEMORY, { skip: 2 });
    fault.fail('C_DestroyObject', CKR.GENERAL_ERROR);
    await assert.rejects(bring({ label: 'mine' }), (error: CryptokiError) => {
      assert.equal(error.code, 'ERR_CRYPTOKI_PARTLY_DONE');
      assert.equal((error.cause as { code: string }).code, 'CKR_DEVICE_MEMORY');
      assert.equal(error.left!.length, 1);
      assert.match(error.left![0]!, /;object=mine;type=cert;id=/);
      assert.ok(error.message.includes(error.left![0]!));
      return true;
    });
    assert.equal(await left(), 1);
  });

  it('an abort in the middle leaves nothing', async () => {
    const controller = new AbortController();
    fault.hang('C_CreateObject');
    const importing = bring({ signal: controller.signal });
    importing.catch(() => undefined);
    await fault.inside('C_CreateObject');
    controller.abort();
    fault.release('C_CreateObject');
    await assert.rejects(importing, { name: 'AbortError' });
    while ((await left()) > 0) await new Promise((later) => setTimeout(later, 5));
  });

  it('wrong options are found before anything is done', async () => {
    for (const options of [null, 5, { signal: 5 }, { timeLimit: -1 }, { token: 'yes' }, { label: 5 }, { id: 'text' }]) {
      await assert.rejects(bring(options as never), ({ code }: { code: string }) => /^ERR_(?:INVALID_ARG_(?:TYPE|VALUE)|OUT_OF_RANGE)$/.test(code));
      assert.equal(await left(), 0);
    }
  });

  it('a file with nothing for a token', async () => {
    const empty = await makePkcs12([], { password });
    await assert.rejects(token.importPkcs12(empty, password), { code: 'ERR_INVALID_ARG_VALUE', message: /without keys/ });
  });

  it('a certificate in it that is none, and a key that is none', async () => {
    const bad = await makePkcs12([...parts, { certificate: Buffer.from('no certificate') }], { password });
    await assert.rejects(token.importPkcs12(bad, password), { code: 'ERR_INVALID_ARG_VALUE', message: /damaged certificate/ });
    const odd = sequence(element(2, Uint8Array.of(0)), sequence(oid('1.2.3.4')), octetString(Buffer.from('secret')));
    await assert.rejects(token.importPkcs12(await makePkcs12([{ key: odd }], { password }), password), { code: 'ERR_CRYPTOKI_UNSUPPORTED' });
    assert.equal(await left(), 0);
  });

  describe('a key that the token cannot use', () => {
    const sizes = (minKeySize?: number, maxKeySize?: number): MechanismInfo => ({ minKeySize, maxKeySize }) as MechanismInfo;
    const has = (...mechanisms: [number, MechanismInfo][]): void => {
      stateOf(token).mechanisms = async () => new Map(mechanisms);
    };
    let rsa: Buffer;

    before(async () => {
      rsa = await makePkcs12([{ key: generateKeyPairSync('rsa', { modulusLength: 1536 }).privateKey }], { password });
    });

    const refused = async (data: Buffer, message: RegExp): Promise<void> => {
      await assert.rejects(token.importPkcs12(data, password), { code: 'ERR_CRYPTOKI_UNSUPPORTED', message });
      assert.equal(await left(), 0);
    };

    it('is refused for its length', async () => {
      has([CKM.RSA_PKCS, sizes(2048, 4096)], [CKM.RSA_PKCS_PSS, sizes(2048, 3072)]);
      await refused(rsa, /'rsa' with 1536 bits .* takes 2048 to 4096/);
      has([CKM.RSA_PKCS, sizes(512, 1024)]);
      await refused(rsa, /'rsa' with 1536 bits .* takes 512 to 1024/);
    });

    it('is refused for its type', async () => {
      has([CKM.ECDSA, sizes(256, 521)]);
      await refused(rsa, /'rsa' are nothing that the token/);
      has([CKM.RSA_PKCS, sizes(512, 4096)]);
      await refused(file, /'ec' are nothing that the token/);
    });

    it('is taken where one mechanism has it, and where sizes are in bytes or not told', async () => {
      for (const least of [sizes(1024, 4096), sizes(64, 512), sizes()]) {
        has([CKM.RSA_X_509, sizes(2048, 4096)], [CKM.RSA_PKCS, least]);
        assert.equal((await token.importPkcs12(rsa, password)).privateKeys.length, 1);
      }
    });
  });
});
