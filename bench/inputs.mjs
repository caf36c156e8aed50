/** So many inputs of 32 bytes, each different from the others. */
export function inputs(count) {
  const all = new Uint32Array(count * 8).map((_, index) => index);
  return Array.from({ length: count }, (_, index) => new Uint8Array(all.buffer, index * 32, 32));
}
