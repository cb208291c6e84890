export function compareBytes(one: Uint8Array, other: Uint8Array): number {
  return Buffer.compare(one, other);
}

/** Bytes as the key of a Map. */
export function byteText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
