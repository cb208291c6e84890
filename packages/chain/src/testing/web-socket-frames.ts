import { createHash } from 'node:crypto';

/** The parts of RFC 6455 that a server for tests needs: whole text messages, no extensions. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const FIN_TEXT = 0x81;
const CLOSE = 0x88;
const OPCODE_TEXT = 1;
const OPCODE_CLOSE = 8;

/** The value of `sec-websocket-accept` for a client's key (RFC 6455, 4.2.2). */
export function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}${GUID}`).digest('base64');
}

/** A text message of a server: unmasked, in one frame. */
export function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([FIN_TEXT]), lengthBytes(payload.length), payload]);
}

export function closeFrame(): Buffer {
  return Buffer.from([CLOSE, 0]);
}

function lengthBytes(length: number): Buffer {
  if (length < 126) return Buffer.from([length]);
  const bytes = Buffer.alloc(length < 65_536 ? 3 : 9);
  bytes[0] = length < 65_536 ? 126 : 127;
  if (length < 65_536) bytes.writeUInt16BE(length, 1);
  else bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

/** A client's message, and the bytes of the next frame. */
export interface ReadFrames {
  readonly texts: readonly string[];
  readonly closed: boolean;
  readonly rest: Buffer;
}

/** Reads the whole frames at the beginning of `bytes`. Clients mask what they send. */
export function readFrames(bytes: Buffer): ReadFrames {
  const texts: string[] = [];
  let rest = bytes;
  for (let frame = readFrame(rest); frame !== null; frame = readFrame(rest)) {
    rest = rest.subarray(frame.end);
    if (frame.opcode === OPCODE_CLOSE) return { texts, closed: true, rest };
    if (frame.opcode === OPCODE_TEXT) texts.push(frame.payload.toString('utf8'));
  }
  return { texts, closed: false, rest };
}

function readFrame(
  bytes: Buffer,
): { readonly opcode: number; readonly payload: Buffer; readonly end: number } | null {
  if (bytes.length < 2) return null;
  const short = bytes.readUInt8(1) & 0x7f;
  const maskAt = short === 126 ? 4 : short === 127 ? 10 : 2;
  const start = maskAt + 4;
  if (bytes.length < start) return null;
  const length =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const end = start + length;
  if (bytes.length < end) return null;
  const mask = bytes.subarray(maskAt, start);
  const payload = bytes.subarray(start, end).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return { opcode: bytes.readUInt8(0) & 0x0f, payload: Buffer.from(payload), end };
}
