// The methods of groups of keys are those of the keys: called in the same way, with the same outcome where the group has one token.

import { PrivateKeyGroup, PublicKeyGroup, SecretKeyGroup, TokenGroup, type PrivateKey, type PublicKey, type SecretKey, type Token } from '../../lib';

const CLASSES = { PrivateKey: PrivateKeyGroup, PublicKey: PublicKeyGroup, SecretKey: SecretKeyGroup };

/** The methods of the groups, each with what `ofKeys` has for the key's own method. */
export function ofGroups<Entry>(ofKeys: Readonly<Record<string, Entry>>): Record<string, Entry> {
  const entries: Record<string, Entry> = {};
  for (const [name, { prototype }] of Object.entries(CLASSES)) {
    for (const [method, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype) as Record<string, PropertyDescriptor>)) {
      if (method !== 'constructor' && typeof value === 'function') entries[`${name}Group.${method}`] = ofKeys[`${name}.${method}`]!;
    }
  }
  return entries;
}

interface KeyPair {
  readonly privateKey: PrivateKey;
  readonly publicKey: PublicKey;
}

interface Keys {
  readonly rsa: KeyPair;
  readonly ec: KeyPair;
  readonly aes: SecretKey;
  readonly hmac: SecretKey;
}

interface PairGroup {
  readonly privateKey: PrivateKeyGroup;
  readonly publicKey: PublicKeyGroup;
}

/** Groups of one token, of those keys whose calls groups have. */
export interface Groups {
  readonly group: TokenGroup;
  readonly rsaGroup: PairGroup;
  readonly ecGroup: PairGroup;
  readonly aesGroup: SecretKeyGroup;
  readonly hmacGroup: SecretKeyGroup;
}

export async function makeGroups(token: Token, { rsa, ec, aes, hmac }: Keys): Promise<Groups> {
  const group = new TokenGroup([token]);
  const pair = async ({ privateKey, publicKey }: KeyPair): Promise<PairGroup> => ({
    privateKey: await TokenGroup.keys([privateKey]),
    publicKey: await TokenGroup.keys([publicKey]),
  });
  const [rsaGroup, ecGroup, aesGroup, hmacGroup] = await Promise.all([pair(rsa), pair(ec), TokenGroup.keys([aes]), TokenGroup.keys([hmac])]);
  return { group, rsaGroup, ecGroup, aesGroup, hmacGroup };
}

/** The subjects of a call with the groups in the place of the keys: their methods are the same. */
export function withGroups<Subjects extends Groups & Keys>(subjects: Subjects): Subjects {
  const { rsaGroup, ecGroup, aesGroup, hmacGroup } = subjects;
  return { ...subjects, rsa: rsaGroup, ec: ecGroup, aes: aesGroup, hmac: hmacGroup };
}
