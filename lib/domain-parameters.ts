import { nameOr } from './inspect';
import { CryptokiObject } from './object';

/**
 * Domain parameters of DSA, Diffie-Hellman or X9.42 (CKO_DOMAIN_PARAMETERS).
 *
 * @example
 * const parameters = (await token.object({ class: CKO.DOMAIN_PARAMETERS })) as DomainParameters;
 */
export class DomainParameters extends CryptokiObject {
  /** One of `CKK`: the type of the keys they are for (CKA_KEY_TYPE). */
  get keyType(): number | undefined {
    return this.attributes.keyType;
  }

  /** The prime p, big-endian. */
  get prime(): Uint8Array | undefined {
    return this.attributes.prime;
  }

  /** The subprime q, big-endian; Diffie-Hellman has none. */
  get subprime(): Uint8Array | undefined {
    return this.attributes.subprime;
  }

  /** The base g, big-endian. */
  get base(): Uint8Array | undefined {
    return this.attributes.base;
  }

  protected override describe(): Record<string, unknown> {
    const { keyType } = this;
    return { ...super.describe(), ...(keyType !== undefined && { keyType: nameOr('CKK', keyType) }) };
  }
}
