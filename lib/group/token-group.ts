import { inspect, type InspectOptions } from 'node:util';
import { integer, plainObject, wrongType, wrongValue } from '../arguments';
import { inspectAs } from '../inspect';
import { PrivateKey } from '../private-key';
import { PublicKey } from '../public-key';
import { SecretKey } from '../secret-key';
import { callOptions, type CallOptions } from '../options';
import { Token } from '../token';
import { Balance } from './balance';
import { gather, type KeySearch } from './key-group';
import { Member, nameOf, type TokenGroupMember } from './member';
import { PrivateKeyGroup } from './private-key-group';
import { PublicKeyGroup } from './public-key-group';
import { SecretKeyGroup } from './secret-key-group';
import type { Key } from '../key';
import type { FindOptions, ObjectQuery } from '../token-context';

/** Options of a group. */
export interface TokenGroupOptions {
  /** Milliseconds after which a call that may be repeated is taken from one token and given to another. Default: as long as the call itself may take. */
  readonly memberTimeLimit?: number | undefined;
  /** Milliseconds for which a token that has failed gets no calls; doubles from failure to failure, up to a minute. Default: 1,000. */
  readonly coolDown?: number | undefined;
}

/** Counts of a group since it was made. */
export interface TokenGroupStats {
  /** Calls; of many inputs, each counts. */
  readonly calls: number;
  /** Times that calls went on to another token. */
  readonly failovers: number;
  /** Calls on their way now. */
  readonly inFlight: number;
  /** The tokens, as they are now. */
  readonly members: readonly TokenGroupMember[];
}

/** The group of a key of this class. */
export type GroupOf<K extends Key> = K extends PrivateKey ? PrivateKeyGroup : K extends PublicKey ? PublicKeyGroup : SecretKeyGroup;

const COOL_DOWN = 1000;
const MOST_TIME = 0x7fff_ffff;

/**
 * Tokens that have the same keys: several HSMs, partitions or cards, of one module or of many. A key of the group is used as a key is; each call goes to the
 * token that has least to do, and where that one fails for a reason of its own, to the next. A token that has failed gets no calls until a look at it succeeds.
 * Log in to the tokens first; closing them is left to who opened them.
 *
 * @example
 * const group = new TokenGroup([token], { memberTimeLimit: 2_000 });
 * const key = await group.privateKey({ label: 'signer' });
 * const signature = await key.sign('sha256', document);
 */
export class TokenGroup {
  readonly #balance: Balance;

  /** A group of these tokens, of one module or of many, to which somebody has logged in. */
  constructor(tokens: readonly Token[], options: TokenGroupOptions = {}) {
    const { memberTimeLimit, coolDown = COOL_DOWN } = plainObject(options, 'options') as TokenGroupOptions;
    if (memberTimeLimit !== undefined) integer(memberTimeLimit, 'options.memberTimeLimit', 1, MOST_TIME);
    integer(coolDown, 'options.coolDown', 1, MOST_TIME);
    const members = checked(tokens).map((token) => new Member(token, coolDown));
    this.#balance = new Balance(members, memberTimeLimit);
  }

  /**
   * The group of keys that have been found already, one on each token. Rejects with `ERR_CRYPTOKI_KEY_MISMATCH` where they are not the same key: another public
   * key, or where none is known another CKA_ID.
   *
   * @example
   * const group = await TokenGroup.keys([key]);
   * const signature = await group.sign('sha256', document);
   */
  static async keys<K extends PrivateKey | PublicKey | SecretKey>(
    keys: readonly K[],
    options: TokenGroupOptions & FindOptions = {},
  ): Promise<GroupOf<K>> {
    const { memberTimeLimit, coolDown, ...find } = plainObject(options, 'options') as TokenGroupOptions & FindOptions;
    if (!Array.isArray(keys)) throw wrongType('keys', 'an array of keys', keys);
    for (const [index, key] of keys.entries()) if (!isKey(key)) throw wrongType(`keys[${index}]`, 'a PrivateKey, PublicKey or SecretKey', key);
    const tokens = keys.map(({ token }) => token);
    const group = new TokenGroup(tokens, { memberTimeLimit, coolDown });
    return (await group.#keys(async (token) => keys[tokens.indexOf(token)] as Key, callOptions(find))) as GroupOf<K>;
  }

  /**
   * The private key that matches on each of the tokens. Rejects as `Token.privateKey` where a token that is there does not have it, and with
   * `ERR_CRYPTOKI_KEY_MISMATCH` where they differ. On tokens that are away now it is looked for when they are back.
   *
   * @example
   * const group = new TokenGroup([token]);
   * const key = await group.privateKey({ label: 'signer' });
   */
  async privateKey(query?: ObjectQuery, options: FindOptions = {}): Promise<PrivateKeyGroup> {
    return (await this.#keys((token, left) => token.privateKey(query, { ...options, ...left }), callOptions(options))) as PrivateKeyGroup;
  }

  /**
   * The public key that matches on each of the tokens; as `privateKey`.
   *
   * @example
   * const group = new TokenGroup([token]);
   * const key = await group.publicKey({ label: 'signer' });
   */
  async publicKey(query?: ObjectQuery, options: FindOptions = {}): Promise<PublicKeyGroup> {
    return (await this.#keys((token, left) => token.publicKey(query, { ...options, ...left }), callOptions(options))) as PublicKeyGroup;
  }

  /**
   * The secret key that matches on each of the tokens; as `privateKey`. What tells them apart is the check value, where the tokens have it, or CKA_ID.
   *
   * @example
   * const group = new TokenGroup([token]);
   * const key = await group.secretKey({ label: 'data key' });
   */
  async secretKey(query?: ObjectQuery, options: FindOptions = {}): Promise<SecretKeyGroup> {
    return (await this.#keys((token, left) => token.secretKey(query, { ...options, ...left }), callOptions(options))) as SecretKeyGroup;
  }

  /** The tokens, and how they are now. */
  get members(): readonly TokenGroupMember[] {
    return this.#balance.members.map((member) => member.snapshot());
  }

  /**
   * What has been done, and where.
   *
   * @example
   * const group = new TokenGroup([token]);
   * for (const { token: { label }, state, calls } of group.stats().members) console.log(label, state, calls);
   */
  stats(): TokenGroupStats {
    const { members } = this;
    return { ...this.#balance.counts, inFlight: members.reduce((sum, { inFlight }) => sum + inFlight, 0), members };
  }

  async #keys(search: KeySearch<Key>, options: CallOptions): Promise<unknown> {
    const { keys, identity } = await gather(this.#balance, search, options);
    const [first] = keys.values();
    if (first instanceof PrivateKey)
      return new PrivateKeyGroup(this.#balance, keys as Map<Member, PrivateKey>, identity, search as KeySearch<PrivateKey>);
    if (first instanceof PublicKey)
      return new PublicKeyGroup(this.#balance, keys as Map<Member, PublicKey>, identity, search as KeySearch<PublicKey>);
    return new SecretKeyGroup(this.#balance, keys as Map<Member, SecretKey>, identity, search as KeySearch<SecretKey>);
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    return inspectAs(this, { tokens: this.members.map(({ token, state }) => `${nameOf(token)}: ${state}`) }, depth, options);
  }
}

const isKey = (value: unknown): boolean => value instanceof PrivateKey || value instanceof PublicKey || value instanceof SecretKey;

function checked(tokens: readonly Token[]): readonly Token[] {
  if (!Array.isArray(tokens)) throw wrongType('tokens', 'an array of tokens', tokens);
  if (tokens.length === 0) throw wrongValue('tokens', 'must have at least one element');
  for (const [index, token] of tokens.entries()) if (!(token instanceof Token)) throw wrongType(`tokens[${index}]`, 'a Token', token);
  if (new Set(tokens).size < tokens.length) throw wrongValue('tokens', 'must not have the same token twice');
  return tokens;
}
