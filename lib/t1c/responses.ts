// The shapes of the document's requests and responses.

import type { Certificate as ParsedCertificate } from 'pkijs';
import type { RestException } from './errors';

/** What every method answers. */
export interface T1CResponse<Data> {
  readonly data: Data;
  /** Always true: failures are exceptions. */
  readonly success: true;
}

/** Called once, before the promise settles: with an exception and null, or with null and the response. */
export type Callback<Response> = (error: RestException | null, response: Response | null) => void;

/** What the library says about itself. */
export interface Info {
  readonly cryptoki_version: string;
  readonly manufacturer_id: string;
  readonly flags: number;
  readonly library_description: string;
  readonly library_version: string;
}

/** A slot. Flags: 1 token present, 2 removable device, 4 hardware slot. */
export interface Slot {
  readonly slot_id: number;
  readonly description: string;
  readonly flags: number;
  readonly hardware_version: string;
  readonly firmware_version: string;
}

/** A token. Numbers that it does not tell are -1; 0 sessions means no limit. */
export interface Token {
  readonly slot_id: number;
  readonly label: string;
  readonly manufacturer_id: string;
  readonly model: string;
  readonly serial_number: string;
  readonly flags: number;
  readonly max_session_count: number;
  readonly session_count: number;
  readonly max_rw_session_count: number;
  readonly rw_session_count: number;
  readonly max_pin_length: number;
  readonly min_pin_length: number;
  readonly total_public_memory: number;
  readonly free_public_memory: number;
  readonly total_private_memory: number;
  readonly free_private_memory: number;
  readonly hardware_version: string;
  readonly firmware_version: string;
}

/** A certificate: DER in base64, CKA_ID in upper case hexadecimal. */
export interface Certificate {
  readonly base64: string;
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
  readonly signature: string;
}

export type InfoResponse = T1CResponse<Info>;
export type SlotsResponse = T1CResponse<Slot[]>;
export type TokenResponse = T1CResponse<Token>;
export type CertificatesResponse = T1CResponse<Certificate[]>;
export type DataResponse = T1CResponse<string>;
export type BoolDataResponse = T1CResponse<boolean>;

/** The container as the document has it. */
export interface AbstractPkcs11 {
  certificates(slotId: number | string, options?: Options | null, callback?: Callback<CertificatesResponse>): Promise<CertificatesResponse>;
  certificates(slotId: number | string, callback: Callback<CertificatesResponse>): Promise<CertificatesResponse>;
  info(callback?: Callback<InfoResponse>): Promise<InfoResponse>;
  signData(data: Pkcs11SignData, callback?: Callback<DataResponse>): Promise<DataResponse>;
  slots(callback?: Callback<SlotsResponse>): Promise<SlotsResponse>;
  slotsWithTokenPresent(callback?: Callback<SlotsResponse>): Promise<SlotsResponse>;
  token(slotId: number | string, callback?: Callback<TokenResponse>): Promise<TokenResponse>;
  verifySignedData(data: Pkcs11VerifySignedData, callback?: Callback<BoolDataResponse>): Promise<BoolDataResponse>;
}
