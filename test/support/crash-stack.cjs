// A crash of the tests' own process says where: test/modules/crash_stack.c, where it has been compiled.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const library = join(__dirname, '../../build/test-modules/crash_stack.so');
// A sanitizer, which is loaded before all else, tells more.
if (existsSync(library) && process.env.LD_PRELOAD === undefined) {
  try {
    process.dlopen({ exports: {} }, library);
  } catch {
    // It is no addon, and has done its work when it is loaded.
  }
}
