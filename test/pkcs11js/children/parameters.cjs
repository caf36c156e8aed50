// Gives a mechanism each kind of parameter, sound, and with each field replaced by each of many unfit values. KINDS: what there is.
'use strict';

const { describe, shown, tellAll, unfit } = require('./cases.cjs');
const { pkcs11js, opened } = require('./token.cjs');

const { library, session } = opened();

const sound = {
  BOOL: () => true,
  BYTE: () => 1,
  BYTES: (length) => Buffer.alloc(length, 1),
  HANDLE: () => Buffer.alloc(8, 1),
  ULONG: () => 1,
};

const values = {
  ...unfit,
  'large number': () => 300,
  array: () => [1, 2],
  ArrayBuffer: () => new ArrayBuffer(16),
  DataView: () => new DataView(new ArrayBuffer(16)),
  Uint16Array: () => new Uint16Array(8),
};

const cases = [];
for (const { type, fields } of JSON.parse(process.env.KINDS)) {
  const whole = () => Object.fromEntries(fields.map(({ name, form, length }) => [name, sound[form](length)]));
  const parameter = (more) => ({ type: pkcs11js[type], ...whole(), ...more });
  cases.push({ title: type, make: () => parameter({}) });
  cases.push({ title: `${type} without fields`, make: () => ({ type: pkcs11js[type] }) });
  for (const { name } of fields) {
    for (const [what, make] of Object.entries(values))
      cases.push({ title: `${type}: ${name} is ${what}`, make: () => parameter({ [name]: make() }) });
  }
}

function outcome({ make }) {
  try {
    // SoftHSM knows no such mechanism: it says so of what it is given.
    return shown(library.C_DigestInit(session, { mechanism: 0x7fffffff, parameter: make() }));
  } catch (error) {
    return describe(error);
  }
}

void tellAll(cases, outcome);
