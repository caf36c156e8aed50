import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, sign, verify, type KeyObject, type SignKeyObjectInput } from 'node:crypto';
import fc from 'fast-check';
import { CKF, CKM, PrivateKey, PublicKey, type SignatureOptions } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { requiresOne } from '../support/token';
import { always, asInput, flipped, given, place } from './random';

interface Signing {
  readonly title: string;
  /** One of them. */
  readonly mechanisms: readonly number[];
  readonly pair: () => { publicKey: KeyObject; privateKey: KeyObject };
  readonly hashes: readonly (string | null)[];
  /** What the classes are told, and what node:crypto is. */
  readonly options: fc.Arbitrary<readonly [SignatureOptions, Omit<SignKeyObjectInput, 'key'>]>;
}

const hashes = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
const encodings = fc.constantFrom('der' as const, 'ieee-p1363' as const).map((dsaEncoding) => [{ dsaEncoding }, { dsaEncoding }] as const);
const salts = fc.integer({ min: 0, max: 60 }).map(
  (saltLength) =>
    [
      { padding: 'pss' as const, saltLength },
      { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
    ] as const,
);
const nothing = fc.constant([{}, {}] as const);

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = (namedCurve: string) => () => generateKeyPairSync('ec', { namedCurve });

const SIGNINGS: readonly Signing[] = [
  { title: 'RSASSA-PKCS1-v1_5', mechanisms: [CKM.RSA_PKCS], pair: rsa, hashes, options: nothing },
  { title: 'RSASSA-PSS', mechanisms: [CKM.RSA_PKCS_PSS, CKM.SHA256_RSA_PKCS_PSS], pair: rsa, hashes, options: salts },
  { title: 'ECDSA on P-256', mechanisms: [CKM.ECDSA], pair: ec('P-256'), hashes, options: encodings },
  { title: 'ECDSA on P-384', mechanisms: [CKM.ECDSA], pair: ec('P-384'), hashes, options: encodings },
  { title: 'ECDSA on P-521', mechanisms: [CKM.ECDSA], pair: ec('P-521'), hashes, options: encodings },
  { title: 'Ed25519', mechanisms: [CKM.EDDSA], pair: () => generateKeyPairSync('ed25519'), hashes: [null], options: nothing },
];

for (const profile of profiles()) {
  describe(`random messages signed and verified on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'import', 'session-objects');
      await fixture().token.login(fixture().pin);
    });

    for (const { title, mechanisms, pair, hashes: choices, options } of SIGNINGS) {
      it(title, async function () {
        await requiresOne(this, fixture(), ...mechanisms);
        const { token, slot } = fixture();
        const there = await slot.mechanisms();
        assert.ok(mechanisms.some((one) => ((there.get(one)?.flags ?? 0) & CKF.SIGN) !== 0));
        const theirs = pair();
        const [privateKey, publicKey] = await Promise.all([token.importKey(theirs.privateKey), token.importKey(theirs.publicKey)]);
        assert.ok(privateKey instanceof PrivateKey && publicKey instanceof PublicKey);
        await always(given(), fc.constantFrom(...choices), options, place, async (input, hash, [ours, node], bit) => {
          const { data } = input;
          const byToken = await privateKey.sign(hash, asInput(input), ours);
          assert.equal(verify(hash, data, { key: theirs.publicKey, ...node }, byToken), true);
          const byNode = sign(hash, data, { key: theirs.privateKey, ...node });
          assert.equal(await publicKey.verify(hash, asInput(input), byNode, ours), true);
          const bad = flipped(byNode, bit);
          assert.equal(await publicKey.verify(hash, asInput(input), bad, ours), verify(hash, data, { key: theirs.publicKey, ...node }, bad));
          if (data.length > 0) assert.equal(await publicKey.verify(hash, flipped(data, bit), byNode, ours), false);
        });
        await Promise.all([privateKey.destroy(), publicKey.destroy()]);
      });
    }
  });
}
