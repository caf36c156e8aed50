import { CKO } from './generated/constants';
import { Certificate } from './certificate';
import { DataObject } from './data';
import { DomainParameters } from './domain-parameters';
import { CryptokiObject, type ObjectSource } from './object';
import { PrivateKey } from './private-key';
import { PublicKey } from './public-key';
import { SecretKey } from './secret-key';
import type { AttributeRows } from './attribute-rows';
import type { ReadAttributes } from './attributes';
import type { TokenContext } from './token-context';

type ObjectClass = new (context: TokenContext, handle: bigint | number, source: ObjectSource) => CryptokiObject;

/** Classes with something to do; all others have attributes only. */
const CLASSES: ReadonlyMap<number, ObjectClass> = new Map<number, ObjectClass>([
  [CKO.DATA, DataObject],
  [CKO.CERTIFICATE, Certificate],
  [CKO.PUBLIC_KEY, PublicKey],
  [CKO.PRIVATE_KEY, PrivateKey],
  [CKO.SECRET_KEY, SecretKey],
  [CKO.DOMAIN_PARAMETERS, DomainParameters],
]);

const classFor = (objectClass: number | undefined): ObjectClass => CLASSES.get(objectClass ?? CKO.VENDOR_DEFINED) ?? CryptokiObject;

/** The object of the right class for what was read of it. */
export function makeObject(context: TokenContext, handle: bigint, attributes: ReadAttributes): CryptokiObject {
  return new (classFor(attributes.class))(context, handle, attributes);
}

/** The same for a row of a table. */
export function makeObjectOf(context: TokenContext, rows: AttributeRows, row: number): CryptokiObject {
  return new (classFor(rows.class(row)))(context, row, rows);
}
