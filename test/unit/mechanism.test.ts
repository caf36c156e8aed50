import assert from 'node:assert/strict';

import { CKA, CKM } from '../../lib/constants';
import { LAYOUTS, MECHANISM_PARAMETER, type LayoutField, type StructureName } from '../../lib/generated/parameters';
import { PreparedMechanism, type MechanismInput, type ParameterInput } from '../../lib/mechanism';
import { ReplyReader } from '../../lib/wire/reader';
import { RequestWriter } from '../../lib/wire/writer';
import { ReplyBuilder } from '../support/fake-binding';
import { FrameReader } from '../support/frame';

const begin = (): RequestWriter => new RequestWriter().begin(42);
const encode = (mechanism: unknown): FrameReader => FrameReader.of(begin().mechanism(mechanism as MechanismInput));
const invalidType = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
const invalidValue = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
const outOfRange = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };

describe('mechanisms', () => {
  it('are a number, or a number with a parameter', () => {
    for (const mechanism of [
      CKM.SHA256_RSA_PKCS,
      BigInt(CKM.SHA256_RSA_PKCS),
      { mechanism: CKM.SHA256_RSA_PKCS },
      { mechanism: CKM.SHA256_RSA_PKCS, parameter: null },
    ]) {
      const frame = encode(mechanism);
      assert.equal(frame.u64(), BigInt(CKM.SHA256_RSA_PKCS));
      assert.equal(frame.u8(), 0);
      assert.ok(frame.atEnd);
    }
  });

  it('may be a NULL pointer', () => {
    const frame = encode(null);
    assert.deepEqual([frame.u64(), frame.u8(), frame.atEnd], [0n, 4, true]);
  });

  it('take bytes or a number', () => {
    const frame = encode({ mechanism: CKM.AES_CBC, parameter: Buffer.alloc(16, 7) });
    assert.equal(frame.u64(), BigInt(CKM.AES_CBC));
    assert.equal(frame.u8(), 1);
    assert.deepEqual(frame.bytes(), Buffer.alloc(16, 7));
    const general = encode({ mechanism: CKM.SHA256_HMAC_GENERAL, parameter: 16 });
    general.u64();
    assert.deepEqual([general.u8(), general.u64(), general.atEnd], [2, 16n, true]);
  });

  it('of vendors take raw bytes or numbers', () => {
    const frame = encode({ mechanism: 0x80000123, parameter: Uint8Array.of(1) });
    assert.deepEqual([frame.u64(), frame.u8(), frame.bytes()], [0x80000123n, 1, Buffer.of(1)]);
    assert.equal(encode({ mechanism: 0x80000123, parameter: 5n }).u64(), 0x80000123n);
    assert.throws(() => encode({ mechanism: 0x80000123, parameter: { iv: Uint8Array.of(1) } }), {
      ...invalidType,
      message: /0x80000123.*'structure'/,
    });
    const named = encode({ mechanism: 0x80000123, structure: 'CK_GCM_PARAMS', parameter: { iv: new Uint8Array(12), tagBits: 96 } });
    named.u64();
    assert.deepEqual([named.u8(), named.u16()], [3, LAYOUTS.CK_GCM_PARAMS.id]);
  });

  it('take the structure that the standard gives them, with its defaults', () => {
    const frame = encode({ mechanism: CKM.AES_GCM, parameter: { iv: new Uint8Array(12).fill(1), tagBits: 128 } });
    assert.equal(frame.u64(), BigInt(CKM.AES_GCM));
    assert.deepEqual([frame.u8(), frame.u16()], [3, LAYOUTS.CK_GCM_PARAMS.id]);
    assert.deepEqual(frame.bytes(), Buffer.alloc(12, 1));
    assert.equal(frame.u64(), 96n);
    assert.equal(frame.bytes(), null);
    assert.equal(frame.u64(), 128n);
    assert.ok(frame.atEnd);
  });

  it('name the field that will not do', () => {
    const gcm = (parameter: unknown): FrameReader => encode({ mechanism: CKM.AES_GCM, parameter });
    assert.throws(() => gcm({ iv: new Uint8Array(12) }), { ...invalidType, message: /"mechanism.parameter.tagBits".*Received undefined/ });
    assert.throws(() => gcm({ iv: new Uint8Array(12), tagBits: -1 }), { ...outOfRange, message: /tagBits/ });
    assert.throws(() => gcm({ iv: 'x', tagBits: 128 }), { ...invalidType, message: /parameter.iv/ });
    assert.throws(() => gcm({ iv: new Uint8Array(12), tagLength: 128 }), {
      ...invalidValue,
      message: /no field 'tagLength': CK_GCM_PARAMS has 'iv', 'ivBits', 'aad', 'tagBits'/,
    });
    assert.throws(() => gcm(16), { ...invalidType, message: /CK_GCM_PARAMS/ });
    assert.throws(() => encode({ mechanism: CKM.AES_CBC, parameter: { iv: new Uint8Array(16) } }), { ...invalidType, message: /must be bytes/ });
    assert.throws(() => encode({ mechanism: CKM.AES_CBC, parameter: 5 }), invalidType);
    assert.throws(() => encode({ mechanism: CKM.SHA256_HMAC_GENERAL, parameter: {} }), { ...invalidType, message: /a number/ });
    assert.throws(() => encode({ mechanism: CKM.AES_CTR, parameter: { counterBits: 128, cb: new Uint8Array(15) } }), {
      ...invalidValue,
      message: /exactly 16 bytes/,
    });
    assert.throws(() => encode({ mechanism: CKM.AES_GCM, params: {} }), { ...invalidValue, message: /'params'/ });
    assert.throws(() => encode({ parameter: null }), { ...invalidType, message: /"mechanism.mechanism"/ });
    assert.throws(() => encode('CKM_AES_GCM'), invalidType);
    assert.throws(() => encode(undefined), invalidType);
    assert.throws(() => encode([1]), invalidType);
    assert.throws(() => encode({ mechanism: 1, structure: 'CK_NO', parameter: {} }), invalidValue);
  });

  it('nest', () => {
    const frame = encode({
      mechanism: CKM.RSA_AES_KEY_WRAP,
      parameter: { aesKeyBits: 256, oaepParams: { hashAlg: CKM.SHA256, mgf: 2 } },
    });
    frame.u64();
    assert.deepEqual([frame.u8(), frame.u16()], [3, LAYOUTS.CK_RSA_AES_KEY_WRAP_PARAMS.id]);
    assert.deepEqual([frame.u64(), frame.u8(), frame.u64(), frame.u64(), frame.u64(), frame.bytes()], [256n, 1, BigInt(CKM.SHA256), 2n, 1n, null]);
    assert.ok(frame.atEnd);
  });

  it('have lists of structures, templates, and values whose form another field decides', () => {
    const writer = begin().mechanism({
      mechanism: CKM.SP800_108_COUNTER_KDF,
      parameter: {
        prfType: CKM.SHA256_HMAC,
        dataParams: [
          { type: 1, value: { littleEndian: false, widthInBits: 32 } },
          { type: 4, value: Buffer.from('label') },
          { type: 5, value: 77n },
        ],
        additionalDerivedKeys: [{ template: { token: false } }, { template: {} }],
      },
    });
    const frame = FrameReader.of(writer);
    frame.u64();
    assert.deepEqual([frame.u8(), frame.u16(), frame.u64(), frame.u32()], [3, LAYOUTS.CK_SP800_108_KDF_PARAMS.id, BigInt(CKM.SHA256_HMAC), 3]);
    assert.deepEqual([frame.u64(), frame.u8(), frame.u16(), frame.u8(), frame.u64()], [1n, 3, LAYOUTS.CK_SP800_108_COUNTER_FORMAT.id, 0, 32n]);
    assert.deepEqual([frame.u64(), frame.u8(), frame.bytes()!.toString()], [4n, 1, 'label']);
    assert.deepEqual([frame.u64(), frame.u8(), frame.u64()], [5n, 2, 77n]);
    assert.equal(frame.u32(), 2);
    assert.deepEqual(frame.template(), [[CKA.TOKEN, 1, false]]);
    assert.deepEqual(frame.template(), []);
    assert.ok(frame.atEnd);

    const reply = new ReplyReader(
      new ReplyBuilder()
        .writtenBack((b) => b.u64(11).u64(12))
        .u64(10)
        .build(),
      writer.finish().plan,
    );
    assert.deepEqual(reply.writtenBack(), { additionalDerivedKeys: [{ key: 11n }, { key: 12n }] });
  });

  it('give back what the token writes', () => {
    const writer = begin().mechanism({
      mechanism: CKM.TLS12_KEY_AND_MAC_DERIVE,
      parameter: {
        macSizeInBits: 160,
        keySizeInBits: 128,
        ivSizeInBits: 128,
        randomInfo: { clientRandom: new Uint8Array(32), serverRandom: new Uint8Array(32) },
        returnedKeyMaterial: { ivClient: new Uint8Array(16), ivServer: new Uint8Array(16) },
        prfHashMechanism: CKM.SHA256,
      },
    });
    const block = (b: ReplyBuilder): ReplyBuilder => b.u64(1).u64(2).u64(3).u64(4).bytes(Buffer.alloc(16, 5)).bytes(Buffer.alloc(16, 6));
    const reply = new ReplyReader(new ReplyBuilder().writtenBack(block).build(), writer.finish().plan);
    assert.deepEqual(reply.writtenBack(), {
      returnedKeyMaterial: {
        clientMacSecret: 1n,
        serverMacSecret: 2n,
        clientKey: 3n,
        serverKey: 4n,
        ivClient: new Uint8Array(16).fill(5),
        ivServer: new Uint8Array(16).fill(6),
      },
    });
  });

  it('share a length only when both have it', () => {
    const kea = (randomA: number, randomB: number): FrameReader =>
      encode({
        mechanism: CKM.KEA_KEY_DERIVE,
        parameter: { isSender: true, randomA: new Uint8Array(randomA), randomB: new Uint8Array(randomB), publicData: Uint8Array.of(1) },
      });
    kea(128, 128);
    assert.throws(() => kea(128, 127), { ...invalidValue, message: /as long as the field before it/ });
  });

  it('inside others are written whole', () => {
    const frame = encode({
      mechanism: CKM.CMS_SIG,
      parameter: {
        signingMechanism: CKM.SHA256_RSA_PKCS,
        digestMechanism: { mechanism: CKM.AES_CBC, parameter: Buffer.alloc(16) },
        contentType: '1.2.3',
      },
    });
    frame.u64();
    assert.deepEqual([frame.u8(), frame.u16(), frame.u64()], [3, LAYOUTS.CK_CMS_SIG_PARAMS.id, 0n]);
    assert.deepEqual([frame.u8(), frame.u64(), frame.u8()], [1, BigInt(CKM.SHA256_RSA_PKCS), 0]);
    assert.deepEqual([frame.u8(), frame.u64(), frame.u8(), frame.bytes()!.length], [1, BigInt(CKM.AES_CBC), 1, 16]);
    assert.equal(frame.bytes()!.toString(), '1.2.3');
    assert.throws(() => encode({ mechanism: CKM.CMS_SIG, parameter: { contentType: 'a\0b' } }), invalidValue);
  });

  it('that contain themselves are refused', () => {
    const mechanism: { mechanism: number; parameter?: unknown } = { mechanism: CKM.CMS_SIG };
    mechanism.parameter = { signingMechanism: mechanism };
    assert.throws(() => encode(mechanism), invalidValue);
  });

  it('are read once', () => {
    let reads = 0;
    encode({
      mechanism: CKM.AES_GCM,
      get parameter() {
        reads++;
        return {
          get iv() {
            reads++;
            return new Uint8Array(12);
          },
          tagBits: 128,
        };
      },
    });
    assert.equal(reads, 2);
  });

  it('can be prepared for many calls', () => {
    const iv = new Uint8Array(12).fill(9);
    const prepared = new PreparedMechanism({ mechanism: CKM.AES_GCM, parameter: { iv, aad: new Uint8Array(5000), tagBits: 128 } });
    const expected = begin().mechanism({ mechanism: CKM.AES_GCM, parameter: { iv: iv.slice(), aad: new Uint8Array(5000), tagBits: 128 } });
    iv.fill(0);
    const writer = begin().mechanism(prepared);
    assert.deepEqual(FrameReader.of(writer).bytes.length, FrameReader.of(expected).bytes.length);
    const frame = FrameReader.of(writer);
    frame.u64();
    frame.u8();
    frame.u16();
    assert.deepEqual(frame.bytes(), Buffer.alloc(12, 9));
    assert.deepEqual(writer.finish().plan, [{ path: ['iv'], kind: 'bytes' }]);
    assert.equal(writer.finish().payload, undefined);
  });
});

describe('parameters of functions for messages', () => {
  const parameter = (value: unknown): FrameReader => FrameReader.of(begin().parameter(value as ParameterInput));

  it('are bytes, nothing, or a structure by its name or mechanism', () => {
    assert.equal(parameter(null).u8(), 0);
    const raw = parameter(Uint8Array.of(1));
    assert.deepEqual([raw.u8(), raw.bytes()], [1, Buffer.of(1)]);
    const message = { iv: new Uint8Array(12), tag: new Uint8Array(16) };
    for (const given of [
      { structure: 'CK_GCM_MESSAGE_PARAMS', parameter: message },
      { mechanism: CKM.AES_GCM, parameter: message },
    ]) {
      const frame = parameter(given);
      assert.deepEqual([frame.u8(), frame.u16()], [3, LAYOUTS.CK_GCM_MESSAGE_PARAMS.id]);
    }
    assert.throws(() => parameter({ parameter: message }), { ...invalidValue, message: /'structure'/ });
    assert.throws(() => parameter({ mechanism: CKM.RSA_PKCS, parameter: message }), invalidValue);
    assert.throws(() => parameter('x'), invalidType);
  });
});

describe('every structure', () => {
  const value = (field: LayoutField, depth: number): unknown => {
    const [, kind, extra] = field;
    switch (kind) {
      case 'ulong':
        return 1;
      case 'byte':
        return 2;
      case 'bool':
        return true;
      case 'fixed':
        return new Uint8Array(extra as number);
      case 'bytes':
      case 'text':
        return Buffer.from('abc');
      case 'struct':
      case 'pointer':
        return fill(extra as StructureName, depth + 1);
      case 'array':
        return [fill(extra as StructureName, depth + 1)];
      case 'template':
        return { token: true };
      case 'mechanism':
        return CKM.SHA256;
      case 'choice':
        return (extra as { cases: Record<number, string> }).cases[1]!.startsWith('CK_') ? { littleEndian: true, widthInBits: 8 } : Buffer.from('x');
      default:
        return undefined;
    }
  };
  const fill = (name: StructureName, depth = 0): Record<string, unknown> =>
    Object.fromEntries(LAYOUTS[name].fields.map((field) => [field[0], value(field, depth)]));

  it('that a mechanism uses can be given', () => {
    for (const [mechanism, form] of Object.entries(MECHANISM_PARAMETER)) {
      if (form === 'ulong' || form === 'bytes') continue;
      const writer = begin().mechanism({ mechanism: Number(mechanism), parameter: fill(form) as never });
      assert.ok(writer.length > 8 + 8 + 3, form);
    }
  });
});
