// The parameters of mechanisms under the names of pkcs11js: which there are, which fields they have and what is said of unfit ones, from the package itself.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/support/paths.mjs';
import { skip } from '../support/skip';
import { library, original, OURS, runCases } from './packages';

interface Kind {
  /** Its name among the constants. */
  readonly type: string;
  readonly fields: readonly { readonly name: string; readonly form: string; readonly length: number }[];
}

const source = (name: string): string => readFileSync(join(root, 'node_modules/pkcs11js/src', name), 'utf8');

/** What the addon reads, as its source has it. */
function kinds(): Kind[] {
  const readers = source('params.cpp').split(/^bool (?=get_params_)/m);
  return [...source('pkcs11.cpp').matchAll(/case (CK_PARAM\w+):\s*\{\s*return (get_params_\w+)\(/g)].map(([, type, reader]) => {
    const body = readers.find((one) => one.startsWith(`${reader}(`)) ?? assert.fail(reader);
    const fields = [...body.matchAll(/READ_([A-Z]+)_(?:REQUIRED|OPTIONAL)\((\w+),/g)].map(([, form, name]) => ({
      name: name!,
      form: form!,
      // Vectors have the length of a block; the standard gives that of PBE 8 bytes.
      length: /^iv$|^initVector$/.test(name!) && !/AES_CBC/.test(type!) ? 8 : 16,
    }));
    return { type: type!, fields };
  });
}

interface Failure {
  readonly class: string;
  readonly message: string;
}

/** Where we answer something else on purpose: the addon reads past the end of what is shorter than it takes it to be. */
const BETTER: readonly (readonly [title: RegExp, message: RegExp])[] = [
  [/^(?:CK_PARAMS_PBE: initVector|CK_PARAMS_RC2_CBC: iv|CK_PARAMS_DES_CBC_ENCRYPT_DATA: iv) is /, / should be a Buffer of length 8$/],
  [/^CK_PARAMS_SKIPJACK_PRIVATE_WRAP: (?:primeP|baseG) is /, /both share one length/],
];

describe('parameters of pkcs11js', () => {
  const KINDS = kinds();
  let ours: Map<string, Failure>;

  before(async function () {
    this.timeout(120_000);
    if (library() === undefined) skip(this, 'this machine has no SoftHSM');
    ours = (await runCases('parameters.cjs', OURS, { KINDS: JSON.stringify(KINDS) })) as Map<string, Failure>;
  });

  it('are all here, and reach the library', () => {
    assert.ok(KINDS.length >= 25);
    for (const { type } of KINDS) assert.equal(ours.get(type)?.message, 'CKR_MECHANISM_INVALID', type);
  });

  it('are answered as pkcs11js does, where it lives to answer', async function () {
    this.timeout(300_000);
    const peer = await original();
    if ('reason' in peer) skip(this, peer.reason);
    const theirs = (await runCases('parameters.cjs', peer.path, { KINDS: JSON.stringify(KINDS) })) as Map<string, Failure | string>;
    const differing: unknown[] = [];
    for (const [title, their] of theirs) {
      const our = ours.get(title)!;
      if (typeof their === 'string' && their.startsWith('crash')) continue;
      if (our.message === (their as Failure).message && our.class === (their as Failure).class) continue;
      if (BETTER.some(([which, says]) => which.test(title) && says.test(our.message))) continue;
      differing.push({ title, theirs: their, ours: our });
    }
    assert.deepEqual(differing, []);
    assert.ok(theirs.size > 1000);
  });
});
