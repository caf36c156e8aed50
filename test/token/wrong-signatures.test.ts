// A signature that is none of the key's is an answer, and no failure: whatever is wrong with it, whatever the library says of it, and whatever its threads have met
// before. Each test has threads of its own.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { Context } from 'mocha';
import { CKF, CKM, type PrivateKey, type PublicKey, type SignatureOptions } from '../../lib';
import { profiles, withToken, type Fixture } from '../support/profile';
import { skip } from '../support/skip';
import { changed, pieces } from '../support/token';

const data = randomBytes(3000);
const other = randomBytes(3000);
const digest = (of: Uint8Array): Buffer => createHash('sha256').update(of).digest();

/** An RSA key that is there, or is made. */
async function rsaKeys({ profile, token }: Fixture): Promise<{ privateKey: PrivateKey; publicKey: PublicKey }> {
  const id = profile.keys?.find(({ type, use }) => type === 'rsa' && use === 'sign')?.id;
  if (id === undefined) return token.generateKeyPair('rsa', { modulusLength: 2048, privateKey: { sign: true }, publicKey: { verify: true } });
  const query = { id: Buffer.from(id, 'hex') };
  return { privateKey: await token.privateKey(query), publicKey: await token.publicKey(query) };
}

/** What is no signature of the data: another's, and such as RSA gives none of. */
async function wrongOnes(sign: (data: Uint8Array) => Promise<Uint8Array>): Promise<{ right: Uint8Array; wrong: Record<string, Uint8Array> }> {
  const right = await sign(data);
  const { length } = right;
  const wrong = {
    'of other data': await sign(other),
    changed: changed(right),
    'changed at the beginning': right.map((byte, at) => (at === 1 ? byte ^ 1 : byte)),
    zeros: new Uint8Array(length),
    'larger than the modulus': new Uint8Array(length).fill(255),
    shorter: right.subarray(1),
    longer: Buffer.concat([right, Buffer.alloc(1)]),
    empty: new Uint8Array(0),
  };
  return { right, wrong };
}

/** The right one is, no other is, and nobody thinks that the token is lost. */
async function judges(
  { token }: Fixture,
  sign: (data: Uint8Array) => Promise<Uint8Array>,
  verify: (signature: Uint8Array) => Promise<boolean>,
): Promise<void> {
  const { right, wrong } = await wrongOnes(sign);
  for (const [what, signature] of Object.entries(wrong)) assert.equal(await verify(signature), false, what);
  assert.equal(await verify(right), true);
  const { recoveries, retries } = token.stats();
  assert.deepEqual({ recoveries, retries }, { recoveries: 0, retries: 0 });
}

interface Way {
  readonly title: string;
  /** One of these the token must have. */
  readonly mechanisms: readonly number[];
  readonly sign: (key: PrivateKey, data: Uint8Array) => Promise<Uint8Array>;
  readonly verify: (key: PublicKey, signature: Uint8Array) => Promise<boolean>;
}

const named = (hash: string, options: SignatureOptions = {}): Pick<Way, 'sign' | 'verify'> => ({
  sign: (key, of) => key.sign(hash, of, options),
  verify: (key, signature) => key.verify(hash, data, signature, options),
});

const { RSA_PKCS } = CKM;
const WAYS: readonly Way[] = [
  { title: 'PKCS#1', mechanisms: [RSA_PKCS], ...named('sha256') },
  {
    title: 'PKCS#1 in pieces',
    mechanisms: [RSA_PKCS],
    ...named('sha256'),
    verify: (key, signature) => key.verify('sha256', pieces(data, 700), signature),
  },
  { title: 'PKCS#1 with a hash that the token lacks', mechanisms: [RSA_PKCS], ...named('sha512-256') },
  {
    title: 'PKCS#1 of a digest',
    mechanisms: [RSA_PKCS],
    sign: (key, of) => key.signDigest('sha256', digest(of)),
    verify: (key, signature) => key.verifyDigest('sha256', digest(data), signature),
  },
  {
    title: 'the mechanism given in full',
    mechanisms: [RSA_PKCS],
    sign: (key, of) => key.sign({ mechanism: RSA_PKCS }, digest(of)),
    verify: (key, signature) => key.verify({ mechanism: RSA_PKCS }, digest(data), signature),
  },
  {
    title: 'many PKCS#1',
    mechanisms: [RSA_PKCS],
    ...named('sha512-256'),
    verify: async (key, signature) => (await key.verifyMany('sha512-256', [{ data, signature }]))[0]!,
  },
  { title: 'PSS', mechanisms: [CKM.RSA_PKCS_PSS, CKM.SHA256_RSA_PKCS_PSS], ...named('sha256', { padding: 'pss' }) },
];

/** Skips where none of the mechanisms verifies. */
async function verifies(context: Context, { profile, slot }: Fixture, mechanisms: readonly number[]): Promise<void> {
  const there = await slot.mechanisms();
  if (!mechanisms.some((mechanism) => ((there.get(mechanism)?.flags ?? 0) & CKF.VERIFY) !== 0)) skip(context, `${profile.title} does not verify so`);
}

for (const profile of profiles()) {
  describe(`wrong RSA signatures on ${profile.title}`, () => {
    for (const { title, mechanisms, sign, verify } of WAYS) {
      it(title, async function () {
        if (profile.reason !== undefined) skip(this, profile.reason);
        await withToken(profile, async (fixture) => {
          if (profile.keys === undefined) fixture.needs(this, 'generate', 'session-objects');
          await verifies(this, fixture, mechanisms);
          await fixture.token.login(fixture.pin);
          const { privateKey, publicKey } = await rsaKeys(fixture);
          await judges(
            fixture,
            (of) => sign(privateKey, of),
            (signature) => verify(publicKey, signature),
          );
        });
      });
    }
  });
}
