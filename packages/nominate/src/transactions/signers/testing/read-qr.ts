import { crc32, inflateSync } from 'node:zlib';
import decodeQR from 'qr/decode.js';

/** The bytes of a QR code in a square picture, read by another library than the one that makes them. */
export function readQr(size: number, dark: (x: number, y: number) => boolean): Uint8Array {
  const data = new Uint8ClampedArray(4 * size * size).fill(255);
  for (let y = 0; y < size; y += 1)
    for (let x = 0; x < size; x += 1)
      if (dark(x, y)) data.fill(0, 4 * (y * size + x), 4 * (y * size + x) + 3);
  const textDecoder = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
  return Uint8Array.from(
    Buffer.from(decodeQR({ width: size, height: size, data }, { textDecoder }), 'latin1'),
  );
}

/** The same of a square PNG with one bit for each pixel and no filters. Throws if a checksum is wrong. */
export function readQrPng(png: Uint8Array): Uint8Array {
  const bytes = Buffer.from(png);
  const parts = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const named = bytes.subarray(at + 4, at + 8 + length);
    if (bytes.readUInt32BE(at + 8 + length) !== crc32(named)) throw new Error(`wrong checksum at ${at}`);
    parts.set(named.subarray(0, 4).toString('latin1'), named.subarray(4));
    at += 12 + length;
  }
  const size = parts.get('IHDR')?.readUInt32BE(0) ?? 0;
  const rows = inflateSync(parts.get('IDAT') ?? Buffer.alloc(0));
  const stride = 1 + Math.ceil(size / 8);
  return readQr(size, (x, y) => (((rows[y * stride + 1 + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1) === 0);
}
