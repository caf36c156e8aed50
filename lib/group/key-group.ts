// A key that is on several tokens, used as one.

import { inspect, type InspectOptions } from 'node:util';
import { CryptokiError } from '../errors';
import { inspectAs } from '../inspect';
import { SharedWork } from '../shared-work';
import type { Balance } from './balance';
import { identityOf, mismatch, type Identity } from './same-key';
import type { Key } from '../key';
import type { Member } from './member';
import type { CallOptions } from '../options';
import type { Token } from '../token';

/** How the key is found on a token. */
export type KeySearch<K extends Key> = (token: Token, options: CallOptions) => Promise<K>;

/** The parts of a key group that its methods work with. For the classes of this library only. */
export interface Parts {
  readonly balance: Balance;
  /** The key on that token. */
  keyOn(member: Member, options: CallOptions): Promise<Key>;
}

export let partsOf: (group: KeyGroup<Key>) => Parts;

/**
 * What `PrivateKeyGroup`, `PublicKeyGroup` and `SecretKeyGroup` have in common: a key that is on several tokens.
 *
 * @example
 * const group = new TokenGroup([token]);
 * const { id, label, type, keys } = await group.privateKey({ label: 'signer' });
 */
export abstract class KeyGroup<K extends Key> {
  readonly #balance: Balance;
  readonly #keys: Map<Member, K>;
  readonly #search: KeySearch<K> | undefined;
  readonly #searches = new Map<Member, SharedWork<K>>();
  readonly #identity: Identity;
  readonly #first: K;

  static {
    partsOf = (group) => ({ balance: group.#balance, keyOn: (member, options) => group.#keyOn(member, options) });
  }

  /** Not for callers: `TokenGroup` makes them. */
  constructor(balance: Balance, keys: Map<Member, K>, identity: Identity, search: KeySearch<K> | undefined) {
    this.#balance = balance;
    this.#keys = keys;
    this.#identity = identity;
    this.#search = search;
    this.#first = [...keys.values()][0]!;
  }

  /** The key on each token, as far as it has been found. */
  get keys(): readonly K[] {
    return [...this.#keys.values()];
  }

  /** CKA_ID; undefined where the key has none. */
  get id(): Uint8Array | undefined {
    return this.#first.id;
  }

  /** CKA_LABEL of the key where it was found first. */
  get label(): string | undefined {
    return this.#first.label;
  }

  /** One of `CKK` (CKA_KEY_TYPE). */
  get keyType(): number {
    return this.#first.keyType;
  }

  /** As node:crypto names types of key, such as 'rsa' or 'ec'. */
  get type(): string {
    return this.#first.type;
  }

  /** The key on a token; looked for where that token was away before. */
  async #keyOn(member: Member, options: CallOptions): Promise<K> {
    const known = this.#keys.get(member);
    if (known !== undefined) return known;
    let search = this.#searches.get(member);
    if (search === undefined || search.abandoned) {
      const own: SharedWork<K> = new SharedWork(async (left) => {
        try {
          return await this.#find(member, left);
        } finally {
          if (this.#searches.get(member) === own) this.#searches.delete(member);
        }
      });
      this.#searches.set(member, (search = own));
    }
    return search.wait(options);
  }

  async #find(member: Member, options: CallOptions): Promise<K> {
    try {
      const key = await this.#search!(member.token, options);
      const wrong = mismatch(this.#identity, await identityOf(key, options));
      if (wrong !== undefined) throw wrong;
      this.#keys.set(member, key);
      return key;
    } catch (error) {
      const missing = CryptokiError.is(error, 'ERR_CRYPTOKI_NOT_FOUND') || CryptokiError.is(error, 'ERR_CRYPTOKI_AMBIGUOUS');
      throw missing || CryptokiError.is(error, 'ERR_CRYPTOKI_KEY_MISMATCH') ? this.#balance.fault(error) : error;
    }
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const { label, type } = this;
    return inspectAs(this, { label, type, tokens: this.#balance.members.map(({ name }) => name) }, depth, options);
  }
}

/** Gathers the keys of some tokens and checks that they are the same. Those of tokens that are away now are left for later. */
export async function gather<K extends Key>(
  balance: Balance,
  search: KeySearch<K>,
  options: CallOptions,
): Promise<{ keys: Map<Member, K>; identity: Identity }> {
  const keys = new Map<Member, K>();
  const failed = new Map<Member, unknown>();
  let identity: Identity | undefined;
  const found = await Promise.allSettled(
    balance.members.map(async ({ token }) => {
      const key = await search(token, options);
      return { key, identity: await identityOf(key, options) };
    }),
  );
  for (const [index, result] of found.entries()) {
    const member = balance.members[index]!;
    if (result.status === 'fulfilled') {
      const wrong = identity === undefined ? undefined : mismatch(identity, result.value.identity);
      if (wrong !== undefined) throw wrong;
      identity ??= result.value.identity;
      keys.set(member, result.value.key);
    } else if (balance.isOfToken(result.reason)) {
      member.setAside(result.reason);
      failed.set(member, result.reason);
    } else {
      throw onToken(member, result.reason);
    }
  }
  if (identity === undefined) throw balance.exhausted(failed);
  return { keys, identity };
}

/** The error of a search, with the name of the token that it was made on. */
function onToken(member: Member, error: unknown): unknown {
  if (!CryptokiError.is(error, 'ERR_CRYPTOKI_NOT_FOUND') && !CryptokiError.is(error, 'ERR_CRYPTOKI_AMBIGUOUS')) return error;
  return new CryptokiError(error.code, `On the token ${member.name}: ${error.message}`, { cause: error });
}
