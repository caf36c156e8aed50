// Chains that openssl has made, and what getTrust says of them on SoftHSM.

import { randomUUID } from 'node:crypto';
import type { Certificate, EnvironmentOptions, Trust } from '../../lib/scws';
import { keep, type Authority, type Bench, type Holder } from './support';

export const LEAF: readonly string[] = ['keyUsage=digitalSignature', 'extendedKeyUsage=clientAuth,emailProtection'];

/** The common name of somebody, by which the authority knows its issuers. */
export const nameOf = ({ certificate }: Holder): string => /CN=(.+)/.exec(certificate.subject!)![1]!;

/** A chain in which each signs the next; the extensions of each. */
export function chain(authority: Authority, ...extensions: readonly (readonly string[])[]): Holder[] {
  let issuer: string | undefined;
  return extensions.map((lines) => {
    const name = randomUUID();
    const holder = authority.issue(name, { extensions: lines, ...(issuer !== undefined && { issuer }) });
    issuer = name;
    return holder;
  });
}

/** What is said of the last of a chain, all of which but the first are on the token. */
export async function judged(
  { fixture, environment }: Bench,
  holders: readonly Holder[],
  more: Partial<EnvironmentOptions> = {},
): Promise<Trust & { pems: string[] }> {
  await fixture.token.login(fixture.pin);
  for (const [index, holder] of holders.slice(1).entries()) await keep(fixture, holder, Buffer.from(randomUUID()).toString('hex'), `member ${index}`);
  const { token } = await environment({ trustedRoots: [holders[0]!.certificate], ...more });
  try {
    const wanted = holders.at(-1)!.certificate.toString();
    for (const object of await token.getObjects()) {
      if (object.type === 'certificate' && (await (object as Certificate).getValue()) === wanted) {
        const trust = await (object as Certificate).getTrust();
        return { ...trust, pems: await Promise.all(trust.certPath.map((certificate) => certificate.getValue())) };
      }
    }
    throw new Error('the certificate is not on the token');
  } finally {
    for await (const object of fixture.token.objects()) await object.destroy();
    await fixture.token.logout();
    await token.disconnect();
  }
}
