// What a PKCS#11 URI selects (RFC 7512, section 2.3), and the URI of what one has.

import { CKO } from './generated/constants';
import { Pkcs11Uri, type UriObjectType, type UriParts } from './uri';
import type { AttributeTemplate, ReadAttributes } from './attributes';
import type { ModuleInfo, SlotInfo } from './info';

const CLASS_OF_TYPE: Readonly<Record<UriObjectType, number>> = {
  public: CKO.PUBLIC_KEY,
  private: CKO.PRIVATE_KEY,
  cert: CKO.CERTIFICATE,
  'secret-key': CKO.SECRET_KEY,
  data: CKO.DATA,
};

/** How an object class is called in a URI; undefined for those that have no name there. */
export function uriType(objectClass: number | undefined): UriObjectType | undefined {
  return (Object.keys(CLASS_OF_TYPE) as UriObjectType[]).find((type) => CLASS_OF_TYPE[type] === objectClass);
}

/** What names a token in a URI. */
export interface TokenNames {
  readonly label: string;
  readonly manufacturer: string;
  readonly serialNumber: string;
  readonly model: string;
}

const same = <Value>(wanted: Value | undefined, is: Value): boolean => wanted === undefined || wanted === is;

export function matchesTokenUri(parts: UriParts, token: TokenNames): boolean {
  return (
    same(parts.token, token.label) &&
    same(parts.manufacturer, token.manufacturer) &&
    same(parts.serial, token.serialNumber) &&
    same(parts.model, token.model)
  );
}

export function matchesSlotUri(parts: UriParts, slotId: number, slot: SlotInfo): boolean {
  return same(parts.slotId, slotId) && same(parts.slotDescription, slot.description) && same(parts.slotManufacturer, slot.manufacturer);
}

export function matchesLibraryUri(parts: UriParts, library: ModuleInfo): boolean {
  const version = parts.libraryVersion;
  return (
    same(parts.libraryManufacturer, library.manufacturer) &&
    same(parts.libraryDescription, library.description) &&
    // "1" stands for 1.0 (section 2.3).
    same(version === undefined || version.includes('.') ? version : `${version}.0`, library.libraryVersion)
  );
}

/** The attributes that a URI asks an object for. */
export function uriTemplate(parts: UriParts): AttributeTemplate {
  return {
    ...(parts.type !== undefined && { class: CLASS_OF_TYPE[parts.type] }),
    ...(parts.object !== undefined && { label: parts.object }),
    ...(parts.id !== undefined && { id: parts.id }),
  };
}

export function formatTokenUri(token: TokenNames): string {
  return new Pkcs11Uri(tokenParts(token)).toString();
}

export function formatObjectUri(token: TokenNames, attributes: ReadAttributes): string {
  const { label, id } = attributes;
  return new Pkcs11Uri({
    ...tokenParts(token),
    ...(label !== undefined && label !== '' && { object: label }),
    ...(id !== undefined && id.length > 0 && { id }),
    type: uriType(attributes.class),
  }).toString();
}

function tokenParts(token: TokenNames): UriParts {
  const { label, manufacturer, serialNumber, model } = token;
  return { token: label, manufacturer, serial: serialNumber, model };
}
