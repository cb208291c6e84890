import { GROUP_ID_BYTES } from '../group.ts';
import { EPHEMERAL_BYTES } from './session-keys.ts';

export const NONCE_BYTES = 32;

/** The first message of either end. Nothing in it is believed before the statement that covers it. */
export interface Hello {
  readonly groupId: Uint8Array;
  readonly fromSeat: number;
  readonly toSeat: number;
  readonly nonce: Uint8Array;
  /** X25519. */
  readonly ephemeral: Uint8Array;
}

/** Another number is another protocol; an end that does not know it hangs up. */
const VERSION = 1;

export const HELLO_BYTES = 1 + GROUP_ID_BYTES + 2 + 2 + NONCE_BYTES + EPHEMERAL_BYTES;

export function encodeHello(hello: Hello): Uint8Array {
  const seats = Buffer.alloc(4);
  seats.writeUInt16BE(hello.fromSeat);
  seats.writeUInt16BE(hello.toSeat, 2);
  return Uint8Array.from(
    Buffer.concat([Uint8Array.of(VERSION), hello.groupId, seats, hello.nonce, hello.ephemeral]),
  );
}

/** Null for bytes of another length or version. */
export function decodeHello(bytes: Uint8Array): Hello | null {
  if (bytes.length !== HELLO_BYTES || bytes[0] !== VERSION) return null;
  const view = Buffer.from(bytes);
  const seatsAt = 1 + GROUP_ID_BYTES;
  const nonceAt = seatsAt + 4;
  return {
    groupId: bytes.slice(1, seatsAt),
    fromSeat: view.readUInt16BE(seatsAt),
    toSeat: view.readUInt16BE(seatsAt + 2),
    nonce: bytes.slice(nonceAt, nonceAt + NONCE_BYTES),
    ephemeral: bytes.slice(nonceAt + NONCE_BYTES),
  };
}
