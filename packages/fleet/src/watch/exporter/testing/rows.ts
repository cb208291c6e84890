/** A length as SCALE writes it before a list. */
export function compactLength(count: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  const mode = count < 2 ** 6 ? 0 : count < 2 ** 14 ? 1 : 2;
  bytes.writeUInt32LE(((count << 2) | mode) >>> 0);
  return bytes.subarray(0, [1, 2, 4][mode]);
}
