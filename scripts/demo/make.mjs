// What the demo puts on its token: a PIN, three key pairs, a certificate.
import { selfSigned } from '../support/certificate.mjs';

/** An initialised token with the user PIN 1234. */
export async function makeToken(module, kind) {
  const slots = await module.slots({ tokenPresent: true });
  const infos = await Promise.all(slots.map(async (slot) => (await slot.token()).info()));
  // NSS has its database in the last of its slots; SoftHSM always offers one slot that is not initialised.
  const slot = kind === 'nss' ? slots.at(-1) : slots[infos.findIndex((info) => !info.tokenInitialized)];
  const token = await slot.initToken({ label: 'demo', soPin: '12345678' });
  // The security officer of a new NSS database has the empty PIN.
  await token.login(kind === 'nss' ? '' : '12345678', { user: 'so' });
  await token.initPin('1234');
  await token.logout();
  return token;
}

/** Each a name for people, the arguments of generateKeyPair, and the algorithm it signs with. */
const kinds = [
  { name: 'RSA-2048', type: 'rsa', options: { modulusLength: 2048 }, algorithm: 'sha256' },
  { name: 'P-256', type: 'ec', options: { namedCurve: 'P-256' }, algorithm: 'sha256' },
  { name: 'Ed25519', type: 'ed25519', options: {}, algorithm: null },
];

/** Generates the key pairs, and imports a certificate for the first that it signs with its own key. */
export async function makeKeys(token, { lasting, signal }) {
  console.log('\nKeys');
  const keys = [];
  for (const { name, type, options, algorithm } of kinds) {
    const started = performance.now();
    try {
      const pair = await token.generateKeyPair(type, { ...options, label: `demo ${name}`, token: lasting, signal });
      keys.push({ name, algorithm, ...pair });
      console.log(`  ${name} generated in ${Math.round(performance.now() - started)} ms`);
    } catch (error) {
      // Old tokens do not know Ed25519: the demo goes on with what there is.
      if (error.code !== 'CKR_MECHANISM_INVALID' && error.code !== 'ERR_CRYPTOKI_UNSUPPORTED') throw error;
      console.log(`  ${name}: this token cannot`);
    }
  }
  const [{ name, algorithm, privateKey, publicKey }] = keys;
  const certificate = await selfSigned({
    subject: `cryptoki demo ${name}`,
    publicKey: publicKey.toKeyObject(),
    sign: (bytes) => privateKey.sign(algorithm, bytes, { signal }),
  });
  if (lasting) await token.importCertificate(certificate, { label: `demo ${name}` });
  return keys;
}
