// What PerformAction does, from the choice of an identity to the signature.

import { CryptokiError, type PrivateKey, type Token } from '../index';
import { canonical, wrong } from './arguments';
import { alone, loggedOutAfter } from '../one-login';
import { ask, CANCELLED, login, type Choice, type ChooserError } from './chooser';
import { whilePresent } from './presence';
import { decoded, identitiesOn, keyOf, wantedSerial, type Action, type Identity } from './identity';
import { ECDSA_SHA256, signature, type Content } from './signature';
import type { Host } from './host';
import type { Parameters } from './parameters';

/** The parameters of an action, taken when it starts. */
export interface Order {
  readonly action: Action;
  readonly nonce: string;
  readonly serverTime: string;
  readonly subjects: string | null;
  /** Sign only. */
  readonly text?: { readonly base64: string; readonly charset: string } | undefined;
  readonly nonVisible?: string | undefined;
}

/** The names of the parameters that must have a value. */
const REQUIRED = { Authenticate: ['Challenge'], Sign: ['Nonce', 'TextToBeSigned'] } as const;

/** The order of an object as it is now; undefined while a parameter is missing. */
export function orderFrom(action: Action, parameters: Parameters): Order | undefined {
  const [nonce, text = null] = REQUIRED[action].map((name) => parameters.get(name));
  if (!nonce || (action === 'Sign' && !text)) return undefined;
  const common = { action, nonce, serverTime: parameters.get('ServerTime') ?? '', subjects: parameters.get('Subjects') };
  if (action === 'Authenticate') return common;
  return {
    ...common,
    text: { base64: text as string, charset: parameters.get('TextCharacterEncoding') as string },
    nonVisible: parameters.get('NonVisibleData') || undefined,
  };
}

const NAME = /^[a-z0-9.-]*$/;
const ADDRESS = /^[0-9a-f.[\]:]*$/;

/** Why the order cannot be carried out; undefined when it can. */
export function faultOf({ nonce, text, nonVisible }: Order, { hostname, givenIp = '' }: Host): TypeError | undefined {
  for (const [name, value] of Object.entries({ 'Challenge or Nonce': nonce, TextToBeSigned: text?.base64, NonVisibleData: nonVisible })) {
    if (value !== undefined && canonical(value) === undefined) return wrong(`${name} is not base64 in its canonical form`, 'ERR_INVALID_ARG_VALUE');
  }
  if (!NAME.test(hostname) && !ADDRESS.test(hostname)) return wrong('The host name has characters that no host name has', 'ERR_INVALID_ARG_VALUE');
  if (!ADDRESS.test(givenIp)) return wrong('The address of the host has characters that no address has', 'ERR_INVALID_ARG_VALUE');
  return undefined;
}

/** What the text is for who reads it. */
function displayed({ text }: Order): { text?: string | undefined; textRaw?: Uint8Array } {
  if (text === undefined) return {};
  const textRaw = Uint8Array.from(canonical(text.base64) as Buffer);
  return { text: textRaw.includes(0) ? undefined : decoded(textRaw), textRaw };
}

/** One action on its way. */
export class Performance {
  readonly #order: Order;
  readonly #host: Host;
  readonly #signal: AbortSignal;
  /** Tokens whose PIN is locked, and certificates that have no key after all. */
  readonly #unusable = new Set<Token | Identity>();

  constructor(order: Order, host: Host, signal: AbortSignal) {
    this.#order = order;
    this.#host = host;
    this.#signal = signal;
  }

  /** The signature in base64, or `CANCELLED`. Rejects with whatever has failed. */
  async run(): Promise<string | typeof CANCELLED> {
    if (this.#signal.aborted) return CANCELLED;
    const all = await this.#identities();
    let lastError: ChooserError | undefined;
    for (;;) {
      const identities = all.filter((identity) => !this.#unusable.has(identity) && !this.#unusable.has(identity.token));
      const { action } = this.#order;
      const { hostname } = this.#host;
      const { text, textRaw } = displayed(this.#order);
      const shown = action === 'Sign' ? { text, textRaw } : {};
      const request = { action, identities, ...shown, hostname, signal: this.#signal, ...(lastError !== undefined && { lastError }) };
      const choice = await ask(this.#host.choose, request);
      if (choice === CANCELLED) return CANCELLED;
      const { token } = choice.identity;
      // Who gives up waits no longer, but the next one does: for the end of the call that runs, and for the logout.
      const outcome = await whilePresent(token, this.#signal, (signal) =>
        alone(token, () => loggedOutAfter(token, { signal }, () => this.#with(choice, signal))),
      );
      if (typeof outcome !== 'object') return outcome;
      lastError = outcome.again;
      if (lastError === 'CKR_PIN_LOCKED') this.#unusable.add(token);
      if (lastError === 'ERR_CRYPTOKI_NOT_FOUND') this.#unusable.add(choice.identity);
    }
  }

  /** A token that cannot be read takes nothing from the others; when none can, that is the failure. */
  async #identities(): Promise<Identity[]> {
    const tokens = await this.#host.tokens(this.#signal);
    const { action, subjects } = this.#order;
    const wanted = { action, serialNumber: wantedSerial(subjects) };
    const found = await Promise.allSettled(tokens.map((token) => whilePresent(token, this.#signal, (signal) => identitiesOn(token, wanted, signal))));
    const failed = found.find(({ status }) => status === 'rejected');
    if (failed !== undefined && found.every(({ status }) => status === 'rejected')) throw (failed as PromiseRejectedResult).reason;
    return found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  }

  async #with({ identity, pin }: Choice, signal: AbortSignal): Promise<string | typeof CANCELLED | { readonly again: ChooserError }> {
    if (signal.aborted) return CANCELLED;
    const outcome = await login(identity.token, pin, signal);
    if (outcome === CANCELLED) return CANCELLED;
    if (outcome !== 'in') return { again: outcome };
    const key = await keyOf(identity, signal);
    return key === undefined ? { again: 'ERR_CRYPTOKI_NOT_FOUND' } : this.#sign(identity, key, signal);
  }

  async #sign({ certificate }: Identity, key: PrivateKey, signal: AbortSignal): Promise<string> {
    const { action, text, nonVisible, nonce, serverTime } = this.#order;
    const { hostname, rsa } = this.#host;
    const content: Content = {
      text,
      nonVisible,
      nonce,
      serverTime: serverTime === '' ? undefined : serverTime,
      funcId: action === 'Sign' ? 'Signing' : 'Identification',
      hostname,
      ip: await this.#host.ip(),
      version: this.#host.version(),
    };
    const chain = await certificate.chain({ signal: signal });
    const method = key.type === 'ec' ? ECDSA_SHA256 : rsa;
    const options = { signal: signal, ...(key.type === 'ec' && { dsaEncoding: 'ieee-p1363' as const }) };
    return signature(
      content,
      chain.map(({ raw }) => raw),
      method,
      (data) => key.sign(method.hash, data, options),
    );
  }
}

/** The error of an action that is started while another one runs. */
export const busy = (): CryptokiError =>
  new CryptokiError('ERR_CRYPTOKI_BUSY', 'PerformAction is running on this object; await it, or make another object');
