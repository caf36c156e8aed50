import { CryptokiObject } from './object';
import type { CallOptions } from './options';

/**
 * Data that an application keeps on a token (CKO_DATA).
 *
 * @example
 * for await (const data of token.dataObjects({ application: 'my app' })) console.log(data.label, await data.value());
 */
export class DataObject extends CryptokiObject {
  /** Which application it belongs to (CKA_APPLICATION). */
  get application(): string | undefined {
    return this.attributes.application;
  }

  /** The object identifier of the data's type in DER (CKA_OBJECT_ID). */
  get objectId(): Uint8Array | undefined {
    return this.attributes.objectId;
  }

  /**
   * Reads the data; undefined where the token does not reveal it (CKA_VALUE).
   *
   * @example
   * const bytes = await data.value();
   */
  async value(options: CallOptions = {}): Promise<Uint8Array | undefined> {
    return (await this.get(['value'], options)).value;
  }

  protected override describe(): Record<string, unknown> {
    const { application } = this;
    return { ...super.describe(), ...(application !== undefined && { application }) };
  }
}
