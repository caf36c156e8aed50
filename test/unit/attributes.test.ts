import assert from 'node:assert/strict';

import { ATTRIBUTES, attributeName, type AttributeKey, type AttributeTemplate } from '../../lib/attributes';
import { CKA } from '../../lib/constants';
import { ReplyReader } from '../../lib/wire/reader';
import { RequestWriter } from '../../lib/wire/writer';
import { ReplyBuilder } from '../support/fake-binding';
import { FrameReader } from '../support/frame';

const NONE = 0xffff_ffff_ffff_ffffn;
const begin = (): RequestWriter => new RequestWriter().begin(20);
const encode = (template: unknown): ReturnType<FrameReader['template']> => FrameReader.of(begin().template(template as AttributeTemplate)).template();
type Entry = readonly [type: number, kind: number, write?: (reply: ReplyBuilder) => ReplyBuilder];
const entries = (reply: ReplyBuilder, ...list: readonly Entry[]): ReplyBuilder => {
  reply.u32(list.length);
  for (const [type, kind, write] of list) {
    reply.u64(type).u8(kind);
    write?.(reply);
  }
  return reply;
};
const decode = (list: readonly Entry[], keys?: readonly AttributeKey[]): object =>
  new ReplyReader(entries(new ReplyBuilder(), ...list).build()).attributes(keys);
const invalidType = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
const invalidValue = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
const outOfRange = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };

describe('attributes in a template', () => {
  it('are written by their kinds', () => {
    assert.deepEqual(
      encode({
        token: true,
        class: 3,
        modulusBits: 2048n,
        label: 'größe',
        id: Uint8Array.of(1, 2),
        startDate: '2024-02-29',
        allowedMechanisms: [1, 13n],
        wrapTemplate: { token: false },
      }),
      [
        [CKA.TOKEN, 1, true],
        [CKA.CLASS, 2, 3n],
        [CKA.MODULUS_BITS, 2, 2048n],
        [CKA.LABEL, 3, Buffer.from('größe').toString('latin1')],
        [CKA.ID, 3, '\x01\x02'],
        [CKA.START_DATE, 3, '20240229'],
        [CKA.ALLOWED_MECHANISMS, 4, [1n, 13n]],
        [CKA.WRAP_TEMPLATE, 5, [[CKA.TOKEN, 1, false]]],
      ],
    );
  });

  it('are left out when undefined, and empty when null or empty', () => {
    assert.deepEqual(encode({ label: undefined, id: null, value: new Uint8Array(0), application: '', endDate: '' }), [
      [CKA.ID, 0, undefined],
      [CKA.VALUE, 0, undefined],
      [CKA.APPLICATION, 0, undefined],
      [CKA.END_DATE, 0, undefined],
    ]);
    assert.deepEqual(encode({}), []);
  });

  it('by number that are arrays of attributes are not bytes, which a token would follow as pointers', () => {
    for (const type of [CKA.WRAP_TEMPLATE, 0xc0000001]) {
      for (const value of [new Uint8Array(24), 5, true, 'x', new Date()])
        assert.throws(() => encode({ [type]: value }), { code: 'ERR_INVALID_ARG_TYPE' });
    }
    assert.deepEqual(encode({ 0xc0000001: { token: true } }), [[0xc0000001, 5, [[CKA.TOKEN, 1, true]]]]);
  });

  it('by number that NSS made with the flag of arrays by chance are plain, and the engine is told so', () => {
    const large = new Uint8Array(5000).fill(1);
    assert.deepEqual(
      encode({ 0xce534351: Uint8Array.of(7), 0xce534352: 'x', 0xce534353: 5, 0xce534354: true, 0xce534355: null, 0xce534356: [1], 0xd5a0db00: '' }),
      [
        [0xce534351, 0x83, '\x07'],
        [0xce534352, 0x83, 'x'],
        [0xce534353, 0x82, 5n],
        [0xce534354, 0x81, true],
        [0xce534355, 0, undefined],
        [0xce534356, 4, [1n]],
        [0xd5a0db00, 0x80, undefined],
      ],
    );
    const { frame, payload } = begin().template({ 0xd5a0db00: large }).finish();
    assert.equal(frame[20], 0x83);
    assert.equal((payload as Uint8Array).length, 5000);
  });

  it('by number have the form of their value', () => {
    assert.deepEqual(
      encode({
        0x80000001: true,
        0x80000002: 5,
        0x80000003: 6n,
        0x80000004: 'x',
        0x80000005: Uint8Array.of(7),
        0x80000006: [8],
        0x80000007: { token: true },
        0x80000008: null,
      }),
      [
        [0x80000001, 1, true],
        [0x80000002, 2, 5n],
        [0x80000003, 2, 6n],
        [0x80000004, 3, 'x'],
        [0x80000005, 3, '\x07'],
        [0x80000006, 4, [8n]],
        [0x80000007, 5, [[CKA.TOKEN, 1, true]]],
        [0x80000008, 0, undefined],
      ],
    );
    assert.throws(() => encode({ 0x80000001: Symbol('x') }), { ...invalidType, message: /"template\[0x80000001\]"/ });
    assert.throws(() => encode({ '-1': 1 }), invalidValue);
    assert.throws(() => encode({ '1.5': 1 }), invalidValue);
  });

  it('of a wrong type are named', () => {
    for (const [template, name] of [
      [{ token: 1 }, 'token'],
      [{ label: Buffer.from('x') }, 'label'],
      [{ modulusBits: '2048' }, 'modulusBits'],
      [{ id: 'abc' }, 'id'],
      [{ startDate: 5 }, 'startDate'],
      [{ allowedMechanisms: 5 }, 'allowedMechanisms'],
      [{ allowedMechanisms: [null] }, 'allowedMechanisms[0]'],
      [{ wrapTemplate: 5 }, 'wrapTemplate'],
      [{ wrapTemplate: { label: 5 } }, 'wrapTemplate.label'],
    ] as const) {
      assert.throws(
        () => encode(template),
        (error: Error & { code: string }) => error.code === 'ERR_INVALID_ARG_TYPE' && error.message.startsWith(`The "template.${name}" argument`),
        name,
      );
    }
    for (const value of [NaN, -1, 1.5, 2 ** 53, -1n, 2n ** 64n]) assert.throws(() => encode({ modulusBits: value }), outOfRange);
    for (const value of [undefined, null, 5, 'x', [], new Uint8Array(1)]) assert.throws(() => encode(value), invalidType);
  });

  it('do not show values in errors', () => {
    assert.throws(
      () => encode({ value: 'top secret' }),
      (error: Error) => !error.message.includes('secret'),
    );
  });

  it('that do not exist are answered with those that do', () => {
    assert.throws(() => encode({ lable: 'x' }), { ...invalidValue, message: /no attribute named 'lable'. Did you mean 'label'/ });
    assert.throws(() => encode({ CKA_KEY_TYPE: 1 }), { message: /Did you mean 'keyType'/ });
    assert.throws(() => encode({ somethingElse: 1 }), { message: /by its number/ });
    assert.throws(() => encode(JSON.parse('{"__proto__": 1}')), invalidValue);
    assert.throws(() => encode({ constructor: 1 }), invalidValue);
  });

  it('are read exactly once', () => {
    let reads = 0;
    encode({
      get label() {
        reads++;
        return 'x';
      },
      get id() {
        reads++;
        return Uint8Array.of(1);
      },
    });
    assert.equal(reads, 2);
  });

  it('whose getter throws end the request with that error', () => {
    const failure = new Error('mine');
    assert.throws(
      () =>
        encode({
          label: 'a',
          get id(): never {
            throw failure;
          },
        }),
      (error) => error === failure,
    );
  });

  it('are not nested without end', () => {
    const template: { wrapTemplate?: unknown } = {};
    template.wrapTemplate = template;
    assert.throws(() => encode(template), invalidValue);
  });

  it('take dates as Date or text, and valid ones only', () => {
    assert.deepEqual(encode({ startDate: new Date('2030-12-31T23:59:59Z') }), [[CKA.START_DATE, 3, '20301231']]);
    for (const value of ['2024-13-01', '2023-02-29', '20240101', '2024-1-1', 'x', new Date(NaN)]) {
      assert.throws(() => encode({ startDate: value }), invalidValue, String(value));
    }
    assert.throws(() => encode({ startDate: new Date('+012345-01-01T00:00:00Z') }), outOfRange);
  });
});

describe('attributes to be read', () => {
  it('are asked for with their kinds', () => {
    const frame = FrameReader.of(begin().readTemplate(['token', 'class', 'label', 'allowedMechanisms', 'wrapTemplate', 0x80000001]));
    assert.equal(frame.u32(), 6);
    const asked = Array.from({ length: 6 }, () => [Number(frame.u64()), frame.u8()]);
    assert.deepEqual(asked, [
      [CKA.TOKEN, 1],
      [CKA.CLASS, 2],
      [CKA.LABEL, 3],
      [CKA.ALLOWED_MECHANISMS, 4],
      [CKA.WRAP_TEMPLATE, 5],
      [0x80000001, 3],
    ]);
  });

  it('must exist', () => {
    assert.throws(() => begin().readTemplate(['lable'] as never), { ...invalidValue, message: /Did you mean 'label'/ });
    assert.throws(() => begin().readTemplate([null] as never), { ...invalidType, message: /"attributes\[0\]"/ });
    assert.throws(() => begin().readTemplate('label' as never), invalidType);
    assert.throws(() => begin().readTemplate([-1]), outOfRange);
  });

  it('come back by name, by their types', () => {
    const attributes = decode([
      [CKA.TOKEN, 1, (r) => r.u8(1)],
      [CKA.CLASS, 2, (r) => r.u64(3)],
      [CKA.LABEL, 3, (r) => r.text('größe')],
      [CKA.ID, 3, (r) => r.bytes(Uint8Array.of(1))],
      [CKA.START_DATE, 3, (r) => r.text('20240229')],
      [CKA.ALLOWED_MECHANISMS, 4, (r) => r.ulongs(1, 13)],
      [CKA.WRAP_TEMPLATE, 5, (r) => entries(r, [CKA.TOKEN, 1, (inner) => inner.u8(0)])],
      [CKA.VALUE, 0],
      [0x80000001, 3, (r) => r.bytes(Uint8Array.of(5))],
    ]);
    assert.deepEqual(attributes, {
      token: true,
      class: 3,
      label: 'größe',
      id: Uint8Array.of(1),
      startDate: '2024-02-29',
      allowedMechanisms: [1, 13],
      wrapTemplate: { token: false },
      value: undefined,
      0x80000001: Uint8Array.of(5),
    });
  });

  it('that a token gives in another length than their kind has are undefined', () => {
    const attributes = decode([
      [CKA.TOKEN, 3, (r) => r.bytes(Uint8Array.of(1, 2, 3))],
      [CKA.MODULUS_BITS, 3, (r) => r.bytes(new Uint8Array(3))],
      [CKA.KEY_TYPE, 2, (r) => r.u64(NONE)],
      [CKA.START_DATE, 3, (r) => r.text('')],
      [CKA.END_DATE, 3, (r) => r.text('00000000')],
    ]);
    assert.deepEqual(attributes, { token: undefined, modulusBits: undefined, keyType: undefined, startDate: undefined, endDate: undefined });
  });

  it('come back under the keys they were asked by', () => {
    const list: Entry[] = [
      [CKA.SUBPRIME_BITS, 2, (r) => r.u64(160)],
      [CKA.LABEL, 3, (r) => r.text('x')],
    ];
    assert.deepEqual(decode(list, ['subprimeBits', CKA.LABEL]), { subprimeBits: 160, [CKA.LABEL]: Uint8Array.of(0x78) });
  });

  it('have one name per number', () => {
    assert.equal(attributeName(CKA.EC_PARAMS), 'ecParams');
    assert.equal(attributeName(0x80000001), undefined);
    for (const name of Object.keys(ATTRIBUTES)) assert.match(name, /^[a-z][A-Za-z0-9]*$/);
  });
});
