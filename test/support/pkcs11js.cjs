// Preloaded with --require: whoever asks for pkcs11js in this process gets the file that CRYPTOKI_TEST_PKCS11JS names.
const Module = require('node:module');

const RESOLVE = '_resolveFilename';
const resolve = Module[RESOLVE];
Module[RESOLVE] = function (request, ...rest) {
  return resolve.call(this, request === 'pkcs11js' ? process.env.CRYPTOKI_TEST_PKCS11JS : request, ...rest);
};
