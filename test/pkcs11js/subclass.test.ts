// Classes that extend PKCS11 do with us what they do with pkcs11js.

import assert from 'node:assert/strict';
import { skip } from '../support/skip';
import { library, original, OURS, run } from './packages';

it('classes that extend PKCS11, and functions that are replaced, work as with pkcs11js', async function () {
  this.timeout(120_000);
  if (library() === undefined) skip(this, 'this machine has no SoftHSM');
  const peer = await original();
  if ('reason' in peer) skip(this, peer.reason);
  const [theirs, ours] = [peer.path, OURS].map((path) => {
    const { lines, status, errors } = run('subclass.cjs', path);
    assert.equal(status, 0, errors);
    const { inherited, ...rest } = lines[0] as { inherited: string[] };
    return { inherited: new Set(inherited), rest };
  });
  assert.deepEqual(ours!.rest, theirs!.rest);
  assert.deepEqual(
    [...theirs!.inherited].filter((name) => !ours!.inherited.has(name)),
    [],
  );
  assert.ok(theirs!.inherited.size > 80);
});
