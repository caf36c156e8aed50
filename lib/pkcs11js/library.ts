// Libraries as pkcs11js has them: whoever loads the same file in the same thread has the same library, with its sessions and its state.

import { CryptokiError } from '../errors';
import { CALL, MANNER } from '../generated/calls';
import { Client } from '../wire/client';
import { DirectCalls } from '../wire/direct';
import { NativeError } from './errors';
import { Turns } from './turns';

const libraries = new Map<string, Library>();

/** A library and who uses it. */
export class Library {
  readonly client: Client;
  /** Bytes of a CK_ULONG, and so of a handle. */
  readonly size: number;
  /** The operations that were begun. */
  readonly turns = new Turns();
  readonly direct: DirectCalls;
  #users = 0;

  private constructor(client: Client) {
    this.client = client;
    this.size = client.library.ulongSize;
    this.direct = new DirectCalls(client);
  }

  /** Loads the file, or finds it loaded. `release` undoes it. */
  static load(path: string): Library {
    const client = new Client(path);
    try {
      client.loadSync();
    } catch (error) {
      throw loadError(error);
    }
    return Library.#enter(client);
  }

  /** As `load`, not on this thread. */
  static async loadAsync(path: string): Promise<Library> {
    const client = new Client(path);
    await client.load().catch((error: unknown) => {
      throw loadError(error);
    });
    return Library.#enter(client);
  }

  // Two paths may lead to one file. A client that is not needed has no part in the library's life.
  static #enter(client: Client): Library {
    const { realPath } = client.library;
    const library = libraries.get(realPath) ?? new Library(client);
    libraries.set(realPath, library);
    library.#users += 1;
    return library;
  }

  /** One user less. With the last one the library is finalised where nobody has done so, after the calls that run. */
  release(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    libraries.delete(this.client.library.realPath);
    try {
      this.client.callSync(this.client.request(CALL.C_Finalize).manners(MANNER.PATIENT), () => undefined);
    } catch {
      // It was finalised, or had never been initialised: gone either way.
    }
  }
}

// What the system's loader said is what pkcs11js throws; our own error, which says more, is its cause.
function loadError(error: unknown): unknown {
  if (!CryptokiError.is(error)) return error;
  const said = error.cause instanceof Error ? error.cause.message : error.message;
  const made = new NativeError();
  made.message = said;
  made.method = 'load';
  Object.defineProperty(made, 'cause', { value: error, configurable: true, writable: true });
  return made;
}
