// What a package exports, and what its class has.
'use strict';

const { pkcs11js, tell } = require('./token.cjs');

const library = new pkcs11js.PKCS11();
const functions = {};
for (const name of [...Object.keys(library), 'load', 'close', 'C_SetAttributeValue', 'C_CreateObject', 'C_CopyObject']) {
  if (typeof library[name] === 'function') functions[name] = library[name].length;
}
tell({
  constants: Object.fromEntries(Object.entries(pkcs11js).filter(([, value]) => typeof value !== 'function')),
  classes: Object.fromEntries(
    Object.entries(pkcs11js)
      .filter(([, value]) => typeof value === 'function')
      .map(([name, value]) => [name, [value.name, value.length]]),
  ),
  functions,
  own: Object.keys(library),
});
