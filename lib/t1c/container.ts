import { CKC, type Certificate as TokenCertificate, type Module, type PublicKey, type Token as OpenToken } from '../index';
import { alone, isTaken } from '../one-login';
import { answer, callbackAmong } from './answer';
import { libraryPath } from './config';
import { exceptionOf, invalid } from './errors';
import { signRequest, slotIdOf, type SignRequest } from './requests';
import type {
  AbstractPkcs11,
  BoolDataResponse,
  Callback,
  Certificate,
  CertificatesResponse,
  DataResponse,
  InfoResponse,
  Options,
  Pkcs11SignData,
  Pkcs11VerifySignedData,
  Slot,
  SlotsResponse,
  T1CResponse,
  TokenResponse,
} from './responses';

const TOKEN_PRESENT = 1;

/** Loads each library once, at the first call that needs it. */
export type Loader = (path: string) => Promise<Module>;

/**
 * The PKCS#11 container: what a page asked of the agent, asked of the library itself. Every method takes a callback and answers a promise.
 *
 * @example
 * const pkcs11 = client.pkcs11();
 * const { data } = await pkcs11.slotsWithTokenPresent();
 */
export class Pkcs11Container implements AbstractPkcs11 {
  readonly #config: unknown;
  readonly #load: Loader;

  /** Not for callers: containers come from `client.pkcs11()`. */
  constructor(config: unknown, load: Loader) {
    this.#config = config;
    this.#load = load;
  }

  /**
   * What the library says about itself (C_GetInfo).
   *
   * @example
   * const { data } = await pkcs11.info();
   * console.log(data.library_description, data.library_version);
   */
  info(callback?: Callback<InfoResponse>): Promise<InfoResponse> {
    return this.#answer([callback], async (module) => {
      const info = await module.info();
      return {
        cryptoki_version: info.cryptokiVersion,
        manufacturer_id: info.manufacturer,
        flags: info.flags,
        library_description: info.description,
        library_version: info.libraryVersion,
      };
    });
  }

  /**
   * All slots (C_GetSlotList, C_GetSlotInfo).
   *
   * @example
   * for (const slot of (await pkcs11.slots()).data) console.log(slot.slot_id, slot.description);
   */
  slots(callback?: Callback<SlotsResponse>): Promise<SlotsResponse> {
    return this.#answer([callback], allSlots);
  }

  /**
   * The slots that have a token in them now.
   *
   * @example
   * const [slot] = (await pkcs11.slotsWithTokenPresent()).data;
   */
  slotsWithTokenPresent(callback?: Callback<SlotsResponse>): Promise<SlotsResponse> {
    return this.#answer([callback], async (module) => (await allSlots(module)).filter((slot) => (slot.flags & TOKEN_PRESENT) !== 0));
  }

  /**
   * The token in a slot (C_GetTokenInfo). Numbers that it does not tell are -1; 0 sessions means no limit.
   *
   * @example
   * const { data } = await pkcs11.token(slot.slot_id);
   */
  token(slotId: number | string, callback?: Callback<TokenResponse>): Promise<TokenResponse> {
    return this.#answer([slotId, callback], async (module) => {
      const id = slotIdOf(slotId);
      const info = await (await module.slot(id).token()).info();
      const told = (value: number | undefined): number => value ?? -1;
      return {
        slot_id: id,
        label: info.label,
        manufacturer_id: info.manufacturer,
        model: info.model,
        serial_number: info.serialNumber,
        flags: info.flags,
        max_session_count: told(info.maxSessionCount),
        session_count: told(info.sessionCount),
        max_rw_session_count: told(info.maxReadWriteSessionCount),
        rw_session_count: told(info.readWriteSessionCount),
        max_pin_length: told(info.maxPinLength),
        min_pin_length: told(info.minPinLength),
        total_public_memory: told(info.totalPublicMemory),
        free_public_memory: told(info.freePublicMemory),
        total_private_memory: told(info.totalPrivateMemory),
        free_private_memory: told(info.freePrivateMemory),
        hardware_version: info.hardwareVersion,
        firmware_version: info.firmwareVersion,
      };
    });
  }

  /**
   * The X.509 certificates on a token; needs no PIN.
   *
   * @example
   * const { data } = await pkcs11.certificates(slot.slot_id, { parseCerts: true });
   */
  certificates(
    slotId: number | string,
    options?: Options | null | Callback<CertificatesResponse>,
    callback?: Callback<CertificatesResponse>,
  ): Promise<CertificatesResponse> {
    return this.#answer([slotId, options, callback], async (module) => {
      const id = slotIdOf(slotId);
      if (options !== undefined && options !== null && !['object', 'function'].includes(typeof options))
        throw invalid('the options must be an object');
      const parse = typeof options === 'object' && options?.parseCerts === true ? (await import('pkijs')).Certificate : undefined;
      const found: Certificate[] = [];
      for await (const certificate of (await module.slot(id).token()).certificates()) {
        if (certificate.certificateType !== CKC.X_509 || certificate.raw.length === 0) continue;
        const plain = { base64: Buffer.from(certificate.raw).toString('base64'), id: hexadecimal(certificate.id) };
        found.push(parse === undefined ? plain : { ...plain, parsed: parse.fromBER(Uint8Array.from(certificate.raw)) });
      }
      return found;
    });
  }

  /**
   * Signs a hash with the key of a certificate: RSA PKCS#1 v1.5, or ECDSA as r‖s.
   *
   * @example
   * const { data } = await pkcs11.signData({ slot_id, cert_id, pin, algorithm_reference: 'sha256', data: hash.toString('base64') });
   */
  signData(data: Pkcs11SignData, callback?: Callback<DataResponse>): Promise<DataResponse> {
    return this.#answer([data, callback], (module) => {
      const request = signRequest(data, false);
      return this.#withToken(module, request, async (token) => {
        const certificate = await certificateOf(token, request);
        return this.#loggedIn(token, request.pin, true, async () => {
          const key = await onlyOne(token.privateKeys({ id: certificate.id }), 'no private key of this certificate is on the token');
          const signature = await key.signDigest(request.hash, request.digest, { dsaEncoding: key.type === 'ec' ? 'ieee-p1363' : undefined });
          return Buffer.from(signature).toString('base64');
        });
      });
    });
  }

  /**
   * Whether a signature is the certificate's key's. Signatures of EC keys may be r‖s or DER.
   *
   * @example
   * const { data: valid } = await pkcs11.verifySignedData({ ...request, signature });
   */
  verifySignedData(data: Pkcs11VerifySignedData, callback?: Callback<BoolDataResponse>): Promise<BoolDataResponse> {
    return this.#answer([data, callback], (module) => {
      const request = signRequest(data, true);
      return this.#withToken(module, request, async (token) => {
        const certificate = await certificateOf(token, request);
        return this.#loggedIn(token, request.pin, false, () => verified(token, certificate, request));
      });
    });
  }

  #answer<Data>(given: readonly unknown[], work: (module: Module) => Promise<Data>): Promise<T1CResponse<Data>> {
    return answer(callbackAmong(given), async () => {
      const data = await work(await this.#load(libraryPath(this.#config)));
      return { data, success: true };
    });
  }

  async #withToken<Result>(module: Module, { slotId }: SignRequest, work: (token: OpenToken) => Promise<Result>): Promise<Result> {
    const token = await module.slot(slotId).token();
    // A login is the token's, not the call's: two calls with two PINs must not meet.
    return alone(token, async () => {
      try {
        return await work(token);
      } catch (error) {
        throw await exceptionOf(error, token);
      }
    });
  }

  async #loggedIn<Result>(token: OpenToken, pin: string | undefined, needed: boolean, work: () => Promise<Result>): Promise<Result> {
    const { loginRequired, protectedAuthenticationPath } = await token.info();
    const wanted = pin !== undefined || (needed && loginRequired);
    if (!wanted) return work();
    if (pin === undefined && !protectedAuthenticationPath) throw invalid('"pin" is missing, and the token has no PIN pad of its own');
    // Somebody else in this process may be logged in, and stays so.
    const taken = await isTaken(token);
    await token.login(pin ?? null);
    try {
      return await work();
    } finally {
      if (!taken) await token.logout().catch(() => undefined);
    }
  }
}

async function allSlots(module: Module): Promise<Slot[]> {
  const slots = await module.slots();
  return Promise.all(
    slots.map(async (slot) => {
      const info = await slot.info();
      return {
        slot_id: slot.id,
        description: info.description,
        flags: info.flags,
        hardware_version: info.hardwareVersion,
        firmware_version: info.firmwareVersion,
      };
    }),
  );
}

function hexadecimal(id: Uint8Array | undefined): string {
  return Buffer.from(id ?? [])
    .toString('hex')
    .toUpperCase();
}

async function certificateOf(token: OpenToken, { certificateId }: SignRequest): Promise<TokenCertificate> {
  for await (const certificate of token.certificates({ id: certificateId })) {
    if (certificate.certificateType === CKC.X_509) return certificate;
  }
  throw invalid('the token has no certificate with this "cert_id"');
}

async function onlyOne<Found>(found: AsyncIterable<Found>, otherwise: string): Promise<Found> {
  for await (const one of found) return one;
  throw invalid(otherwise);
}

/** With the public key object of the certificate, or one that is made for this and goes again. */
async function verified(
  token: OpenToken,
  certificate: TokenCertificate,
  { hash, digest, signature = new Uint8Array(0) }: SignRequest,
): Promise<boolean> {
  const { publicKey } = certificate.x509;
  for await (const key of token.publicKeys({ id: certificate.id })) {
    if (key.toKeyObject().equals(publicKey)) return verifiedBy(key, hash, digest, signature);
  }
  const key = (await token.importKey(publicKey, { token: false })) as PublicKey;
  try {
    return await verifiedBy(key, hash, digest, signature);
  } finally {
    await key.destroy().catch(() => undefined);
  }
}

async function verifiedBy(key: PublicKey, hash: string, digest: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (key.type !== 'ec') return key.verifyDigest(hash, digest, signature);
  return (
    (await key.verifyDigest(hash, digest, signature, { dsaEncoding: 'ieee-p1363' })) ||
    (await key.verifyDigest(hash, digest, signature, { dsaEncoding: 'der' }))
  );
}
