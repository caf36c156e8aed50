import { createPrivateKey, type KeyObject } from 'node:crypto';

const base64 = (value: bigint): string => {
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex').toString('base64url');
};

function inverse(of: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [of % modulus, modulus, 1n, 0n];
  while (a > 1n) {
    const quotient = a / b;
    [a, b] = [b, a % b];
    [x, y] = [y, x - quotient * y];
  }
  return ((x % modulus) + modulus) % modulus;
}

/** An RSA key of 4484 bits, at once: its primes are those of Mersenne, 2^2203 - 1 and 2^2281 - 1. */
export function largeKey(): KeyObject {
  const [p, q, e] = [2n ** 2281n - 1n, 2n ** 2203n - 1n, 65537n];
  const d = inverse(e, (p - 1n) * (q - 1n));
  const parts = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
  const jwk = Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, base64(value)]));
  return createPrivateKey({ format: 'jwk', key: { kty: 'RSA', ...jwk } });
}
