// A PIV smart card (NIST SP 800-73-4) in software, as far as a PKCS#11 library for cards looks at one: four keys with their
// certificates, a PIN with three tries, signing, decrypting, ECDH.
import { constants, createPublicKey, diffieHellman, generateKeyPairSync, privateDecrypt, randomBytes, sign } from 'node:crypto';
import { selfSigned } from '../../support/certificate.mjs';
import { signDigest } from './ecdsa.mjs';

const aid = Buffer.from('a000000308000010000100', 'hex');
const firstPin = '123456';

/** Key references (SP 800-73-4 part 1, table 4b), the data object of each one's certificate, and the kind of key. */
const slots = [
  { reference: 0x9a, object: '5fc105', name: 'authentication', kind: ['rsa', { modulusLength: 2048 }] },
  { reference: 0x9c, object: '5fc10a', name: 'signature', kind: ['ec', { namedCurve: 'P-256' }] }, // the PIN before each use
  { reference: 0x9d, object: '5fc10b', name: 'key management', kind: ['rsa', { modulusLength: 2048 }] },
  { reference: 0x9e, object: '5fc101', name: 'card authentication', kind: ['ec', { namedCurve: 'P-256' }] }, // no PIN
];

function tlv(tag, value) {
  const size = value.length < 0x80 ? [value.length] : value.length < 0x100 ? [0x81, value.length] : [0x82, value.length >> 8, value.length & 0xff];
  return Buffer.concat([Buffer.from(tag, 'hex'), Buffer.from(size), value]);
}

/** The elements in a run of one-byte tags. */
function* elements(bytes) {
  for (let at = 0; at + 1 < bytes.length;) {
    const tag = bytes[at];
    let length = bytes[at + 1];
    let start = at + 2;
    if (length > 0x80) {
      const octets = length - 0x80;
      length = bytes.readUIntBE(start, octets);
      start += octets;
    }
    yield { tag, value: bytes.subarray(start, start + length) };
    at = start + length;
  }
}

const find = (bytes, wanted) => [...elements(bytes)].find(({ tag }) => tag === wanted)?.value;
const status = (code, data = Buffer.alloc(0)) => Buffer.concat([data, Buffer.from([code >> 8, code & 0xff])]);
const padded = (pin) => pin.toString('latin1').replace(/\xff+$/, '');

export class PivCard {
  /** The answer to reset of a T=1 card. */
  static atr = Buffer.from('3bd6110081b1801f038051006111303500', 'hex');

  #keys = new Map();
  #objects = new Map();
  #pin = firstPin;
  #tries = 3;
  #verified = false;
  #fresh = false;
  #chained = Buffer.alloc(0);
  #rest = Buffer.alloc(0);

  /** A card with new keys and self-signed certificates. */
  static async create() {
    const card = new PivCard();
    for (const { reference, object, name, kind } of slots) {
      const { privateKey, publicKey } = generateKeyPairSync(...kind);
      const certificate = await selfSigned({ subject: `PIV ${name}`, publicKey, sign: (body) => sign('sha256', body, privateKey) });
      card.#keys.set(reference, privateKey);
      // The certificate, its information byte (not compressed), an empty error detection code.
      card.#objects.set(object, tlv('53', Buffer.concat([tlv('70', certificate), Buffer.from('710100fe00', 'hex')])));
    }
    const serial = randomBytes(16);
    card.#objects.set(
      '5fc102',
      tlv(
        '53',
        Buffer.concat([
          tlv('30', Buffer.from('d4e739da739ced39ce739d836858210842108421c84210c3eb', 'hex')), // agency 9999: a test card
          tlv('34', serial),
          tlv('35', Buffer.from('20401231')),
          tlv('3e', Buffer.alloc(0)),
          tlv('fe', Buffer.alloc(0)),
        ]),
      ),
    );
    card.#objects.set(
      '5fc107',
      tlv(
        '53',
        Buffer.concat([
          tlv('f0', Buffer.concat([Buffer.from('a000000116ff02', 'hex'), serial.subarray(0, 14)])),
          tlv('f1', Buffer.from([0x21])),
          tlv('f2', Buffer.from([0x21])),
          ...['f3', 'f4', 'f5', 'f6', 'f7', 'fa', 'fb', 'fc', 'fd', 'fe'].map((tag) =>
            tlv(tag, tag === 'f4' ? Buffer.from([0]) : tag === 'f5' ? Buffer.from([0x10]) : Buffer.alloc(0)),
          ),
        ]),
      ),
    );
    card.#objects.set('7e', tlv('7e', Buffer.concat([tlv('4f', aid), tlv('5f2f', Buffer.from('4000', 'hex'))])));
    return card;
  }

  /** Power is gone, or came back. */
  reset() {
    this.#verified = this.#fresh = false;
    this.#chained = this.#rest = Buffer.alloc(0);
  }

  /** True for the command that uses a key. */
  static usesKey(command) {
    return command[1] === 0x87 && (command[0] & 0x10) === 0;
  }

  /** One command APDU in, one response APDU out. */
  answer(command) {
    const [cla, ins, p1, p2] = command;
    if (ins === 0xc0) return this.#next(command[4] || 256);
    const data = Buffer.concat([this.#chained, this.#dataOf(command)]);
    if (cla & 0x10) {
      this.#chained = data;
      return status(0x9000);
    }
    this.#chained = Buffer.alloc(0);
    const response = this.#execute(ins, p1, p2, data);
    const body = response.subarray(0, -2);
    if (body.length <= 256) return response;
    this.#rest = body;
    return this.#next(256);
  }

  #dataOf(command) {
    if (command.length <= 5) return Buffer.alloc(0);
    return command[4] !== 0 ? command.subarray(5, 5 + command[4]) : command.subarray(7, 7 + command.readUInt16BE(5));
  }

  /** The next part of a response that is longer than one APDU. */
  #next(length) {
    const part = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return status(this.#rest.length === 0 ? 0x9000 : 0x6100 | Math.min(this.#rest.length, 0xff), part);
  }

  #execute(ins, p1, p2, data) {
    switch (ins) {
      case 0xa4:
        return this.#select(data);
      case 0xcb:
        return this.#getData(data);
      case 0x20:
        return this.#verify(p1, p2, data);
      case 0x24:
        return this.#changePin(p2, data);
      case 0x84:
        return status(0x9000, randomBytes(8));
      case 0x87:
        return this.#generalAuthenticate(p2, data);
      default:
        return status(0x6d00);
    }
  }

  #select(data) {
    if (data.length < 5 || !aid.subarray(0, Math.min(data.length, 9)).equals(data.subarray(0, 9))) return status(0x6a82);
    this.#verified = this.#fresh = false;
    return status(0x9000, tlv('61', Buffer.concat([tlv('4f', aid.subarray(5)), tlv('79', tlv('4f', aid.subarray(0, 5)))])));
  }

  #getData(data) {
    const object = this.#objects.get(find(data, 0x5c)?.toString('hex'));
    return object ? status(0x9000, object) : status(0x6a82);
  }

  #triesLeft() {
    return status(this.#tries === 0 ? 0x6983 : 0x63c0 | this.#tries);
  }

  #verify(p1, p2, data) {
    if (p1 === 0xff) {
      this.#verified = this.#fresh = false;
      return status(0x9000);
    }
    if (p2 !== 0x80) return status(0x6a88);
    if (data.length === 0) return this.#verified ? status(0x9000) : this.#triesLeft();
    if (this.#tries === 0) return status(0x6983);
    this.#verified = this.#fresh = padded(data) === this.#pin;
    this.#tries = this.#verified ? 3 : this.#tries - 1;
    return this.#verified ? status(0x9000) : this.#triesLeft();
  }

  #changePin(p2, data) {
    if (p2 !== 0x80) return status(0x6a88);
    if (this.#tries === 0) return status(0x6983);
    if (padded(data.subarray(0, 8)) !== this.#pin) {
      this.#tries -= 1;
      return this.#triesLeft();
    }
    this.#pin = padded(data.subarray(8, 16));
    this.#tries = 3;
    return status(0x9000);
  }

  #generalAuthenticate(reference, data) {
    const key = this.#keys.get(reference);
    if (!key) return status(0x6a88);
    if (!(reference === 0x9c ? this.#fresh : this.#verified || reference === 0x9e)) return status(0x6982);
    const template = find(data, 0x7c);
    const [challenge, point] = template ? [find(template, 0x81), find(template, 0x85)] : [];
    if (!challenge && !point) return status(0x6a80);
    // The signature key wants the PIN once more before its next use; the others do not (NIST SP 800-73-4, part 1, section 3.1.3).
    if (reference === 0x9c) this.#fresh = false;
    return status(0x9000, tlv('7c', tlv('82', point ? this.#agree(key, point) : this.#operate(key, challenge))));
  }

  #operate(key, challenge) {
    if (key.asymmetricKeyType === 'ec') return signDigest(key, challenge);
    return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, challenge);
  }

  #agree(privateKey, point) {
    const [x, y] = [point.subarray(1, 33), point.subarray(33, 65)].map((part) => part.toString('base64url'));
    return diffieHellman({ privateKey, publicKey: createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' }) });
  }
}
