// Signing, and verifying what was signed.

import assert from 'node:assert/strict';
import { constants, createPrivateKey, publicDecrypt, sign, verify } from 'node:crypto';
import type { Token } from '../../lib';
import { issue } from '../support/certificates';
import { all } from '../support/token';
import { clientOf, DOCUMENT, failure, FAULT_PIN, hashed, hashOf, ID, PIN, SLOT, useBench, useFault } from './support';

/** What goes before the hash in RSA PKCS #1 v1.5 (RFC 8017, section 9.2, note 1). */
const DIGEST_INFO: Readonly<Record<string, string>> = {
  sha1: '3021300906052b0e03021a05000414',
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};
const HASHES = Object.keys(DIGEST_INFO);
const EC_BYTES = { ec: 64, both: 96 } as const;

async function stateOf(token: Token): Promise<string> {
  const session = await token.session();
  try {
    return (await session.info()).state;
  } finally {
    await session.close();
  }
}

describe('t1c: signing on SoftHSM', () => {
  const bench = useBench();

  it('Signing 1: the members of a request; pace has no effect, and to verify there is a signature and the PIN may be left out', async () => {
    const { pkcs11, request } = bench();
    const { data: signature } = await pkcs11.signData(request('rsa'));
    for (const pace of ['123456', '', 5, null]) assert.equal((await pkcs11.signData(request('rsa', { pace }))).data, signature);
    for (const pin of [PIN, undefined, null, '']) {
      assert.deepEqual(await pkcs11.verifySignedData(request('rsa', { signature, pin }) as never), { data: true, success: true });
    }
    const { pin, ...withoutPin } = request('rsa', { signature });
    assert.equal(pin, PIN);
    assert.equal((await pkcs11.verifySignedData(withoutPin as never)).data, true);
    assert.equal((await failure(pkcs11.verifySignedData(request('rsa', { signature, pin: 'another' }) as never))).success, false);
  });

  it('Signing 2: data is the hash itself in base64: no hexadecimal, no document', async () => {
    const { pkcs11, request, certificate } = bench();
    const { data } = await pkcs11.signData(request('rsa'));
    assert.equal(verify('sha256', DOCUMENT, certificate('rsa').publicKey, Buffer.from(data, 'base64')), true);
    for (const wrong of [
      hashOf('sha256').toString('hex'),
      DOCUMENT.toString('base64'),
      DOCUMENT.toString(),
      hashOf('sha256').toString('base64url'),
    ]) {
      assert.equal((await failure(pkcs11.signData(request('rsa', { data: wrong })))).code, 801);
    }
  });

  for (const algorithm_reference of ['SHA1', 'sha1', 'SHA256', 'Sha256', 'sha384', 'SHA384', 'sHA512', 'SHA512']) {
    it(`Signing 3: ${algorithm_reference} signs, and is verified`, async () => {
      const { pkcs11, request, certificate } = bench();
      const name = algorithm_reference.toLowerCase();
      const more = { algorithm_reference, data: hashed(name) };
      for (const who of ['rsa', 'ec'] as const) {
        const { data: signature } = await pkcs11.signData(request(who, more));
        const key = { key: certificate(who).publicKey, dsaEncoding: 'ieee-p1363' } as const;
        assert.equal(verify(name, DOCUMENT, key, Buffer.from(signature, 'base64')), true);
        assert.equal((await pkcs11.verifySignedData(request(who, { ...more, signature }) as never)).data, true);
      }
    });
  }

  it('Signing 3: nothing else is an algorithm', async () => {
    const { pkcs11, request } = bench();
    for (const algorithm_reference of [
      'md5',
      'SHA-256',
      'sha224',
      'sha3-256',
      ' sha256',
      'ſha256',
      'sha256\0',
      '__proto__',
      'constructor',
      '',
      256,
      null,
    ]) {
      assert.equal((await failure(pkcs11.signData(request('rsa', { algorithm_reference })))).code, 801);
    }
  });

  it('Signing 4: the hash must be as long as the algorithm makes it', async () => {
    const { pkcs11, request } = bench();
    const lengths: Readonly<Record<string, number>> = { SHA1: 20, SHA256: 32, SHA384: 48, SHA512: 64 };
    for (const [algorithm_reference, right] of Object.entries(lengths)) {
      for (const length of [1, 20, 32, 48, 64, right - 1, right + 1]) {
        const asked = pkcs11.signData(request('ec', { algorithm_reference, data: Buffer.alloc(length, 7).toString('base64') }));
        if (length === right) assert.equal((await asked).success, true);
        else assert.equal((await failure(asked)).code, 801);
      }
    }
  });

  it('Signing 5: the key is the one with the CKA_ID of the certificate, whatever its keyUsage, and the first of a chain', async () => {
    const { pkcs11, request, certificate } = bench();
    for (const who of ['rsa', 'ec', 'digitalSignature', 'nonRepudiation', 'both', 'leaf'] as const) {
      const { data: signature } = await pkcs11.signData(request(who));
      const key = { key: certificate(who).publicKey, dsaEncoding: 'ieee-p1363' } as const;
      assert.equal(verify('sha256', DOCUMENT, key, Buffer.from(signature, 'base64')), true, who);
      assert.equal((await pkcs11.verifySignedData(request(who, { signature }) as never)).data, true, who);
    }
  });

  it('Signing 5: a certificate without its key signs nothing, and verifies', async () => {
    const { pkcs11, request, issued } = bench();
    for (const who of ['middle', 'root'] as const) {
      assert.equal((await failure(pkcs11.signData(request(who)))).code, 801);
      const signature = sign('sha256', DOCUMENT, createPrivateKey(issued[who]!.key)).toString('base64');
      assert.equal((await pkcs11.verifySignedData(request(who, { signature }) as never)).data, true);
    }
  });

  it('Signing 5: a key without a certificate is none, and a certificate without a CKA_ID cannot be named', async () => {
    const { pkcs11, request } = bench();
    assert.equal((await failure(pkcs11.signData(request('keyOnly')))).code, 801);
    for (const cert_id of ['', undefined, null]) assert.equal((await failure(pkcs11.signData(request('rsa', { cert_id })))).code, 801);
  });

  for (const hash of HASHES) {
    it(`Signing 6: RSA signs the DigestInfo of ${hash}, with the padding of PKCS #1 v1.5`, async () => {
      const { pkcs11, request, certificate } = bench();
      const { data } = await pkcs11.signData(request('rsa', { algorithm_reference: hash, data: hashed(hash) }));
      const padding = constants.RSA_PKCS1_PADDING;
      const opened = publicDecrypt({ key: certificate('rsa').publicKey, padding }, Buffer.from(data, 'base64'));
      assert.equal(opened.toString('hex'), DIGEST_INFO[hash]! + hashOf(hash).toString('hex'));
    });
  }

  for (const hash of HASHES) {
    it(`Signing 7: EC signs the ${hash} as r and s in one; both forms are verified`, async () => {
      const { pkcs11, request, certificate, issued } = bench();
      const more = { algorithm_reference: hash, data: hashed(hash) };
      for (const who of ['ec', 'both'] as const) {
        const { data } = await pkcs11.signData(request(who, more));
        const raw = Buffer.from(data, 'base64');
        assert.equal(raw.length, EC_BYTES[who]);
        assert.equal(verify(hash, DOCUMENT, { key: certificate(who).publicKey, dsaEncoding: 'ieee-p1363' }, raw), true);
        const key = createPrivateKey(issued[who]!.key);
        for (const dsaEncoding of ['ieee-p1363', 'der'] as const) {
          const signature = sign(hash, DOCUMENT, { key, dsaEncoding }).toString('base64');
          assert.equal((await pkcs11.verifySignedData(request(who, { ...more, signature }) as never)).data, true);
        }
      }
    });
  }

  it('the key of a certificate that is neither RSA nor EC signs no hash: 801', async () => {
    const { pkcs11, request } = bench();
    assert.equal((await failure(pkcs11.verifySignedData(request('edwards', { signature: 'AAAA' }) as never))).code, 801);
  });

  it('Signing 9: the PIN is used as it is: blanks, letters beyond ASCII, no other form of them', async () => {
    const { pkcs11, request } = bench();
    assert.equal((await pkcs11.signData(request('ec'))).success, true);
    for (const pin of [PIN.trim(), PIN.normalize('NFD'), PIN.toUpperCase(), `${PIN}\0`, `${PIN} `]) {
      const error = await failure(pkcs11.signData(request('ec', { pin })));
      assert.ok([103, 104, 112].includes(error.code), `${error.code}`);
      assert.equal((await pkcs11.signData(request('ec'))).success, true);
    }
  });

  it('Signing 11: a wrong signature is an answer, not an error', async () => {
    const { pkcs11, request, issued } = bench();
    const key = createPrivateKey(issued['rsa']!.key);
    const other = sign('sha256', Buffer.from('another'), key).toString('base64');
    const right = sign('sha256', DOCUMENT, key).toString('base64');
    const zeros = (length: number): string => Buffer.alloc(length).toString('base64');
    for (const [who, signature] of [
      ['rsa', other],
      ['rsa', zeros(1)],
      ['rsa', zeros(256)],
      ['rsa', zeros(257)],
      ['ec', other],
      ['ec', right],
      ['ec', zeros(1)],
      ['ec', zeros(64)],
      ['ec', Buffer.from('3006020100020100', 'hex').toString('base64')],
      ['both', zeros(64)],
    ] as const) {
      for (const pin of [undefined, PIN]) {
        assert.deepEqual(
          await pkcs11.verifySignedData(request(who, { signature, pin }) as never),
          { data: false, success: true },
          `${who} ${signature}`,
        );
      }
    }
  });

  it('to verify leaves nothing on the token', async () => {
    const { pkcs11, fixture, request, issued } = bench();
    const count = async (): Promise<number> => (await all(fixture.token.objects())).length;
    const before = await count();
    const signature = sign('sha256', DOCUMENT, createPrivateKey(issued['middle']!.key)).toString('base64');
    assert.equal((await pkcs11.verifySignedData(request('middle', { signature, pin: undefined }) as never)).data, true);
    assert.equal(await count(), before);
  });

  it('of an RSA key and an EC key with one CKA_ID, the certificate has its own', async () => {
    const { pkcs11, fixture, request, issued } = bench();
    const { token } = fixture;
    const id = Buffer.from('2222', 'hex');
    await token.login(PIN);
    for (const name of ['rsa', 'ec']) await token.importKey(issued[name]!.key, { token: true, id });
    await token.importCertificate(issued['ec']!.certificate, { id });
    await token.logout();
    const { data: signature } = await pkcs11.signData(request('ec', { cert_id: '2222' }));
    assert.equal((await pkcs11.verifySignedData(request('ec', { cert_id: '2222', signature }) as never)).data, true);
    await token.login(PIN);
    for await (const object of token.objects({ id })) await object.destroy();
    await token.logout();
  });

  it('a login of the call ends with it, one that was there before stays', async () => {
    const { pkcs11, fixture, request } = bench();
    const { token } = fixture;
    await pkcs11.signData(request('ec'));
    await failure(pkcs11.signData(request('ec', { pin: 'another' })));
    assert.equal(await stateOf(token), 'public');
    await token.login(PIN);
    await pkcs11.signData(request('ec'));
    assert.equal(await stateOf(token), 'user');
    await token.logout();
  });
});

describe('t1c: signing on the programmable module', () => {
  const bench = useFault();

  it('Signing 8: a bad argument asks the token nothing; an unknown certificate, or no PIN, costs no try', async () => {
    const { fault, pkcs11, request } = bench();
    await pkcs11.info();
    const asked = ['C_GetSlotInfo', 'C_GetTokenInfo', 'C_OpenSession', 'C_FindObjectsInit', 'C_Login'] as const;
    const counts = (): number[] => asked.map((name) => fault.calls(name));
    const before = counts();
    const bad = [
      { slot_id: 'x' },
      { cert_id: 'x' },
      { algorithm_reference: 'md5' },
      { data: '*' },
      { data: hashed('sha1') },
      { pin: 5 },
      { pin: '\ud800' },
      { slot_id: undefined },
      { cert_id: undefined },
      { algorithm_reference: undefined },
      { data: undefined },
    ];
    for (const more of bad) {
      assert.equal((await failure(pkcs11.signData(request(SLOT.ordinary, more)))).code, 801);
      assert.equal((await failure(pkcs11.verifySignedData(request(SLOT.ordinary, { signature: 'AAAA', ...more }) as never))).code, 801);
    }
    for (const signature of [undefined, '', '*', 'AAA', 5]) {
      assert.equal((await failure(pkcs11.verifySignedData(request(SLOT.ordinary, { signature }) as never))).code, 801);
    }
    assert.equal((await failure(pkcs11.token('x'))).code, 801);
    assert.equal((await failure(pkcs11.certificates('x'))).code, 801);
    assert.deepEqual(counts(), before);
    for (const more of [{ cert_id: 'ABCD' }, { pin: undefined }, { pin: '' }, { pin: null }]) {
      assert.equal((await failure(pkcs11.signData(request(SLOT.ordinary, more)))).code, 801);
    }
    assert.equal(counts().at(-1), before.at(-1));
  });

  it('Signing 9: the token gets the bytes of the PIN in UTF-8', async () => {
    const { module, pkcs11, request } = bench();
    const token = await module.token({ slotId: SLOT.ordinary });
    let before: string | Buffer = FAULT_PIN;
    for (const pin of ['    ', 'ü€😀', 'a\0b c', '\u2028\u200d\ufeff', '<pin>&"\'</pin>']) {
      const bytes = Buffer.from(pin, 'utf8');
      await token.login(before);
      await token.setPin(before, bytes);
      await token.logout();
      before = bytes;
      assert.equal((await pkcs11.signData(request(SLOT.ordinary, { pin }))).success, true);
    }
  });

  it('Signing 10: without a PIN the pad of the reader asks: the token gets NULL', async () => {
    const { fault, pkcs11, request } = bench();
    const before = fault.get('logins');
    // This token takes an empty PIN for a wrong one.
    for (const pin of [undefined, null, '']) assert.equal((await pkcs11.signData(request(SLOT.pinPad, { pin }))).success, true);
    assert.equal(fault.get('logins'), before + 3);
    assert.equal((await pkcs11.signData(request(SLOT.pinPad))).success, true, 'a PIN that is given is used');
    assert.ok((await failure(pkcs11.signData(request(SLOT.pinPad, { pin: 'wrong' })))).code >= 103);
    assert.equal(fault.get('badArguments'), 0);
  });

  it('a token with one session only signs, and verifies', async () => {
    const { fault, module, pkcs11, request } = bench();
    await (await module.token({ slotId: SLOT.ordinary })).close();
    for (const limit of [1, 2]) {
      fault.set('sessionLimit', limit);
      assert.equal((await pkcs11.signData(request(SLOT.ordinary))).success, true);
      assert.equal((await pkcs11.verifySignedData(request(SLOT.ordinary, { signature: 'AAAA' }) as never)).data, false);
    }
  });

  it('a key that asks for the PIN at each use gets it', async () => {
    const { module, pkcs11, request } = bench();
    const token = await module.token({ slotId: SLOT.ordinary });
    const holder = issue('Careful');
    const id = Buffer.from('CA2E', 'hex');
    await token.login(FAULT_PIN);
    await token.importKey(holder.privateKey, { token: true, id, alwaysAuthenticate: true } as never);
    await token.importCertificate(holder.certificate, { id });
    await token.logout();
    assert.equal((await pkcs11.signData(request(SLOT.ordinary, { cert_id: 'CA2E' }))).success, true);
  });

  it('nobody stays logged in behind a card that was pulled in mid-call and comes back', async () => {
    const { fault, pkcs11, request } = bench();
    fault.hang('C_Sign');
    const signing = pkcs11.signData(request(SLOT.ordinary));
    await fault.inside('C_Sign');
    fault.remove(SLOT.ordinary);
    fault.release('C_Sign');
    const error = await failure(signing);
    assert.equal(error.code, 101, String((error.cause as Error | undefined)?.message));
    assert.equal((await failure(pkcs11.signData(request(SLOT.ordinary)))).code, 101);
    fault.insert(SLOT.ordinary);
    assert.equal((await pkcs11.signData(request(SLOT.ordinary))).success, true);
    assert.equal((await failure(pkcs11.signData(request(SLOT.ordinary, { pin: 'wrong' })))).code, 103);
    assert.equal((await pkcs11.signData(request(SLOT.ordinary))).success, true);
  });
});

describe('t1c: forty calls at once', () => {
  const bench = useBench();

  it('by two clients, with right PINs and wrong ones: each gets its own', async () => {
    const { client, request, slotId, certificate } = bench();
    const other = await clientOf(bench().fixture.profile.module);
    const calls = Array.from({ length: 40 }, async (_, index) => {
      const pkcs11 = (index % 2 === 0 ? client : other).pkcs11();
      if (index % 5 === 0) return assert.equal((await pkcs11.certificates(slotId)).data.length, Object.keys(ID).length);
      if (index % 5 === 1) {
        const error = await failure(pkcs11.signData(request('ec', { pin: `wrong ${index}` })));
        return assert.ok([103, 104, 112].includes(error.code), `${error.code} ${String(error.cause)}`);
      }
      const document = Buffer.from(String(index));
      const { data: signature } = await pkcs11.signData(request('rsa', { data: hashed('sha256', document) }));
      return assert.equal(verify('sha256', document, certificate('rsa').publicKey, Buffer.from(signature, 'base64')), true);
    });
    await Promise.all(calls);
    await other.close();
  });
});
