// Calls every function with each argument replaced by each of many unfit ones, and tells what came of it. With ADDED those too that pkcs11js does not have.
'use strict';

const { describe, shown, tellAll, unfit } = require('./cases.cjs');
const { functions, soundFor } = require('./functions.cjs');
const { pkcs11js, opened, aes } = require('./token.cjs');

const { library, slot, session: first, flags } = opened();
const key = aes(library, first);
// A session of its own for each case: none meets what another has begun.
let session = first;

// Buffers of every kind, and what is none.
const values = {
  ...unfit,
  'not a number': () => NaN,
  'empty string': () => '',
  symbol: () => Symbol('unfit'),
  function: () => () => undefined,
  array: () => [],
  'array of null': () => [null],
  'array without type': () => [{}],
  'array with a string for a type': () => [{ type: 'label' }],
  'attribute of a bigint': () => [{ type: 3, value: 7n }],
  'attribute of an object': () => [{ type: 3, value: {} }],
  'attribute of an ArrayBuffer': () => [{ type: 3, value: new ArrayBuffer(4) }],
  'a date that is a number': () => [{ type: pkcs11js.CKA_START_DATE, value: 7 }],
  'a date that is short': () => [{ type: pkcs11js.CKA_END_DATE, value: Buffer.from('2024') }],
  'mechanism of a string': () => ({ mechanism: '7' }),
  'parameter of a string': () => ({ mechanism: 1, parameter: 'text' }),
  'parameter of true': () => ({ mechanism: 1, parameter: true }),
  'parameter without type': () => ({ mechanism: 1, parameter: {} }),
  'parameter of no type': () => ({ mechanism: 1, parameter: { type: 4711 } }),
  'flags of a string': () => ({ flags: 'text' }),
  'parameters of a number': () => ({ libraryParameters: 7 }),
  'handle of nothing': () => Buffer.alloc(8, 0xee),
  ArrayBuffer: () => new ArrayBuffer(8),
  SharedArrayBuffer: () => new SharedArrayBuffer(8),
  'shared view': () => new Uint8Array(new SharedArrayBuffer(3)),
  DataView: () => new DataView(new ArrayBuffer(3)),
  Int8Array: () => new Int8Array(3),
  Uint8ClampedArray: () => new Uint8ClampedArray(3),
  Uint16Array: () => new Uint16Array(3),
  Int32Array: () => new Int32Array(3),
  Float32Array: () => new Float32Array(3),
  Float64Array: () => new Float64Array(3),
  BigInt64Array: () => new BigInt64Array(3),
};

// These end what the others need, or wait for a card.
const left = new Set([
  'C_DestroyObject',
  'C_Finalize',
  'C_CloseAllSessions',
  'C_WaitForSlotEvent',
  'C_InitToken',
  'C_Logout',
  'C_CloseSession',
  'C_InitPIN',
  'C_SetPIN',
]);
const replaced = (list, index, value) => list.map((item, at) => (at === index ? value : item));

const cases = [];
for (const row of functions) {
  const { name, inputs, callback } = row;
  const sound = () => soundFor(row, { slot, session, key });
  if (!left.has(name)) cases.push({ title: `${name}: sound`, name, given: sound });
  // C_Initialize takes no end of arguments in both.
  for (let count = 0; count < inputs.length; count++) {
    if (inputs[0] !== 'initialize' && inputs[0] !== 'boolean')
      cases.push({ title: `${name}: ${count} arguments`, name, given: () => sound().slice(0, count) });
  }
  if (inputs.length > 0) cases.push({ title: `${name}: one too many`, name, given: () => [...sound(), 7] });
  for (const [index, kind] of inputs.entries()) {
    for (const [what, make] of Object.entries(values)) {
      const takesBytes = kind === 'pin' || kind === 'label';
      // What pkcs11js refuses and we take: PINs that are NULL or bytes.
      if (takesBytes && (what === 'null' || ArrayBuffer.isView(make()))) continue;
      cases.push({ title: `${name}: argument ${index} is ${what}`, name, given: () => replaced(sound(), index, make()) });
      if (callback)
        cases.push({ title: `${name}Async: argument ${index} is ${what}`, name: `${name}Async`, given: () => replaced(sound(), index, make()) });
    }
  }
  if (callback) cases.push({ title: `${name}: no callback`, name: `${name}Callback`, given: () => [...sound(), undefined] });
}

async function outcome({ name, given }) {
  session = library.C_OpenSession(slot, flags);
  try {
    const result = library[name](...given());
    return shown(await result);
  } catch (error) {
    return describe(error);
  } finally {
    library.C_CloseSession(session);
  }
}

void tellAll(cases, outcome);
