import { type Frame, MAX_FRAME_BYTES, MAX_FRAME_TYPE_BYTES } from './port.ts';

/** Bytes of the largest frame on the wire: a byte for the length of the type, the type, the payload. */
export const MAX_ENCODED_FRAME_BYTES = 1 + MAX_FRAME_TYPE_BYTES + MAX_FRAME_BYTES;

/** Printable ASCII, so that a type can appear unchanged in a log or a metric. */
const TYPE = /^[\x21-\x7e]+$/;

/**
 * The frame on the wire. Throws a RangeError for a payload that is too large and a type that is empty, too
 * long or not printable ASCII.
 */
export function encodeFrame(frame: Frame): Uint8Array {
  const { type, payload } = frame;
  if (payload.length > MAX_FRAME_BYTES) {
    throw new RangeError(`a frame must have at most ${MAX_FRAME_BYTES} bytes; got ${payload.length}`);
  }
  if (!isType(type)) {
    throw new RangeError(
      `the type of a frame must be 1 to ${MAX_FRAME_TYPE_BYTES} printable ASCII characters`,
    );
  }
  return Uint8Array.from(Buffer.concat([Uint8Array.of(type.length), Buffer.from(type, 'ascii'), payload]));
}

/** The frame in the bytes, or why they are not a frame. The payload is a copy. */
export function decodeFrame(bytes: Uint8Array): Frame | 'malformed' | 'too-large' {
  if (bytes.length > MAX_ENCODED_FRAME_BYTES) return 'too-large';
  const typeLength = bytes[0] ?? 0;
  const start = 1 + typeLength;
  if (bytes.length < start) return 'malformed';
  const type = Buffer.from(bytes.subarray(1, start)).toString('latin1');
  if (!isType(type)) return 'malformed';
  const payload = bytes.slice(start);
  return payload.length > MAX_FRAME_BYTES ? 'too-large' : { type, payload };
}

function isType(type: string): boolean {
  return type.length <= MAX_FRAME_TYPE_BYTES && TYPE.test(type);
}
