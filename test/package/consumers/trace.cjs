// Which packages the files of the package ask for, while it is loaded and at its first call.
const Module = require('node:module');

const asked = new Set();
const load = Module._load;
Module._load = function (request, parent, ...rest) {
  const own = /[\\/]node_modules[\\/]cryptoki[\\/]/.test(parent?.filename ?? '');
  if (own && !request.startsWith('.') && !request.startsWith('node:')) asked.add(request);
  return load.call(this, request, parent, ...rest);
};

const { Module: Library } = require('cryptoki');
const { Raw } = require('cryptoki/raw');
const before = [...asked];

Promise.allSettled([Library.load('/no/such/library'), Raw.load('/no/such/library')]).then(() => {
  console.log(JSON.stringify({ before, after: [...asked] }));
});
