// The shapes of the document's requests and responses.

import type { Certificate as ParsedCertificate } from 'pkijs';
import type { RestException } from './errors';

/** What every method answers. */
export interface T1CResponse<Data> {
  /** What was asked for. */
  readonly data: Data;
  /** Always true: failures are exceptions. */
  readonly success: true;
}

/**
 * Called once, before the promise settles: with an exception and null, or with null and the response. One that is declared as in the document, without the
 * nulls, fits too.
 */
export type Callback<Response> = {
  // Parameters of methods are compared in both directions, those of functions are not.
  call(error: RestException | null, response: Response | null): void;
}['call'];

/** What the library says about itself. */
export interface Info {
  /** Of the standard, such as '2.40'. */
  readonly cryptoki_version: string;
  /** Who made it. */
  readonly manufacturer_id: string;
  /** The flags of the standard, as a number. */
  readonly flags: number;
  /** What the library is. */
  readonly library_description: string;
  /** Of the library, such as '9.1'. */
  readonly library_version: string;
}

/** A slot. Flags: 1 token present, 2 removable device, 4 hardware slot. */
export interface Slot {
  /** The number of the slot. */
  readonly slot_id: number;
  /** What the slot is, such as the name of a reader. */
  readonly description: string;
  /** The flags of the standard, as a number. */
  readonly flags: number;
  /** Such as '2.0'. */
  readonly hardware_version: string;
  /** Such as '2.0'. */
  readonly firmware_version: string;
}

/** A token. Numbers that it does not tell are -1; 0 sessions means no limit. */
export interface Token {
  /** The number of the slot. */
  readonly slot_id: number;
  /** The name that the token was given. */
  readonly label: string;
  /** Who made it. */
  readonly manufacturer_id: string;
  /** Which product it is. */
  readonly model: string;
  /** Tells it from the others of its model. */
  readonly serial_number: string;
  /** The flags of the standard, as a number. */
  readonly flags: number;
  /** Sessions that may be open at once. */
  readonly max_session_count: number;
  /** Sessions that are open. */
  readonly session_count: number;
  /** Sessions that may write and be open at once. */
  readonly max_rw_session_count: number;
  /** Sessions that may write and are open. */
  readonly rw_session_count: number;
  /** Longest PIN in bytes. */
  readonly max_pin_length: number;
  /** Shortest PIN in bytes. */
  readonly min_pin_length: number;
  /** Bytes for public objects. */
  readonly total_public_memory: number;
  /** What is left of them. */
  readonly free_public_memory: number;
  /** Bytes for private objects. */
  readonly total_private_memory: number;
  /** What is left of them. */
  readonly free_private_memory: number;
  /** Such as '2.0'. */
  readonly hardware_version: string;
  /** Such as '2.0'. */
  readonly firmware_version: string;
}

/** A certificate: DER in base64, CKA_ID in upper case hexadecimal. */
export interface Certificate {
  /** The certificate in DER, in base64 on one line. */
  readonly base64: string;
  /** CKA_ID in upper case hexadecimal. */
  readonly id: string;
  /** With `parseCerts`: as PKI.js has it. */
  readonly parsed?: ParsedCertificate;
}

/** Options of `certificates`. */
export interface Options {
  /** Adds `parsed` to each certificate. */
  readonly parseCerts?: boolean | undefined;
  /** Accepted, without effect. */
  readonly filters?: unknown;
}

/** What `signData` signs, and with what. */
export interface Pkcs11SignData {
  /** A number, or a string of digits. */
  readonly slot_id: number | string;
  /** The certificate's `id`; the key is the one with the same. */
  readonly cert_id: string;
  /** SHA1, SHA256, SHA384 or SHA512, in whatever case. */
  readonly algorithm_reference: string;
  /** The hash itself in base64. */
  readonly data: string;
  /** Left out where the reader has a PIN pad. */
  readonly pin?: string | null | undefined;
  /** Accepted, without effect. */
  readonly pace?: string | undefined;
}

/** As `Pkcs11SignData`, with the signature in base64. The PIN may be left out. */
export interface Pkcs11VerifySignedData extends Pkcs11SignData {
  /** The signature in base64. */
  readonly signature: string;
}

/** What `info` answers. */
export type InfoResponse = T1CResponse<Info>;
/** What `slots` and `slotsWithTokenPresent` answer. */
export type SlotsResponse = T1CResponse<Slot[]>;
/** What `token` answers. */
export type TokenResponse = T1CResponse<Token>;
/** As the document spells `TokenResponse`. */
export type TokensResponse = TokenResponse;
/** What `certificates` answers. */
export type CertificatesResponse = T1CResponse<Certificate[]>;
/** As the document spells `CertificatesResponse`. */
export type SafeNetCertificatesResponse = CertificatesResponse;
/** As the document spells `Pkcs11SignData`. */
export type SafeNetSignData = Pkcs11SignData;
/** What `signData` answers: base64. */
export type DataResponse = T1CResponse<string>;
/** What `verifySignedData` answers. */
export type BoolDataResponse = T1CResponse<boolean>;

/** The container as the document has it. */
export interface AbstractPkcs11 {
  /** The certificates on a token; options may be left out. */
  certificates(slotId: number | string, options?: Options | null, callback?: Callback<CertificatesResponse>): Promise<CertificatesResponse>;
  /** The certificates on a token. */
  certificates(slotId: number | string, callback: Callback<CertificatesResponse>): Promise<CertificatesResponse>;
  /** What the library says about itself. */
  info(callback?: Callback<InfoResponse>): Promise<InfoResponse>;
  /** Signs a hash. */
  signData(data: Pkcs11SignData, callback?: Callback<DataResponse>): Promise<DataResponse>;
  /** All slots. */
  slots(callback?: Callback<SlotsResponse>): Promise<SlotsResponse>;
  /** The slots with a token in them. */
  slotsWithTokenPresent(callback?: Callback<SlotsResponse>): Promise<SlotsResponse>;
  /** The token in a slot. */
  token(slotId: number | string, callback?: Callback<TokenResponse>): Promise<TokenResponse>;
  /** Verifies the signature of a hash. */
  verifySignedData(data: Pkcs11VerifySignedData, callback?: Callback<BoolDataResponse>): Promise<BoolDataResponse>;
}
