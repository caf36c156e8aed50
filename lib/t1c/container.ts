import type * as Pkijs from 'pkijs';
import { CKC, type Module } from '../index';
import { answer, callbackAmong } from './answer';
import { libraryPath } from './config';
import { argument, parsing, signRequest, slotIdOf } from './requests';
import { isSigned, signedBy } from './signing';
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

/** Does something with the library, which is loaded once, at the first call that needs it. */
export type Use = <Result>(path: string, work: (module: Module) => Promise<Result>) => Promise<Result>;

/**
 * The PKCS#11 container: what a page asked of the agent, asked of the library itself. Every method takes a callback and answers a promise.
 *
 * @example
 * const pkcs11 = client.pkcs11();
 * const { data } = await pkcs11.slotsWithTokenPresent();
 */
export class Pkcs11Container implements AbstractPkcs11 {
  readonly #config: unknown;
  readonly #use: Use;

  /** Not for callers: containers come from `client.pkcs11()`. */
  constructor(config: unknown, use: Use) {
    this.#config = config;
    this.#use = use;
  }

  /**
   * What the library says about itself (C_GetInfo).
   *
   * @example
   * const { data } = await pkcs11.info();
   * console.log(data.library_description, data.library_version);
   */
  info(callback?: Callback<InfoResponse>): Promise<InfoResponse> {
    return this.#answer([callback], nothing, async (module) => {
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
    return this.#answer([callback], nothing, allSlots);
  }

  /**
   * The slots that have a token in them now.
   *
   * @example
   * const [slot] = (await pkcs11.slotsWithTokenPresent()).data;
   */
  slotsWithTokenPresent(callback?: Callback<SlotsResponse>): Promise<SlotsResponse> {
    return this.#answer([callback], nothing, async (module) => (await allSlots(module)).filter((slot) => (slot.flags & TOKEN_PRESENT) !== 0));
  }

  /**
   * The token in a slot (C_GetTokenInfo). Numbers that it does not tell are -1; 0 sessions means no limit.
   *
   * @example
   * const { data } = await pkcs11.token(slot.slot_id);
   */
  token(slotId: number | string, callback?: Callback<TokenResponse>): Promise<TokenResponse> {
    const read = (): number => slotIdOf(slotId);
    return this.#answer([slotId, callback], read, async (module, id) => {
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
    const read = () => ({ id: slotIdOf(slotId), parse: parsing(options) });
    return this.#answer([slotId, options, callback], read, async (module, { id, parse }) => {
      const pkijs = parse ? await import('pkijs') : undefined;
      const found: Certificate[] = [];
      for await (const certificate of (await module.slot(id).token()).certificates()) {
        if (certificate.certificateType !== CKC.X_509 || certificate.raw.length === 0) continue;
        const plain = { base64: Buffer.from(certificate.raw).toString('base64'), id: hexadecimal(certificate.id) };
        const parsed = pkijs && parsedBy(pkijs, certificate.raw);
        found.push(parsed === undefined ? plain : { ...plain, parsed });
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
    return this.#answer([data, callback], () => signRequest(data, false), signedBy);
  }

  /**
   * Whether a signature is the certificate's key's. Signatures of EC keys may be r‖s or DER.
   *
   * @example
   * const { data: valid } = await pkcs11.verifySignedData({ ...request, signature });
   */
  verifySignedData(data: Pkcs11VerifySignedData, callback?: Callback<BoolDataResponse>): Promise<BoolDataResponse> {
    return this.#answer([data, callback], () => signRequest(data, true), isSigned);
  }

  /** The arguments are read at once: what the caller does to them afterwards does not matter. */
  #answer<Read, Data>(given: readonly unknown[], read: () => Read, work: (module: Module, asked: Read) => Promise<Data>): Promise<T1CResponse<Data>> {
    return answer(callbackAmong(given), async () => {
      const asked = argument(read);
      const data = await this.#use(libraryPath(this.#config), (module) => work(module, asked));
      return { data, success: true };
    });
  }
}

const nothing = (): undefined => undefined;

/** What is no certificate after all stays unparsed, and takes nothing from the others. */
function parsedBy({ Certificate: Parsed }: typeof Pkijs, der: Uint8Array): Certificate['parsed'] {
  try {
    return Parsed.fromBER(Uint8Array.from(der));
  } catch {
    return undefined;
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
