// What a browser knew about the page, and a host program has to say: where it is, and where the tokens are.

import { lookup } from 'node:dns/promises';
import { Module, Token } from '../index';
import { wrong } from './arguments';
import { RSA_SHA1, RSA_SHA256, type Method } from './signature';
import { versionString, type VersionOptions } from './version';
import type { ChooseIdentity } from './chooser';

/** What `createPersonal` needs to know. */
export interface PersonalOptions extends VersionOptions {
  /** All tokens of this module, as they are when an action starts. Either this or `tokens`. */
  readonly module?: Module | undefined;
  /** These tokens. */
  readonly tokens?: Iterable<Token> | undefined;
  /** The address of the page, as the browser has it. Actions want one that starts with 'https://'. */
  readonly url: string;
  /** The name of the page's host. Default: that of the URL. */
  readonly hostname?: string | undefined;
  /** Its address. Default: the first IPv4 address that a lookup gives, '' when it fails. */
  readonly ip?: string | undefined;
  /** Lets the user choose an identity and give its PIN. */
  readonly chooseIdentity: ChooseIdentity;
  /** For RSA keys. Default: 'rsa-sha1', which the original has; SHA-1 is for servers that know nothing else. EC keys sign with SHA-256. */
  readonly signatureAlgorithm?: 'rsa-sha1' | 'rsa-sha256' | undefined;
  /** Cancels what runs, a chooser that does not answer included. */
  readonly signal?: AbortSignal | undefined;
}

/** The same, checked. */
export interface Host {
  readonly url: string;
  readonly hostname: string;
  readonly choose: ChooseIdentity;
  readonly rsa: Method;
  readonly signal: AbortSignal | undefined;
  /** The address that was given; undefined where it has to be looked up. */
  readonly givenIp: string | undefined;
  version(): string;
  tokens(signal: AbortSignal): Promise<readonly Token[]>;
  ip(): Promise<string>;
}

const METHODS: Readonly<Record<string, Method>> = { 'rsa-sha1': RSA_SHA1, 'rsa-sha256': RSA_SHA256 };

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw wrong(`The "${name}" option must be of type string. Received type ${typeof value}`);
  return value;
}

function hostOf(url: string): string {
  try {
    return new URL(url).hostname;
  } catch {
    return '';
  }
}

/** Checks the options. */
export function hostFrom(options: PersonalOptions): Host {
  if (typeof options !== 'object' || options === null) throw wrong('The "options" argument must be an object');
  const { module, tokens, chooseIdentity, signatureAlgorithm = 'rsa-sha1', signal, ip } = options;
  const url = text(options.url, 'url');
  const hostname = options.hostname === undefined ? hostOf(url) : text(options.hostname, 'hostname');
  if (ip !== undefined) text(ip, 'ip');
  if (typeof chooseIdentity !== 'function') throw wrong(`The "chooseIdentity" option must be a function. Received type ${typeof chooseIdentity}`);
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') throw wrong('The "signal" option must be an AbortSignal');
  if (!Object.hasOwn(METHODS, signatureAlgorithm))
    throw wrong("The \"signatureAlgorithm\" option must be 'rsa-sha1' or 'rsa-sha256'", 'ERR_INVALID_ARG_VALUE');
  let address: Promise<string> | undefined;
  return {
    url,
    hostname,
    choose: chooseIdentity,
    rsa: METHODS[signatureAlgorithm] as Method,
    signal,
    givenIp: ip,
    version: versionString(options),
    tokens: tokensOf(module, tokens),
    ip: () => (address ??= ip === undefined ? lookedUp(hostname) : Promise.resolve(ip)),
  };
}

function tokensOf(module: Module | undefined, tokens: Iterable<Token> | undefined): Host['tokens'] {
  if ((module === undefined) === (tokens === undefined)) throw wrong('Either the "module" or the "tokens" option must be given');
  if (module !== undefined) {
    if (!(module instanceof Module)) throw wrong('The "module" option must be a Module');
    return (signal) => module.tokens(undefined, { signal });
  }
  if (typeof tokens !== 'object' || typeof tokens?.[Symbol.iterator] !== 'function') throw wrong('The "tokens" option must be an iterable of tokens');
  const list = [...tokens];
  for (const token of list) if (!(token instanceof Token)) throw wrong('The "tokens" option must have tokens in it only');
  return () => Promise.resolve(list);
}

async function lookedUp(hostname: string): Promise<string> {
  if (hostname === '') return '';
  try {
    return (await lookup(hostname, { family: 4 })).address;
  } catch {
    return '';
  }
}
