// The public names of the package.

export { Certificate } from './certificate';
export * from './constants';
export type { AttributeKey, AttributeName, AttributeTemplate, Attributes, ReadAttributes, VendorAttributeValue } from './attributes';
export { DataObject } from './data';
export { DomainParameters } from './domain-parameters';
export { AbortError, CryptokiError, Pkcs11Error, type CryptokiErrorCode, type LoadFailureReason } from './errors';
export type { CertificateSource, ImportCertificateOptions } from './import-certificate';
export type { MechanismFlags, MechanismInfo, ModuleInfo, SessionInfo, SlotInfo, TokenFlags, TokenInfo } from './info';
export type { LoginOptions, User } from './login';
export { Module, type LoadOptions, type ModuleInterface } from './module';
export { CryptokiObject } from './object';
export type { CallOptions } from './options';
export type { Pin, PinRequest, PinSource } from './pin';
export { Session } from './session';
export { Slot } from './slot';
export type { SlotEvent, SlotEventOptions } from './slot-events';
export { Token, type InitializeOptions } from './token';
export type { FindOptions, ObjectQuery } from './token-context';
export type { DataOptions } from './token-objects';
export type { TokenParts, TokenQuery } from './token-query';
export { Pkcs11Uri, type UriObjectType, type UriParts } from './uri';
