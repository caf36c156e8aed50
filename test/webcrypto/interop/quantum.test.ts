// ML-DSA and ML-KEM on a token and in a Node.js that has them.

import assert from 'node:assert/strict';
import type { webcrypto } from 'node:crypto';
import type { Context } from 'mocha';
import { profiles } from '../../support/profile';
import { skip } from '../../support/skip';
import { changed } from '../../support/token';
import { buffer, carried, data, equal, given, node, useCrypto, type Bits } from './support';

interface Encapsulated {
  readonly sharedKey: Bits;
  readonly ciphertext: Bits;
}

/** Of the draft; the types of Node.js 20 do not have it. */
interface Encapsulating {
  encapsulateBits(algorithm: string, key: webcrypto.CryptoKey): Promise<Encapsulated>;
  decapsulateBits(algorithm: string, key: webcrypto.CryptoKey, ciphertext: Bits): Promise<Bits>;
}

const encapsulating = (subtle: webcrypto.SubtleCrypto): Encapsulating => subtle as unknown as Encapsulating;

async function ofNode(context: Context, name: string, usages: string[]): Promise<webcrypto.CryptoKeyPair> {
  // Older ones do not even know the usages.
  if (!('encapsulateBits' in node)) skip(context, `Node.js ${process.version} has no ${name}`);
  try {
    return (await node.generateKey({ name } as never, true, usages as never)) as unknown as webcrypto.CryptoKeyPair;
  } catch (error) {
    if ((error as Error).name !== 'NotSupportedError') throw error;
    return skip(context, `Node.js ${process.version} has no ${name}`);
  }
}

for (const profile of profiles()) {
  describe(`ML-DSA and ML-KEM of Web Cryptography on ${profile.title} and Node.js`, () => {
    const fixture = useCrypto(profile);
    const ofToken = async (context: Context, name: string, usages: string[]): Promise<webcrypto.CryptoKeyPair> =>
      (await given(context, fixture().subtle.generateKey({ name } as never, false, usages as never))) as unknown as webcrypto.CryptoKeyPair;

    for (const name of ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87']) {
      it(`${name}: what one side signs, the other verifies`, async function () {
        const { subtle } = fixture();
        const theirs = await ofNode(this, name, ['sign', 'verify']);
        const mine = await ofToken(this, name, ['sign', 'verify']);
        for (const algorithm of [name, { name, context: Buffer.from('a context') }]) {
          const signature = await subtle.sign(algorithm, mine.privateKey, data);
          const there = await carried(mine.publicKey, subtle, node);
          assert.equal(await node.verify(algorithm, there, signature, data), true);
          assert.equal(await node.verify(algorithm, there, signature, changed(data)), false);
          const here = await carried(theirs.publicKey, node, subtle);
          const other = await node.sign(algorithm, theirs.privateKey, data);
          assert.equal(await subtle.verify(algorithm, here, other, data), true);
          assert.equal(await subtle.verify(algorithm, here, changed(buffer(other)), data), false);
        }
        const imported = await carried(theirs.privateKey, node, subtle, { extractable: false });
        assert.equal(await node.verify(name, theirs.publicKey, await subtle.sign(name, imported, data), data), true);
      });
    }

    for (const name of ['ML-KEM-512', 'ML-KEM-768', 'ML-KEM-1024']) {
      it(`${name}: both sides have the same secret`, async function () {
        const { subtle } = fixture();
        const usages = ['encapsulateBits', 'decapsulateBits'];
        const theirs = await ofNode(this, name, usages);
        const mine = await ofToken(this, name, usages);
        const there = await encapsulating(node).encapsulateBits(name, await carried(mine.publicKey, subtle, node));
        equal(await encapsulating(subtle).decapsulateBits(name, mine.privateKey, there.ciphertext), there.sharedKey);
        const here = await encapsulating(subtle).encapsulateBits(name, await carried(theirs.publicKey, node, subtle));
        equal(await encapsulating(node).decapsulateBits(name, theirs.privateKey, here.ciphertext), here.sharedKey);
      });
    }
  });
}
