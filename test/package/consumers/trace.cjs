// Which packages the files of the package ask for, while it is loaded and at its first call.
const Module = require('node:module');

const asked = new Set();
const original = Module.prototype.require;
Module.prototype.require = function (request) {
  const own = /[\\/]node_modules[\\/]cryptoki[\\/]/.test(this.filename);
  if (own && !request.startsWith('.') && !request.startsWith('node:')) asked.add(request);
  return original.call(this, request);
};

async function main() {
  const { Module: Library } = require('cryptoki');
  const { Raw } = require('cryptoki/raw');
  const before = [...asked];
  await Promise.allSettled([Library.load('/no/such/library'), Raw.load('/no/such/library')]);
  console.log(JSON.stringify({ before, after: [...asked] }));
}

main();
