// ECDSA over P-256 of a digest that is given: a card is sent digests, and node:crypto signs only what it hashes itself.
// For a test card with throw-away keys: nothing here runs in constant time.
import { createECDH } from 'node:crypto';

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const number = (bytes) => BigInt(`0x${bytes.toString('hex') || '0'}`);

function inverse(value, modulus) {
  let [previous, current, remainder, divisor] = [0n, 1n, modulus, value % modulus];
  while (divisor !== 0n) {
    const quotient = remainder / divisor;
    [previous, current] = [current, previous - quotient * current];
    [remainder, divisor] = [divisor, remainder - quotient * divisor];
  }
  return ((previous % modulus) + modulus) % modulus;
}

function integer(value) {
  let hex = value.toString(16);
  if (hex.length % 2 === 1) hex = `0${hex}`;
  if (Number.parseInt(hex.slice(0, 2), 16) >= 0x80) hex = `00${hex}`;
  const bytes = Buffer.from(hex, 'hex');
  return Buffer.concat([Buffer.from([0x02, bytes.length]), bytes]);
}

/** The signature in DER, with a private KeyObject. */
export function signDigest(key, digest) {
  const secret = number(Buffer.from(key.export({ format: 'jwk' }).d, 'base64url'));
  for (;;) {
    const nonce = createECDH('prime256v1');
    nonce.generateKeys();
    const r = number(nonce.getPublicKey().subarray(1, 33)) % order;
    const s = (inverse(number(nonce.getPrivateKey()), order) * (number(digest.subarray(0, 32)) + r * secret)) % order;
    if (r === 0n || s === 0n) continue;
    const body = Buffer.concat([integer(r), integer(s)]);
    return Buffer.concat([Buffer.from([0x30, body.length]), body]);
  }
}
