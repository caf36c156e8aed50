// A self-signed X.509 certificate for a key that never leaves its token: node:crypto reads certificates but makes none.
// RFC 5280 section 4.1, in as much DER as that takes.
import { createHash, randomBytes } from 'node:crypto';

function tlv(tag, ...parts) {
  const body = Buffer.concat(parts);
  const size = body.length < 0x80 ? [body.length] : body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

const sequence = (...parts) => tlv(0x30, ...parts);
const set = (...parts) => tlv(0x31, ...parts);
const octets = (bytes) => tlv(0x04, bytes);
const bits = (bytes) => tlv(0x03, Buffer.from([0]), bytes);
const yes = tlv(0x01, Buffer.from([0xff]));
const oid = (hex) => tlv(0x06, Buffer.from(hex, 'hex'));

const commonName = oid('550403');
const basicConstraints = oid('551d13');
const subjectKeyIdentifier = oid('551d0e');
const keyUsage = oid('551d0f');

/** By the type of node:crypto's KeyObject: ecdsa-with-SHA256, sha256WithRSAEncryption, id-Ed25519. */
const signatureAlgorithms = {
  ec: sequence(oid('2a8648ce3d040302')),
  rsa: sequence(oid('2a864886f70d01010b'), tlv(0x05)),
  ed25519: sequence(oid('2b6570')),
};

const name = (text) => sequence(set(sequence(commonName, tlv(0x0c, Buffer.from(text)))));

// UTCTime up to 2049, with seconds and Z, as section 4.1.2.5 wants it.
const time = (date) => tlv(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));

/** A positive serial number of 16 bytes. */
function serialNumber() {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] & 0x7f) | 0x40;
  return tlv(0x02, bytes);
}

/**
 * The DER of a certificate for `publicKey` (a KeyObject), valid for `days`. `sign` gets the bytes to sign and answers the
 * signature: PKCS#1 v1.5 or ECDSA (in DER) over their SHA-256, or Ed25519. With `person` its keyUsage is that of somebody who
 * logs in and signs: digitalSignature and nonRepudiation.
 */
export async function selfSigned({ subject, publicKey, days = 30, person = false, sign }) {
  const algorithm = signatureAlgorithms[publicKey.asymmetricKeyType];
  if (!algorithm) throw new TypeError(`no certificate for a key of type ${publicKey.asymmetricKeyType}`);
  const now = Date.now();
  const info = publicKey.export({ type: 'spki', format: 'der' });
  const extensions = sequence(
    sequence(basicConstraints, yes, octets(sequence(yes))),
    sequence(subjectKeyIdentifier, octets(octets(createHash('sha1').update(info).digest()))),
    ...(person ? [sequence(keyUsage, yes, octets(tlv(0x03, Buffer.from([6, 0xc0]))))] : []),
  );
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))), // version 3
    serialNumber(),
    algorithm,
    name(subject),
    sequence(time(new Date(now - 60_000)), time(new Date(now + days * 86_400_000))),
    name(subject),
    info,
    tlv(0xa3, extensions),
  );
  return sequence(body, algorithm, bits(Buffer.from(await sign(body))));
}
