import { sign } from 'node:crypto';
import { DerReader, element, octetString, oid, sequence, TAG } from '../../lib/der';
import type { KeyUsage } from '../../lib';
import type { Holder } from './certificates';

const BITS: readonly KeyUsage[] = ['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement'];
const CONTEXT_3 = 0xa3;

/** The same certificate with a keyUsage extension, signed anew by its holder (RFC 5280, section 4.2.1.3). */
export function authorized(holder: Holder, ...usages: KeyUsage[]): Holder {
  const [body, algorithm] = parts(holder.certificate);
  const byte = usages.reduce((sum, usage) => sum | (0x80 >> BITS.indexOf(usage)), 0);
  const bits = element(TAG.BIT_STRING, Uint8Array.of(0, byte));
  const extensions = element(CONTEXT_3, sequence(sequence(oid('2.5.29.15'), element(TAG.BOOLEAN, Uint8Array.of(0xff)), octetString(bits))));
  const signed = sequence(new DerReader(body).read(TAG.SEQUENCE), extensions);
  const signature = element(TAG.BIT_STRING, Uint8Array.of(0), sign('sha256', signed, holder.privateKey));
  return { ...holder, certificate: Buffer.from(sequence(signed, algorithm, signature)) };
}

/** The body and the algorithm of a certificate, as they are. */
function parts(der: Uint8Array): [Uint8Array, Uint8Array] {
  const whole = new DerReader(der).sequence();
  return [whole.element().whole, whole.element().whole];
}
