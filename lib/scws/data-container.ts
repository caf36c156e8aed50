import type { DataObject } from '../index';
import { operation } from './error';
import { behind, TokenObject } from './object';
import { arrayBuffer } from './values';

/**
 * Data on the token.
 *
 * @example
 * const value = await container.getValue();
 */
export class DataContainer extends TokenObject<DataObject> {
  readonly type = 'dataContainer' as const;

  /** Which application it belongs to; '' where none is named. */
  get application(): string {
    return behind(this).ours.attributes.application ?? '';
  }

  /**
   * The data.
   *
   * @example
   * const bytes = new Uint8Array(await container.getValue());
   */
  getValue(): Promise<ArrayBuffer> {
    return operation(async () => {
      const { ours, connection } = behind(this);
      connection.assertOpen();
      return arrayBuffer((await ours.value(connection.options)) ?? new Uint8Array(0));
    });
  }
}
