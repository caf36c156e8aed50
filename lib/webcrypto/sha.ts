// SHA-1 and SHA-2: on the token, or by node:crypto where the token does not hash.

import { onToken } from './errors';
import { plain, Provider, type Algorithm, type Host } from './provider';

/** Bits of the blocks that a hash works on: as long is an HMAC key where nothing else is said. */
const BLOCK_BITS: Readonly<Record<string, number>> = { 'SHA-1': 512, 'SHA-256': 512, 'SHA-384': 1024, 'SHA-512': 1024 };

/** The hashes of Web Cryptography. */
export const HASHES: readonly string[] = Object.keys(BLOCK_BITS);

export const blockBits = ({ name }: Algorithm): number => BLOCK_BITS[name]!;

/** 'SHA-256' as node:crypto and the rest of this library spell it. */
export const nodeHash = ({ name }: Algorithm): string => name.toLowerCase().replace('-', '');

export class ShaProvider extends Provider {
  override readonly usages = [];
  override readonly operations = { digest: plain };

  constructor(
    host: Host,
    override readonly name: string,
  ) {
    super(host);
  }

  override onDigest(_algorithm: Algorithm, data: Uint8Array): Promise<Uint8Array> {
    return onToken(() => this.host.token.digest(nodeHash(this), data));
  }
}
