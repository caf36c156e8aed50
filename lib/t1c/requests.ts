// The arguments, checked before anything is asked of the token: a bad one costs no PIN try.

import { invalid } from './errors';

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

export function slotIdOf(value: unknown): number {
  const digits = typeof value === 'string' && /^\d{1,16}$/.test(value);
  const id = digits ? Number(value) : value;
  if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) return id;
  throw invalid('the slot id must be a number, or a string of digits');
}

export function base64(value: unknown, name: string): Uint8Array {
  const text: unknown = value;
  // What is no base64 at all Buffer would skip.
  const right = typeof text === 'string' && text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  if (right) return Buffer.from(text, 'base64');
  throw invalid(`"${name}" must be a string in base64`);
}

function identifier(value: unknown): Uint8Array {
  if (typeof value === 'string' && value !== '' && /^([0-9a-f]{2})+$/i.test(value)) return Buffer.from(value, 'hex');
  throw invalid('"cert_id" must be the id of a certificate, in hexadecimal');
}

export function signRequest(given: unknown, withSignature: boolean): SignRequest {
  if (typeof given !== 'object' || given === null) throw invalid('the data must be an object');
  const { slot_id, cert_id, algorithm_reference, data, pin, signature } = given as Record<string, unknown>;
  const slotId = slotIdOf(slot_id);
  const certificateId = identifier(cert_id);
  const name = typeof algorithm_reference === 'string' ? algorithm_reference.toUpperCase() : '';
  const wanted = Object.hasOwn(HASH_BYTES, name) ? HASH_BYTES[name] : undefined;
  if (wanted === undefined) throw invalid('"algorithm_reference" must be SHA1, SHA256, SHA384 or SHA512');
  const digest = base64(data, 'data');
  if (digest.length !== wanted) throw invalid(`"data" must be the hash itself: ${wanted} bytes in base64 for ${name}, not ${digest.length}`);
  if (pin !== undefined && pin !== null && typeof pin !== 'string') throw invalid('"pin" must be a string');
  return {
    slotId,
    certificateId,
    hash: name.toLowerCase(),
    digest,
    pin: pin === null || pin === '' ? undefined : pin,
    signature: withSignature ? base64(signature, 'signature') : undefined,
  };
}
