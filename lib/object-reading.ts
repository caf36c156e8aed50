// One search on its way: the handles, and the attributes of as many objects as may be wanted next.

import { CALL } from './generated/calls';
import { CKR } from './generated/constants';
import { AttributeRows } from './attribute-rows';
import { CryptokiError, Pkcs11Error } from './errors';
import { checkLogin } from './session-calls';
import { defaultAttributes, fewAttributes } from './default-attributes';
import type { PreparedTemplate } from './prepared-template';
import type { AttributeKey } from './attributes';
import type { CallOptions } from './options';
import type { CryptokiObject } from './object';
import type { Epoch, TokenContext } from './token-context';

/** Objects that come with their handles: few, so that the first is there early. */
const FIRST = 64;
/** Objects whose attributes come in one reply, and how many of those are on their way or waiting to be taken: the engine reads on while JavaScript takes one apart. */
const PIECE = 250;
const PIECES = 4;
/** After so many objects a session is given back: others wait for it, perhaps. */
const WITH_ONE_SESSION = 4000;
const HANDLE = 8;

/** What is to be read of the objects found. */
export interface Wanted {
  /** Besides the usual ones. */
  readonly attributes: readonly AttributeKey[];
  /** Instead of the usual ones. */
  readonly only: readonly AttributeKey[] | undefined;
}

/** The attributes to ask for; undefined where the class has to be known before. */
function keysFor(objectClass: number | undefined, { attributes, only }: Wanted): readonly AttributeKey[] | undefined {
  if (only !== undefined) return fewAttributes(objectClass, only);
  return objectClass === undefined ? undefined : defaultAttributes(objectClass, attributes);
}

/** Objects in their order, each made when it is taken. */
interface Batch {
  take(): CryptokiObject | undefined;
}

class RowBatch implements Batch {
  readonly #context: TokenContext;
  readonly #rows: AttributeRows;
  #next = 0;

  constructor(context: TokenContext, rows: AttributeRows) {
    this.#context = context;
    this.#rows = rows;
  }

  take(): CryptokiObject | undefined {
    while (this.#next < this.#rows.count) {
      const row = this.#next++;
      if (this.#rows.isOk(row) || isThere(this.#rows.rv(row))) return this.#context.objectOf(this.#rows, row);
    }
    return undefined;
  }
}

class ListBatch implements Batch {
  readonly #objects: readonly CryptokiObject[];
  #next = 0;

  constructor(objects: readonly CryptokiObject[]) {
    this.#objects = objects;
  }

  take(): CryptokiObject | undefined {
    return this.#objects[this.#next++];
  }
}

/** Answers of C_GetAttributeValue that come with values (PKCS #11 v3.2, section 5.7.5). */
const READABLE: ReadonlySet<number> = new Set<number>([CKR.OK, CKR.ATTRIBUTE_SENSITIVE, CKR.ATTRIBUTE_TYPE_INVALID, CKR.BUFFER_TOO_SMALL]);

/** Whether an object can be read; false when it has disappeared since it was found. */
function isThere(rv: number): boolean {
  if (READABLE.has(rv)) return true;
  if (rv === CKR.OBJECT_HANDLE_INVALID) return false;
  throw new Pkcs11Error(rv, 'C_GetAttributeValue');
}

function allThere(rows: AttributeRows): boolean {
  for (let row = 0; row < rows.count; row++) if (!rows.isOk(row) && rows.rv(row) === CKR.OBJECT_HANDLE_INVALID) return false;
  return true;
}

/** Both have ended: the session is free then. Rejects where one has failed, with the failure of the first if that has. */
async function both(first: Promise<unknown>, second: Promise<unknown>): Promise<void> {
  for (const result of await Promise.allSettled([first, second])) if (result.status === 'rejected') throw result.reason;
}

/** Objects of one search. They are read ahead of whoever takes them: at most 2,000 that nobody has taken yet. */
export class ObjectReading {
  readonly #context: TokenContext;
  readonly #template: PreparedTemplate;
  readonly #wanted: Wanted;
  readonly #most: number;
  readonly #options: CallOptions;
  readonly #batches: Batch[] = [];
  #handles: Uint8Array | undefined;
  /** When the handles were good. */
  #epoch: Epoch;
  /** Handles whose objects have been read. */
  #read = 0;
  #running = false;
  #failure: { readonly error: unknown } | undefined;
  #arrived: (() => void) | undefined;

  constructor(context: TokenContext, template: PreparedTemplate, wanted: Wanted, most: number, options: CallOptions) {
    this.#context = context;
    this.#template = template;
    this.#wanted = wanted;
    this.#most = most;
    this.#options = options;
    this.#epoch = context.epoch;
  }

  /** An object that is there already. */
  take(): CryptokiObject | undefined {
    try {
      for (let batch = this.#batches[0]; batch !== undefined; batch = this.#batches[0]) {
        const object = batch.take();
        if (object !== undefined) return object;
        this.#batches.shift();
        this.#readOn();
      }
    } catch (error) {
      this.#batches.length = 0;
      this.#failure = { error };
    }
    return undefined;
  }

  /** The next object, or undefined after the last. Not to be called again before it has answered. */
  async next(): Promise<CryptokiObject | undefined> {
    for (;;) {
      const object = this.take();
      if (object !== undefined) return object;
      if (this.#failure !== undefined) throw this.#failure.error;
      this.#readOn();
      if (!this.#running) return undefined;
      await new Promise<void>((resolve) => (this.#arrived = resolve));
    }
  }

  /** Nothing more is wanted. What is being read is let go when it comes. */
  end(): void {
    this.#batches.length = 0;
    this.#failure = { error: undefined };
  }

  get #total(): number {
    return this.#handles === undefined ? Infinity : this.#handles.byteLength / HANDLE;
  }

  #readOn(): void {
    if (this.#running || this.#failure !== undefined || this.#read >= this.#total || this.#batches.length >= PIECES) return;
    this.#running = true;
    void this.#step().then(
      () => this.#rest(),
      (error: unknown) => this.#rest({ error }),
    );
  }

  #rest(failure?: { error: unknown }): void {
    this.#running = false;
    this.#failure ??= failure;
    this.#readOn();
    this.#notify();
  }

  #notify(): void {
    this.#arrived?.();
    this.#arrived = undefined;
  }

  #push(batch: Batch, count: number): void {
    this.#read += count;
    if (this.#failure !== undefined) return;
    this.#batches.push(batch);
    this.#notify();
  }

  async #step(): Promise<void> {
    const keys = keysFor(this.#template.class, this.#wanted);
    if (this.#handles === undefined) return this.#begin(keys ?? ['class']);
    if (keys === undefined) return this.#readByClass(this.#handlesBetween(this.#read, this.#read + PIECE * PIECES));
    return this.#readPieces(keys);
  }

  /** The handles, and the first objects. */
  async #begin(keys: readonly AttributeKey[]): Promise<void> {
    const { client, pool } = this.#context;
    const isSure = keysFor(this.#template.class, this.#wanted) !== undefined;
    const first = isSure ? Math.min(FIRST, this.#most) : 0;
    await pool.use({ ...this.#options, repeatable: true }, async (lease, left) => {
      const { epoch } = this.#context;
      let rows: AttributeRows | undefined;
      const request = this.#template.writeTo(client.request(CALL.FindAndRead).u64(lease.id)).u32(this.#most).u32(first).readTemplate(keys);
      const found = client.send(request, left, (reply) => {
        this.#handles = reply.rawUlongs();
        this.#epoch = epoch;
        rows = new AttributeRows(reply, keys, this.#template.class, epoch);
      });
      // Who is not logged in sees nothing of private objects, and is not told so.
      await both(found, checkLogin(client, lease.id, this.#context, left));
      if (isSure) this.#push(new RowBatch(this.#context, rows!), rows!.count);
    });
  }

  #handlesBetween(from: number, end: number): Uint8Array {
    return this.#handles!.subarray(from * HANDLE, end * HANDLE);
  }

  /** Several replies, one behind the other in one session. */
  async #readPieces(keys: readonly AttributeKey[]): Promise<void> {
    await this.#context.pool.use({ ...this.#options, repeatable: true }, async (lease, left) => {
      await this.#compareHandles(lease.id, left);
      const end = Math.min(this.#total, this.#read + WITH_ONE_SESSION);
      let asked = this.#read;
      let failure: { error: unknown } | undefined;
      const one = async (): Promise<void> => {
        const from = asked;
        asked = Math.min(end, from + PIECE);
        const rows = await this.#rows(lease.id, this.#handlesBetween(from, asked), keys, this.#template.class, left);
        // Private objects are gone with the login, too.
        if (!allThere(rows)) await checkLogin(this.#context.client, lease.id, this.#context, left);
        // Behind one that has failed nothing counts: it is read again.
        if (from === this.#read) this.#push(new RowBatch(this.#context, rows), rows.count);
      };
      const inTurn = async (): Promise<void> => {
        while (asked < end && failure === undefined && this.#failure === undefined && this.#batches.length < PIECES) {
          await one().catch((error: unknown) => (failure ??= { error }));
        }
      };
      // The session is given back when nothing is queued in it any more.
      await Promise.all(Array.from({ length: PIECES }, inTurn));
      if (failure !== undefined) throw (failure as { error: unknown }).error;
    });
  }

  /** After a recovery of the token: the search is made again, and it is well when it finds the same. */
  async #compareHandles(session: bigint, left: CallOptions): Promise<void> {
    const { client, epoch } = this.#context;
    if (epoch.handles === this.#epoch.handles) return;
    const request = this.#template.writeTo(client.request(CALL.Find).u64(session)).u32(this.#most);
    const handles = await client.send(request, left, (reply) => reply.rawUlongs());
    if (Buffer.compare(handles, this.#handles!) !== 0) throw lostHandles();
    this.#epoch = epoch;
  }

  #rows(
    session: bigint,
    handles: Uint8Array,
    keys: readonly AttributeKey[],
    objectClass: number | undefined,
    left: CallOptions,
  ): Promise<AttributeRows> {
    const { client, epoch } = this.#context;
    const request = client
      .request(CALL.ReadAttributes)
      .u64(session)
      .u32(handles.byteLength / HANDLE);
    return client.send(request.raw(handles).readTemplate(keys), left, (reply) => new AttributeRows(reply, keys, objectClass, epoch));
  }

  /** The class decides what else there is to ask: a token that stops at the first attribute it does not know is asked none. */
  async #readByClass(handles: Uint8Array): Promise<void> {
    const objects: CryptokiObject[] = [];
    await this.#context.pool.use({ ...this.#options, repeatable: true }, async (lease, left) => {
      objects.length = 0;
      await this.#compareHandles(lease.id, left);
      const classes = await this.#rows(lease.id, handles, ['class'], undefined, left);
      if (!allThere(classes)) await checkLogin(this.#context.client, lease.id, this.#context, left);
      const places = byClass(classes);
      for (const [objectClass, rows] of places) {
        const group = new Uint8Array(rows.length * HANDLE);
        rows.forEach((row, index) => group.set(handles.subarray(row * HANDLE, (row + 1) * HANDLE), index * HANDLE));
        const read = await this.#rows(lease.id, group, defaultAttributes(objectClass, this.#wanted.attributes), undefined, left);
        rows.forEach((row, index) => {
          if (isThere(read.rv(index))) objects[row] = this.#context.objectOf(read, index);
        });
      }
    });
    // Without the holes of those that have disappeared.
    this.#push(new ListBatch(objects.filter(() => true)), handles.byteLength / HANDLE);
  }
}

function byClass(rows: AttributeRows): Map<number | undefined, number[]> {
  const places = new Map<number | undefined, number[]>();
  for (let row = 0; row < rows.count; row++) {
    if (!isThere(rows.rv(row))) continue;
    const objectClass = rows.class(row);
    const group = places.get(objectClass);
    if (group === undefined) places.set(objectClass, [row]);
    else group.push(row);
  }
  return places;
}

function lostHandles(): CryptokiError {
  return new CryptokiError(
    'ERR_CRYPTOKI_STALE',
    'The token was lost and recovered while its objects were being read: their handles may have changed. Find them again',
  );
}

/** The attributes of one object, by its handle; `objectClass` is its class, where that is known. */
export async function readObject(
  context: TokenContext,
  handle: bigint,
  objectClass: number | undefined,
  wanted: Wanted,
  options: CallOptions,
): Promise<CryptokiObject> {
  const { client, epoch, pool } = context;
  return pool.use({ ...options, repeatable: true }, async (lease, left) => {
    // It is the handle of something else by now, perhaps.
    if (context.epoch.handles !== epoch.handles) throw lostHandles();
    const read = async (keys: readonly AttributeKey[]): Promise<AttributeRows> => {
      const request = client.request(CALL.ReadAttributes).u64(lease.id).ulongs([handle]).readTemplate(keys);
      const rows = await client.send(request, left, (reply) => new AttributeRows(reply, keys, objectClass, epoch));
      if (!isThere(rows.rv(0))) throw new Pkcs11Error(CKR.OBJECT_HANDLE_INVALID, 'C_GetAttributeValue');
      return rows;
    };
    const keys = keysFor(objectClass, wanted) ?? defaultAttributes((await read(['class'])).class(0), wanted.attributes);
    return context.objectOf(await read(keys), 0);
  });
}
