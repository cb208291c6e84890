// Frames of RFC 6455 as a client reads and writes them: text, no extensions.

import { randomBytes } from 'node:crypto';

const OPCODE = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const FIN = 0x80;
const RESERVED = 0x70;
const MASKED = 0x80;
const LONGEST_CONTROL = 125;
/** The metadata of a relay chain is below one million. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

export interface FrameEvents {
  readonly onText: (text: string) => void;
  readonly onPing: (payload: Buffer) => void;
  readonly onClose: () => void;
}

/** The server broke the protocol: the connection has to be dropped. */
export class FrameFault extends Error {}

interface Frame {
  readonly opcode: number;
  readonly isLast: boolean;
  readonly payload: Buffer;
  readonly rest: Buffer;
}

/** Takes bytes of a server as they come. Throws a {@link FrameFault}. */
export function frameReader(events: FrameEvents): (bytes: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  let message: { readonly opcode: number; readonly parts: Buffer[] } | null = null;
  let isClosed = false;

  function take({ opcode, isLast, payload }: Frame): void {
    if (opcode >= OPCODE.close) {
      control(opcode, payload);
      return;
    }
    if ((opcode === OPCODE.more) !== (message !== null)) throw new FrameFault('a fragment is out of order');
    message ??= { opcode, parts: [] };
    message.parts.push(payload);
    const size = message.parts.reduce((sum, part) => sum + part.length, 0);
    if (size > MAX_MESSAGE_BYTES) throw new FrameFault('a message is too long');
    if (!isLast) return;
    const whole = message;
    message = null;
    if (whole.opcode === OPCODE.text) events.onText(Buffer.concat(whole.parts).toString('utf8'));
  }

  function control(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.ping) events.onPing(payload);
    if (opcode !== OPCODE.close) return;
    isClosed = true;
    events.onClose();
  }

  return (bytes) => {
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    for (let frame = frameIn(pending); frame !== null && !isClosed; frame = frameIn(pending)) {
      pending = frame.rest;
      take(frame);
    }
  };
}

/** The first frame; null until it is whole. */
function frameIn(bytes: Buffer): Frame | null {
  if (bytes.length < 2) return null;
  const [first, second] = [bytes.readUInt8(0), bytes.readUInt8(1)];
  if ((first & RESERVED) !== 0 || (second & MASKED) !== 0) throw new FrameFault('a frame is malformed');
  const opcode = first & 0x0f;
  const isLast = (first & FIN) !== 0;
  if (!Object.values<number>(OPCODE).includes(opcode)) throw new FrameFault('a frame has an unknown opcode');
  if (opcode >= OPCODE.close && (!isLast || second > LONGEST_CONTROL))
    throw new FrameFault('a control frame is malformed');
  const start = second === 126 ? 4 : second === 127 ? 10 : 2;
  if (bytes.length < start) return null;
  const size = second === 126 ? bytes.readUInt16BE(2) : second === 127 ? longSize(bytes) : second;
  if (size > MAX_MESSAGE_BYTES) throw new FrameFault('a frame is too long');
  if (bytes.length < start + size) return null;
  return { opcode, isLast, payload: bytes.subarray(start, start + size), rest: bytes.subarray(start + size) };
}

const longSize = (bytes: Buffer): number => Number(bytes.readBigUInt64BE(2));

export const textFrame = (text: string): Buffer => clientFrame(OPCODE.text, Buffer.from(text));
export const pongFrame = (payload: Buffer): Buffer => clientFrame(OPCODE.pong, payload);
export const closeFrame = (): Buffer => clientFrame(OPCODE.close, Buffer.alloc(0));

/** One whole message. A client masks what it sends. */
function clientFrame(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const masked = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  return Buffer.concat([Buffer.from([FIN | opcode]), sizeBytes(payload.length), mask, masked]);
}

function sizeBytes(size: number): Buffer {
  if (size < 126) return Buffer.from([MASKED | size]);
  const isLong = size >= 65_536;
  const bytes = Buffer.alloc(isLong ? 9 : 3);
  bytes[0] = MASKED | (isLong ? 127 : 126);
  if (isLong) bytes.writeBigUInt64BE(BigInt(size), 1);
  else bytes.writeUInt16BE(size, 1);
  return bytes;
}
