// native/generated/cryptoki.h against what others wrote down: the sizes that are known for the common ABIs, and p11-kit's header where it is installed.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { skip } from '../support/skip';

const root = join(__dirname, '../..');
const ours = join(root, 'native/generated/cryptoki.h');
const theirs = '/usr/include/p11-kit-1/p11-kit/pkcs11.h';

interface Structure {
  name: string;
  c: { name: string; type: string }[];
}

const structures = JSON.parse(readFileSync(join(root, 'spec/structures.json'), 'utf8')) as Structure[];
const constants = Object.entries(JSON.parse(readFileSync(join(root, 'spec/constants.json'), 'utf8')) as Record<string, { name: string }[]>).flatMap(
  ([family, entries]) => entries.map(({ name }) => `${family}_${name}`),
);

describe('cryptoki.h', () => {
  let folder: string;

  before(function () {
    if (spawnSync('cc', ['--version']).status !== 0) skip(this, 'there is no C compiler (cc)');
    folder = mkdtempSync(join(tmpdir(), 'cryptoki-header-'));
  });

  after(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  function run(command: string, args: string[]): string {
    const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
    if (error !== undefined) throw error;
    assert.equal(status, 0, stderr);
    return stdout;
  }

  function source(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }

  for (const [language, suffix, standard] of [
    ['C', 'c', 'c99'],
    ['C++', 'cc', 'c++17'],
  ] as const) {
    it(`compiles as ${language} without a warning`, function () {
      const compiler = language === 'C' ? 'cc' : 'c++';
      if (spawnSync(compiler, ['--version']).status !== 0) skip(this, `there is no ${language} compiler (${compiler})`);
      const path = source(`plain.${suffix}`, `#define CRYPTOKI_PROTOTYPES\n#include "${ours}"\n#include "${ours}"\nint unused;\n`);
      run(compiler, [`-std=${standard}`, '-Wall', '-Wextra', '-pedantic', '-Werror', '-fsyntax-only', path]);
    });
  }

  // Bytes on Unix with a CK_ULONG of 64 bits, and on Windows with pointers of 64 bits.
  const sizes: Record<string, readonly [number, number]> = {
    CK_ATTRIBUTE: [24, 16],
    CK_MECHANISM: [24, 16],
    CK_INFO: [88, 72],
    CK_SLOT_INFO: [112, 104],
    CK_TOKEN_INFO: [208, 160],
    CK_SESSION_INFO: [32, 16],
    CK_C_INITIALIZE_ARGS: [48, 44],
    CK_INTERFACE: [24, 20],
    CK_FUNCTION_LIST: [552, 546],
    CK_FUNCTION_LIST_3_0: [744, 738],
    CK_FUNCTION_LIST_3_2: [840, 834],
    CK_RSA_PKCS_PSS_PARAMS: [24, 12],
    CK_RSA_PKCS_OAEP_PARAMS: [40, 24],
    CK_GCM_PARAMS: [48, 32],
    CK_ECDH1_DERIVE_PARAMS: [40, 28],
    CK_EDDSA_PARAMS: [24, 13],
    CK_HKDF_PARAMS: [64, 38],
    CK_SIGN_ADDITIONAL_CONTEXT: [24, 16],
    CK_ASYNC_DATA: [40, 24],
  };

  function sizeChecks(which: 0 | 1): string {
    return Object.entries(sizes)
      .map(([name, size]) => `_Static_assert(sizeof(${name}) == ${size[which]}, "${name}");\n`)
      .join('');
  }

  it('has the sizes of Unix', function () {
    if (process.platform === 'win32' || !['x64', 'arm64', 's390x', 'ppc64', 'riscv64'].includes(process.arch))
      skip(this, 'CK_ULONG has not 64 bits here');
    const path = source('unix.c', `#include "${ours}"\n${sizeChecks(0)}`);
    run('cc', ['-std=c11', '-fsyntax-only', path]);
  });

  it('has the sizes of Windows, packed and with a CK_ULONG of 32 bits', function () {
    // Another platform's compiler is not there; what differs is the width of long and that _WIN32 is defined.
    const text = readFileSync(ours, 'utf8')
      .replaceAll('unsigned long ', 'unsigned int ')
      .replaceAll('__cdecl', '')
      .replaceAll('__declspec(dllexport)', '');
    if (process.arch === 'ia32' || process.arch === 'arm') skip(this, 'pointers have not 64 bits here');
    const path = source('windows.c', `#define _WIN32 1\n${text}\n${sizeChecks(1)}`);
    run('cc', ['-std=c11', '-fsyntax-only', path]);
  });

  // p11-kit 0.24 numbers these otherwise than the header that the standard publishes (0x1b5 to 0x1b9).
  const misnumbered = new Set([
    'CKR_EXCEEDED_MAX_ITERATIONS',
    'CKR_FIPS_SELF_TEST_FAILED',
    'CKR_LIBRARY_LOAD_FAILED',
    'CKR_PIN_TOO_WEAK',
    'CKR_PUBLIC_KEY_INVALID',
  ]);

  it("agrees with p11-kit's header", function () {
    if (!existsSync(theirs)) skip(this, `there is no ${theirs} (libp11-kit-dev)`);
    const text = readFileSync(theirs, 'utf8');
    const named = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(text);
    // Ours tells its numbers, theirs is asked to agree: two headers with the same names cannot be included together.
    const shared = structures.filter(({ name }) => named(name));
    const print: string[] = [];
    for (const { name, c } of shared) {
      print.push(`printf("_Static_assert(sizeof(${name}) == %zu, \\"size of ${name}\\");\\n", sizeof(${name}));`);
      for (const field of c) {
        print.push(
          `printf("_Static_assert(offsetof(${name}, ${field.name}) == %zu, \\"${name}.${field.name}\\");\\n", offsetof(${name}, ${field.name}));`,
        );
      }
    }
    for (const list of ['CK_FUNCTION_LIST', 'CK_FUNCTION_LIST_3_0'].filter(named)) {
      print.push(`printf("_Static_assert(sizeof(${list}) == %zu, \\"size of ${list}\\");\\n", sizeof(${list}));`);
    }
    for (const name of constants.filter((constant) => named(constant) && !misnumbered.has(constant))) {
      // p11-kit gives some numbers as int: compared as CK_ULONG.
      print.push(
        `printf("#ifdef ${name}\\n_Static_assert((unsigned long)(${name}) == %luUL, \\"${name}\\");\\n#endif\\n", (unsigned long)(${name}));`,
      );
    }
    assert.ok(shared.length > 20, `only ${shared.length} structures in common`);
    const program = source(
      'tell.c',
      `#include <stddef.h>\n#include <stdio.h>\n#include "${ours}"\nint main(void) {\n${print.join('\n')}\nreturn 0;\n}\n`,
    );
    run('cc', ['-std=c11', '-o', 'tell', program]);
    const checks = run(join(folder, 'tell'), []);
    const path = source('agree.c', `#include <stddef.h>\n#include "${theirs}"\n${checks}`);
    run('cc', ['-std=gnu11', '-fsyntax-only', path]);
  });
});
