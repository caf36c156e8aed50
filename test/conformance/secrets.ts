// Secrets from secrets: HMAC, HKDF, PBKDF2, AES key wrapping.

import { timingSafeEqual } from 'node:crypto';
import { CKF, CKK, CKM, CKO, CKP, CKZ, SecretKey, type AttributeTemplate, type Token } from '../../lib';
import { compared, isValid, judged, verdict, type Answer, type Family, type KeySpec, type Operation, type RawSide } from './family';
import { hex, number, type Case, type Group } from './vectors';

const readable = { class: CKO.SECRET_KEY, keyType: CKK.GENERIC_SECRET, token: false, private: true, sensitive: false, extractable: true } as const;

async function secretKey(made: Promise<unknown>): Promise<SecretKey> {
  const key = await made;
  if (!(key instanceof SecretKey)) throw new TypeError('not a secret key');
  return key;
}

/** Reads a key, which is of no use after that. */
async function value(made: Promise<unknown>, expected: Uint8Array): Promise<Answer> {
  const key = await secretKey(made);
  try {
    return compared((await key.get(['value'])).value ?? new Uint8Array(0), expected);
  } finally {
    await key.destroy();
  }
}

async function rawValue({ raw, session }: RawSide, key: bigint, expected: Uint8Array): Promise<Answer> {
  const { value: read } = await raw.C_GetAttributeValue(session, key, ['value']);
  await raw.C_DestroyObject(session, key);
  return compared(read ?? new Uint8Array(0), expected);
}

const generic =
  (field: string, use: AttributeTemplate) =>
  (test: Case): KeySpec => {
    const bytes = hex(test, field);
    const make = (token: Token) => token.importKey(bytes, { type: 'generic', sensitive: false, extractable: true, attributes: use });
    return { name: bytes.toString('hex'), make, template: { ...readable, ...use, value: bytes } };
  };

const macBytes = (group: Group): number => number(group, 'tagSize') / 8;

const signsMac: Operation = {
  name: 'sign',
  on: isValid,
  async answer({ key }, test, group) {
    const code = await (key as SecretKey).sign('sha256', hex(test, 'msg'));
    return compared(code.subarray(0, macBytes(group)), hex(test, 'tag'));
  },
  async raw({ raw, session }, key, test, group) {
    await raw.C_SignInit(session, CKM.SHA256_HMAC, key);
    return compared((await raw.C_Sign(session, hex(test, 'msg'))).subarray(0, macBytes(group)), hex(test, 'tag'));
  },
};

/** The general mechanism has codes of every length, the other whole ones. */
const verifiesMac = (general: boolean): Operation => ({
  name: 'verify',
  on: (_test, group) => general || macBytes(group) === 32,
  ...(general && { mechanism: CKM.SHA256_HMAC_GENERAL }),
  async answer({ key }, test, group) {
    const options = general ? { macLength: macBytes(group) } : {};
    return judged(await (key as SecretKey).verify('sha256', hex(test, 'msg'), hex(test, 'tag'), options));
  },
  async raw({ raw, session, isNss }, key, test, group) {
    const [message, code] = [hex(test, 'msg'), hex(test, 'tag')];
    const mechanism = general ? { mechanism: CKM.SHA256_HMAC_GENERAL, parameter: macBytes(group) } : CKM.SHA256_HMAC;
    if (!isNss) {
      await raw.C_VerifyInit(session, mechanism, key);
      return verdict(raw.C_Verify(session, message, code));
    }
    // NSS has no code of its own for a wrong one.
    await raw.C_SignInit(session, mechanism, key);
    return judged(timingSafeEqual(await raw.C_Sign(session, message), code));
  },
});

const hkdf: Operation = {
  name: 'derive',
  async answer({ key }, test) {
    const algorithm = { name: 'hkdf', hash: 'sha256', salt: hex(test, 'salt'), info: hex(test, 'info') } as const;
    return compared(await (key as SecretKey).deriveBits(algorithm, 8 * number(test, 'size')), hex(test, 'okm'));
  },
  async raw(side, key, test) {
    const parameter = {
      extract: true,
      expand: true,
      prfHashMechanism: CKM.SHA256,
      saltType: CKF.HKDF_SALT_DATA,
      salt: hex(test, 'salt'),
      info: hex(test, 'info'),
    };
    const template = { ...readable, valueLen: number(test, 'size') };
    const derived = await side.raw.C_DeriveKey(side.session, { mechanism: CKM.HKDF_DERIVE, parameter }, key, template);
    return rawValue(side, derived.key, hex(test, 'okm'));
  },
};

const pbkdf2: Operation = {
  name: 'generate',
  answer({ token }, test) {
    const from = { password: hex(test, 'password'), salt: hex(test, 'salt'), iterations: number(test, 'iterationCount') };
    const options = { length: 8 * number(test, 'dkLen'), pbkdf2: from, sensitive: false, extractable: true };
    return value(token.generateKey('generic', options), hex(test, 'dk'));
  },
  async raw(side, _key, test) {
    const parameter = {
      saltSource: CKZ.SALT_SPECIFIED,
      saltSourceData: hex(test, 'salt'),
      iterations: number(test, 'iterationCount'),
      prf: CKP.PKCS5_PBKD2_HMAC_SHA256,
      password: hex(test, 'password'),
    };
    const structure = side.isNss ? 'CK_PKCS5_PBKD2_PARAMS' : 'CK_PKCS5_PBKD2_PARAMS2';
    const template = { ...readable, valueLen: number(test, 'dkLen') };
    const made = await side.raw.C_GenerateKey(side.session, { mechanism: CKM.PKCS5_PBKD2, parameter, structure }, template);
    return rawValue(side, made.key, hex(test, 'dk'));
  },
};

function wrappingKey(test: Case): KeySpec {
  const bytes = hex(test, 'key');
  const use = { wrap: true, unwrap: true };
  const template = { class: CKO.SECRET_KEY, keyType: CKK.AES, value: bytes, token: false, private: true, ...use };
  return { name: bytes.toString('hex'), make: (token) => token.importKey(bytes, { type: 'aes', attributes: use }), template };
}

/** SoftHSM has RFC 5649 under another name. */
const kwp = ({ has }: RawSide): number => (has(CKM.AES_KEY_WRAP_KWP) ? CKM.AES_KEY_WRAP_KWP : CKM.AES_KEY_WRAP_PAD);

const unwraps: Operation = {
  name: 'unwrap',
  answer({ key }, test) {
    const options = { type: 'generic', sensitive: false, extractable: true } as const;
    return value((key as SecretKey).unwrap('aes-kwp', hex(test, 'ct'), options), hex(test, 'msg'));
  },
  async raw(side, key, test) {
    const unwrapped = await side.raw.C_UnwrapKey(side.session, kwp(side), key, hex(test, 'ct'), readable);
    return rawValue(side, (unwrapped as { key: bigint }).key, hex(test, 'msg'));
  },
};

const wraps: Operation = {
  name: 'wrap',
  on: isValid,
  async answer({ token, key }, test) {
    const inner = await secretKey(token.importKey(hex(test, 'msg'), { type: 'generic', sensitive: false, extractable: true }));
    try {
      return compared(await (key as SecretKey).wrap('aes-kwp', inner), hex(test, 'ct'));
    } finally {
      await inner.destroy();
    }
  },
  async raw(side, key, test) {
    const inner = await side.raw.C_CreateObject(side.session, { ...readable, value: hex(test, 'msg') });
    try {
      return compared((await side.raw.C_WrapKey(side.session, kwp(side), key, inner)).wrappedKey, hex(test, 'ct'));
    } finally {
      await side.raw.C_DestroyObject(side.session, inner);
    }
  },
};

export const secrets: readonly Family[] = [
  {
    file: 'hmac_sha256',
    title: 'HMAC with SHA-256',
    needs: [[CKM.SHA256_HMAC, CKF.SIGN]],
    key: generic('key', { sign: true, verify: true }),
    operations: [signsMac, verifiesMac(false), verifiesMac(true)],
  },
  {
    file: 'hkdf_sha256',
    title: 'HKDF with SHA-256',
    needs: [[CKM.HKDF_DERIVE, CKF.DERIVE]],
    key: generic('ikm', { derive: true }),
    operations: [hkdf],
  },
  { file: 'pbkdf2_hmacsha256', title: 'PBKDF2 with SHA-256', needs: [[CKM.PKCS5_PBKD2, CKF.GENERATE]], operations: [pbkdf2] },
  {
    file: 'aes_kwp',
    title: 'AES key wrapping with padding (RFC 5649)',
    needs: [
      [CKM.AES_KEY_WRAP_KWP, CKF.UNWRAP],
      [CKM.AES_KEY_WRAP_PAD, CKF.UNWRAP],
    ],
    key: wrappingKey,
    operations: [unwraps, wraps],
  },
];
