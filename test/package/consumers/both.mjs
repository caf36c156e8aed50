// Loads the package in both ways and says what came out.
import { createRequire } from 'node:module';
import * as imported from 'cryptoki';
import * as importedRaw from 'cryptoki/raw';

const require = createRequire(import.meta.url);
const required = require('cryptoki');
const requiredRaw = require('cryptoki/raw');

let loaded = 0;
const { dlopen } = process;
process.dlopen = function (...args) {
  loaded += 1;
  return dlopen.apply(this, args);
};

const different = (one, other) => [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => one[name] !== other[name]);
const code = (promise) =>
  promise.then(
    () => 'loaded',
    ({ code }) => code,
  );

console.log(
  JSON.stringify({
    names: Object.keys(imported).length,
    different: [...different(imported, required), ...different(importedRaw, requiredRaw)],
    codes: [
      await code(imported.Module.load('/no/such/library')),
      await code(required.Module.load('/no/such/library')),
      await code(importedRaw.Raw.load('/no/such/library')),
      await code(requiredRaw.Raw.load('/no/such/library')),
    ],
    loaded,
  }),
);
