import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import {
  DerError,
  DerReader,
  TAG,
  element,
  integer,
  octetString,
  oid,
  padded,
  parse,
  sequence,
  signatureFromDer,
  signatureToDer,
  unpadded,
} from '../../lib/der';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const bytes = (options?: fc.IntArrayConstraints) => fc.uint8Array(options);

describe('DER', () => {
  it('writes lengths in their shortest form, and reads them', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65535, 65536]) {
      const whole = octetString(new Uint8Array(length).fill(7));
      assert.equal(parse(whole, (reader) => reader.read(TAG.OCTET_STRING)).length, length);
    }
    assert.deepEqual(octetString(new Uint8Array(128)).subarray(0, 3), hex('04 81 80'));
    assert.deepEqual(octetString(new Uint8Array(256)).subarray(0, 4), hex('04 82 0100'));
  });

  it('refuses lengths in another form', () => {
    for (const bad of ['04 80 00 00', '04 81 05 0102030405', '04 82 0005 0102030405', '04 85 0000000001 00', '04 81', '04', '04 05 01']) {
      assert.throws(() => parse(hex(bad), (reader) => reader.read(TAG.OCTET_STRING)), DerError, bad);
    }
  });

  it('refuses bytes behind the end, tags above 30 and the wrong tag', () => {
    assert.throws(() => parse(hex('0500 00'), (reader) => reader.read(TAG.NULL)), DerError);
    assert.throws(() => parse(hex('1f2000'), (reader) => reader.element()), DerError);
    assert.throws(() => parse(hex('0400'), (reader) => reader.read(TAG.NULL)), DerError);
    assert.throws(() => parse(hex('0302 01 80'), (reader) => reader.bits()), DerError);
  });

  it('reads unsigned integers in their one form only', () => {
    const read = (text: string) => parse(hex(text), (reader) => reader.unsigned());
    assert.deepEqual(read('0201 00'), hex('00'));
    assert.deepEqual(read('0202 0080'), hex('80'));
    for (const bad of ['0200', '0201 80', '0202 007f', '0202 0000']) assert.throws(() => read(bad), DerError, bad);
    assert.equal(
      parse(hex('020103'), (reader) => reader.small()),
      3,
    );
    assert.throws(() => parse(hex('02020100'), (reader) => reader.small()), DerError);
  });

  it('writes and reads object identifiers', () => {
    for (const id of ['1.2.840.113549.1.1.1', '1.3.101.112', '2.16.840.1.101.3.4.2.1', '1.3.6.1.4.1.11591.15.1', '2.999.3', '0.9.2342']) {
      assert.equal(
        parse(oid(id), (reader) => reader.oid()),
        id,
      );
    }
    assert.deepEqual(oid('1.2.840.10045.3.1.7'), hex('0608 2a8648ce3d030107'));
    for (const bad of ['0600', '0601 80', '0602 2a86', '0603 2a8001', '060b 2affffffffffffffffff7f'])
      assert.throws(() => parse(hex(bad), (reader) => reader.oid()), DerError, bad);
  });

  it('never reads or loops beyond its input, whatever that is', () => {
    fc.assert(
      fc.property(bytes({ maxLength: 64 }), (input) => {
        const reader = new DerReader(input);
        try {
          while (reader.next !== undefined) {
            const { whole, content } = reader.element();
            assert.ok(whole.length >= content.length + 2 && whole.length <= input.length);
          }
        } catch (error) {
          assert.ok(error instanceof DerError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('gives back what it wrote', () => {
    fc.assert(
      fc.property(bytes({ maxLength: 300 }), bytes({ maxLength: 40 }), (text, number) => {
        const whole = sequence(octetString(text), integer(number), element(TAG.NULL));
        parse(whole, (reader) => {
          const body = reader.sequence();
          assert.deepEqual(body.read(TAG.OCTET_STRING), text);
          assert.deepEqual(unpadded(body.unsigned()), unpadded(number));
          body.read(TAG.NULL);
          body.end();
        });
      }),
    );
  });

  it('pads numbers to a width, or says that they do not fit', () => {
    assert.deepEqual(padded(hex('0001'), 4), hex('00000001'));
    assert.deepEqual(padded(hex('00000001'), 1), hex('01'));
    assert.equal(padded(hex('0100'), 1), undefined);
  });
});

describe('ECDSA signatures', () => {
  it('go from r ‖ s to DER and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 66 }), fc.infiniteStream(fc.integer({ min: 0, max: 255 })), (width, stream) => {
        const raw = Uint8Array.from([...stream.take(2 * width)]);
        assert.deepEqual(signatureFromDer(signatureToDer(raw), width), raw);
      }),
      { numRuns: 500 },
    );
  });

  it('are the ones of node:crypto in both forms', () => {
    for (const [namedCurve, width] of [
      ['P-256', 32],
      ['P-384', 48],
      ['P-521', 66],
    ] as const) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
      for (let count = 0; count < 10; count++) {
        const data = Buffer.from(`document ${count}`);
        const der = sign('sha256', data, privateKey);
        const raw = signatureFromDer(der, width);
        assert.ok(raw !== undefined);
        assert.equal(verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw), true);
        assert.deepEqual(Buffer.from(signatureToDer(raw)), der);
      }
    }
  });

  it('that cannot be valid are undefined, never an exception', () => {
    const good = signatureToDer(new Uint8Array(64).fill(1));
    assert.ok(signatureFromDer(good, 32));
    assert.equal(signatureFromDer(good, 31), undefined);
    for (const bad of [
      '',
      '3000',
      '3003 020101',
      '3006 020181 020101',
      '3007 020101 020101 00',
      '3006 020101 020101 00',
      '3080 020101 020101 0000',
    ]) {
      assert.equal(signatureFromDer(hex(bad), 32), undefined, bad);
    }
    fc.assert(
      fc.property(bytes({ maxLength: 80 }), (input) => {
        const raw = signatureFromDer(input, 32);
        assert.ok(raw === undefined || raw.length === 64);
      }),
      { numRuns: 2000 },
    );
  });

  it('take the width of the larger number when no width is known', () => {
    assert.deepEqual(signatureFromDer(hex('3007 0201 01 0202 0102')), hex('0001 0102'));
    assert.throws(() => signatureToDer(new Uint8Array(3)), DerError);
    assert.throws(() => signatureToDer(new Uint8Array(0)), DerError);
  });
});

describe('DER of other people', () => {
  it('is read: every SubjectPublicKeyInfo of node:crypto is one sequence', () => {
    for (const type of ['ed25519', 'x448'] as const) {
      const { publicKey } = generateKeyPairSync(type as 'ed25519');
      const spki = publicKey.export({ format: 'der', type: 'spki' });
      const again = parse(spki, (reader) => {
        const body = reader.sequence();
        const algorithm = body.element().whole;
        return sequence(algorithm, body.element().whole);
      });
      assert.equal(createPublicKey({ key: Buffer.from(again), format: 'der', type: 'spki' }).asymmetricKeyType, type);
    }
  });
});
