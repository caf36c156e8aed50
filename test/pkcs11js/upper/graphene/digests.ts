// Digests through graphene-pk11: at once, in parts, from a stream, by callback.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Session } from 'graphene-pk11';
import type { Checks, Stage } from '../stage';

const hashes = { MD5: 'md5', SHA_1: 'sha1', SHA224: 'sha224', SHA256: 'sha256', SHA384: 'sha384', SHA512: 'sha512' } as const;

const data = randomBytes(1000);

/** NSS digests in a slot of its own, which has no objects. */
function session({ module, pkcs11, skip }: Stage, mechanism: string): Session {
  const type = (pkcs11 as unknown as Record<string, number>)[mechanism];
  for (const slot of module.getSlots(true)) {
    if ([...slot.getMechanisms()].some((one) => one.type === type)) return slot.open();
  }
  return skip(`no ${mechanism}`);
}

export const checks: Checks = {
  ...Object.fromEntries(
    Object.entries(hashes).map(([mechanism, hash]) => [
      `${mechanism}: at once, in parts, by callback`,
      async (stage) => {
        const digesting = session(stage, `CKM_${mechanism}`);
        const expected = createHash(hash).update(data).digest();
        assert.deepEqual(digesting.createDigest(mechanism).once(data), expected);
        const parts = digesting.createDigest({ name: mechanism, params: null });
        parts.update(data.subarray(0, 1));
        parts.update(data.subarray(1));
        assert.deepEqual(parts.final(), expected);
        const called = await new Promise<Buffer>((resolve, reject) =>
          digesting.createDigest(mechanism).once(data, (error, digest) => (error ? reject(error) : resolve(digest))),
        );
        assert.deepEqual(called, expected);
        digesting.close();
      },
    ]),
  ),

  'takes text as data': (stage) => {
    const { graphene } = stage;
    assert.deepEqual(
      session(stage, 'CKM_SHA256').createDigest(graphene.MechanismEnum.SHA256).once('tëxt'),
      createHash('sha256').update('tëxt').digest(),
    );
  },

  'digests what a stream gives': async (stage) => {
    const pieces = Array.from({ length: 200 }, () => randomBytes(777));
    const digest = session(stage, 'CKM_SHA512').createDigest('sha512');
    for await (const piece of Readable.from(pieces)) digest.update(piece as Buffer);
    assert.deepEqual(digest.final(), createHash('sha512').update(Buffer.concat(pieces)).digest());
  },
};
