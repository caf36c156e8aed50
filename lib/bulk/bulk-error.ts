import { CryptokiError } from '../errors';

/**
 * Some of many inputs failed (ERR_CRYPTOKI_BULK). Nothing that was done is lost: `results` has it. `cause` is the error of the first input that failed.
 *
 * @example
 * try {
 *   return await key.signMany('sha256', documents);
 * } catch (error) {
 *   if (!(error instanceof BulkError)) throw error;
 *   const { results } = error;
 *   const left = documents.filter((_, index) => !(results[index] instanceof Uint8Array));
 *   tell(`${left.length} documents are left, because of ${error.cause}`);
 * }
 */
export class BulkError extends CryptokiError {
  /** The number of the first input that failed, from 0; -1 where what failed was none of them. */
  readonly index: number;
  /** In the order of the inputs: the result, the error of one that failed, or undefined for one that was not begun. Empty for streams, which have given theirs already. */
  declare readonly results: readonly unknown[];

  /** For layers above this one, and tests: what the package throws it makes itself. */
  constructor(index: number, cause: unknown, results: readonly unknown[]) {
    const which = index < 0 ? 'Not everything could be done' : `Input ${index} failed`;
    super('ERR_CRYPTOKI_BULK', cause instanceof Error ? `${which}: ${cause.message}` : which, { cause });
    this.index = index;
    // Results are secret where they were decrypted: whoever shows the error does not show them.
    Object.defineProperty(this, 'results', { value: results });
  }
}
Object.defineProperty(BulkError.prototype, 'name', { value: 'BulkError', configurable: true, writable: true });
