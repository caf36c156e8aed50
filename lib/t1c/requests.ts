// The arguments, checked before anything is asked of the token: a bad one costs no PIN try.

import { invalid, RestException } from './errors';
import type { Callback, CertificatesResponse, Options } from './responses';

const HASH_BYTES: Readonly<Record<string, number>> = { SHA1: 20, SHA256: 32, SHA384: 48, SHA512: 64 };

/** A request for a signature, or to verify one, ready to be carried out. */
export interface SignRequest {
  readonly slotId: number;
  readonly certificateId: Uint8Array;
  /** As the library names it, such as 'sha256'. */
  readonly hash: string;
  readonly digest: Uint8Array;
  readonly pin: string | undefined;
  readonly signature: Uint8Array | undefined;
}

/** What `read` finds among the arguments; a getter or a proxy that throws is a bad argument as well. */
export function argument<Read>(read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    throw error instanceof RestException ? error : invalid('the arguments cannot be read', error);
  }
}

/** The number of a slot. */
export function slotIdOf(value: unknown): number {
  const digits = typeof value === 'string' && /^\d{1,16}$/.test(value);
  const id = digits ? Number(value) : value;
  if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) return id;
  throw invalid('the slot id must be a number, or a string of digits');
}

/** Whether certificates are to be parsed. A function stands where the callback does. */
export function parsing(options: Options | null | undefined | Callback<CertificatesResponse>): boolean {
  if (options === undefined || options === null || typeof options === 'function') return false;
  if (typeof options !== 'object') throw invalid('the options must be an object');
  return options.parseCerts === true;
}

function base64(value: unknown, name: string): Uint8Array {
  const text: unknown = value;
  // What is no base64 at all Buffer would skip.
  const right = typeof text === 'string' && text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  if (right) return Buffer.from(text, 'base64');
  throw invalid(`"${name}" must be a string in base64`);
}

function identifier(value: unknown): Uint8Array {
  // No group that repeats: V8 has too little stack for one in a long text.
  if (typeof value === 'string' && value.length % 2 === 0 && /^[0-9a-f]+$/i.test(value)) return Buffer.from(value, 'hex');
  throw invalid('"cert_id" must be the id of a certificate, in hexadecimal');
}

// Before upper case, for 'ſ' would become an 'S'.
function algorithm(value: unknown): string {
  const name = typeof value === 'string' && /^sha\d{1,3}$/i.test(value) ? value.toUpperCase() : '';
  if (Object.hasOwn(HASH_BYTES, name)) return name;
  throw invalid('"algorithm_reference" must be SHA1, SHA256, SHA384 or SHA512');
}

function pinOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw invalid('"pin" must be a string');
  // It has no bytes in UTF-8: what the token would get is another PIN.
  if (/\p{Surrogate}/u.test(value)) throw invalid('"pin" must be well-formed Unicode text');
  return value;
}

/** The request of `signData`, or of `verifySignedData`. */
export function signRequest(given: unknown, withSignature: boolean): SignRequest {
  if (typeof given !== 'object' || given === null) throw invalid('the data must be an object');
  const { slot_id, cert_id, algorithm_reference, data, pin, signature } = given as Record<string, unknown>;
  const slotId = slotIdOf(slot_id);
  const certificateId = identifier(cert_id);
  const name = algorithm(algorithm_reference);
  const wanted = HASH_BYTES[name];
  const digest = base64(data, 'data');
  if (digest.length !== wanted) throw invalid(`"data" must be the hash itself: ${wanted} bytes in base64 for ${name}, not ${digest.length}`);
  return {
    slotId,
    certificateId,
    hash: name.toLowerCase(),
    digest,
    pin: pinOf(pin),
    signature: withSignature ? base64(signature, 'signature') : undefined,
  };
}
