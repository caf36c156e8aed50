// The names, values and arities of pkcs11js, from the package itself.

import assert from 'node:assert/strict';
import { skip } from '../support/skip';
import { library, original, OURS, run } from './packages';

interface Told {
  readonly constants: Record<string, number | string>;
  readonly classes: Record<string, unknown>;
  readonly functions: Record<string, number>;
  readonly own: string[];
}

describe('what pkcs11js exports', () => {
  let theirs: Told;
  let ours: Told;

  before(async function () {
    this.timeout(300_000);
    if (library() === undefined) skip(this, 'this machine has no SoftHSM');
    const peer = await original();
    if ('reason' in peer) skip(this, peer.reason);
    theirs = run('exports.cjs', peer.path).lines[0] as unknown as Told;
    ours = run('exports.cjs', OURS).lines[0] as unknown as Told;
  });

  it('is 658 names, and each is here', () => {
    const names = [...Object.keys(theirs.constants), ...Object.keys(theirs.classes)];
    assert.equal(names.length, 658);
    const here = new Set([...Object.keys(ours.constants), ...Object.keys(ours.classes)]);
    assert.deepEqual(
      names.filter((name) => !here.has(name)),
      [],
    );
  });

  it('constants have the same values', () => {
    const same = Object.fromEntries(Object.keys(theirs.constants).map((name) => [name, ours.constants[name]]));
    assert.deepEqual(same, theirs.constants);
  });

  it('classes have the same names and take as many arguments', () => {
    assert.deepEqual(ours.classes, theirs.classes);
  });

  it('every function of an object is here and takes as many arguments', () => {
    const same = Object.fromEntries(Object.keys(theirs.functions).map((name) => [name, ours.functions[name]]));
    assert.deepEqual(same, theirs.functions);
    assert.ok(Object.keys(theirs.functions).length > 100);
    assert.deepEqual(
      theirs.own.filter((name) => !ours.own.includes(name)),
      [],
    );
  });

  it('every function has a form that does not block', () => {
    const names = Object.keys(ours.functions).filter((name) => /^C_\w+$/.test(name) && !/(?:Async|Callback)$/.test(name));
    assert.deepEqual(
      names.filter((name) => ours.functions[`${name}Async`] === undefined),
      [],
    );
    assert.ok(names.length > 95);
  });
});
