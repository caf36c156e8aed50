import { inspect, type InspectOptions } from 'node:util';
import { CALL } from './generated/calls';
import { bytes, plainObject } from './arguments';
import { CryptokiError } from './errors';
import { sessionInfo, type SessionInfo } from './info';
import { inspectAs } from './inspect';
import { currentHandle, type CryptokiObject } from './object';
import { withTemplate } from './prepared-template';
import { closeSession } from './session-calls';
import type { AttributeTemplate } from './attributes';
import { callOptions, type CallOptions } from './options';
import type { Token } from './token';
import type { TokenState } from './token-state';
import type { ReplyReader } from './wire/reader';
import type { RequestWriter } from './wire/writer';

/**
 * A session of one's own. Nobody needs one to use keys: the token has a pool of them. It is for objects that shall live exactly
 * as long as a session, for saving the state of an operation, and for looking at what a session is.
 *
 * @example
 * await using session = await token.session({ readWrite: true });
 * const { state, readWrite } = await session.info();
 */
export class Session {
  readonly #state: TokenState;
  readonly #id: bigint;
  readonly #readWrite: boolean;
  #closing: Promise<void> | undefined;
  /** Calls that were given up and have not come back: to close queues behind them. */
  #hanging = 0;

  /** Not for callers: `token.session()` opens sessions. */
  constructor(state: TokenState, id: bigint, readWrite: boolean) {
    this.#state = state;
    this.#id = id;
    this.#readWrite = readWrite;
    state.sessions.add(this);
  }

  /** The token it is with. */
  get token(): Token {
    return this.#state.token;
  }

  /** Whether objects on the token may be changed in it. */
  get readWrite(): boolean {
    return this.#readWrite;
  }

  /**
   * Who is logged in, and what the session may do (C_GetSessionInfo).
   *
   * @example
   * const { state } = await session.info(); // 'public', 'user' or 'so'
   */
  async info(options: CallOptions = {}): Promise<SessionInfo> {
    const { client } = this.#open();
    return sessionInfo(await this.#call(client.request(CALL.C_GetSessionInfo).u64(this.#id), options));
  }

  /**
   * Makes an object in this session: a session object is gone when the session is closed (C_CreateObject).
   *
   * @example
   * const note = await session.create({ class: CKO.DATA, label: 'note', value: document });
   */
  async create(attributes: AttributeTemplate, options: CallOptions = {}): Promise<CryptokiObject> {
    const { client } = this.#open();
    const handle = await withTemplate(attributes, 'attributes', async (template) => {
      const request = template.writeTo(client.request(CALL.C_CreateObject).u64(this.#id));
      return (await this.#call(request, options)).u64();
    });
    return this.#state.load(handle, options);
  }

  /**
   * Saves the state of the operation that is active in this session (C_GetOperationState). Few tokens can; the others answer
   * CKR_FUNCTION_NOT_SUPPORTED or CKR_STATE_UNSAVEABLE.
   *
   * @example
   * const state = await session.operationState();
   */
  async operationState(options: CallOptions = {}): Promise<Uint8Array> {
    const { client } = this.#open();
    return (await this.#call(client.request(CALL.C_GetOperationState).u64(this.#id).capacity(), options)).bytes();
  }

  /**
   * Goes on with a saved operation (C_SetOperationState). The keys are needed where the state does not hold them.
   *
   * @example
   * await session.setOperationState(state, { encryptionKey: key });
   */
  async setOperationState(
    state: Uint8Array,
    keys: { encryptionKey?: CryptokiObject | undefined; authenticationKey?: CryptokiObject | undefined } = {},
    options: CallOptions = {},
  ): Promise<void> {
    plainObject(keys, 'keys');
    const { client } = this.#open();
    const search = { ...callOptions(options), session: this.#id };
    const handle = async (key: CryptokiObject | undefined, name: string): Promise<bigint> =>
      key === undefined ? 0n : currentHandle(key, this.#state, name, search);
    const encryption = await handle(keys.encryptionKey, 'keys.encryptionKey');
    const authentication = await handle(keys.authenticationKey, 'keys.authenticationKey');
    const request = client
      .request(CALL.C_SetOperationState)
      .u64(this.#id)
      .bytes(bytes(state, 'state', true), 'state', true);
    await this.#call(request.u64(encryption).u64(authentication), options);
  }

  /**
   * Ends operations that are active, by the flags of their kinds (C_SessionCancel, PKCS #11 v3.0). A library of 2.40 has no such
   * function: CKR_FUNCTION_NOT_SUPPORTED.
   *
   * @example
   * await session.cancel(CKF.SIGN | CKF.DIGEST);
   */
  async cancel(flags: number, options: CallOptions = {}): Promise<void> {
    const { client } = this.#open();
    await this.#call(client.request(CALL.C_SessionCancel).u64(this.#id).u64(flags, 'flags'), options);
  }

  /**
   * Closes the session, after the calls that are queued in it (C_CloseSession). Twice is fine. Where one of them was given up nobody waits: it is closed when that comes back.
   *
   * @example
   * await session.close();
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#state.sessions.delete(this);
    const left = this.#hanging > 0;
    const closed = closeSession(this.#state.client, this.#id, left);
    if (!left) await closed;
  }

  #call(request: RequestWriter, options: CallOptions): Promise<ReplyReader> {
    const onLate = (settled: Promise<unknown>): void => {
      this.#hanging++;
      void settled.then(() => this.#hanging--);
    };
    return this.#state.client.call(request, { ...callOptions(options), onLate });
  }

  /** `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): TokenState {
    this.#state.assertOpen();
    if (this.#closing !== undefined) throw new CryptokiError('ERR_CRYPTOKI_CLOSED', 'The session has been closed');
    return this.#state;
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    return inspectAs(this, { token: this.token.label, readWrite: this.#readWrite, open: this.#closing === undefined }, depth, options);
  }
}
