import { readFields } from '../../wire/reader.ts';
import { bytesField, joined, presentField, varintField } from '../../wire/writer.ts';

/** One message of keep-core's broadcast channels, as `BroadcastNetworkMessage` of its `pkg/net` has it. */
export interface Envelope {
  /** The author's secp256k1 key, 33 bytes. */
  readonly publicKey: Uint8Array;
  readonly payload: Uint8Array;
  /** Names the kind of payload, for example `tbtc/coordination_message`. */
  readonly type: string;
  /** From 1 in each process; a repeat keeps its number. */
  readonly sequence: bigint;
}

/** The largest packet of pubsub that keep-core's library reads. */
export const MAX_PACKET_BYTES = 2 ** 20;

/**
 * Room in a packet for everything except the payload: topic, author, signature, key, and the rest of the
 * envelope.
 */
const PACKET_OVERHEAD_BYTES = 1024;

/** The largest payload that a channel carries. */
export const MAX_CHANNEL_PAYLOAD_BYTES = MAX_PACKET_BYTES - PACKET_OVERHEAD_BYTES;

/** The number of secp256k1 among libp2p's kinds of keys. */
const SECP256K1 = 2n;
const PUBLIC_KEY_BYTES = 33;
const TYPE = /^[\x21-\x7e]{1,64}$/;

/**
 * Throws a RangeError for a payload that is too large, and for a type that is not 1 to 64 printable ASCII
 * characters.
 */
export function encodeEnvelope({ publicKey, payload, type, sequence }: Envelope): Uint8Array {
  if (payload.length > MAX_CHANNEL_PAYLOAD_BYTES)
    throw new RangeError(
      `a message of the channel must have at most ${MAX_CHANNEL_PAYLOAD_BYTES} bytes; got ${payload.length}`,
    );
  if (!TYPE.test(type))
    throw new RangeError('the type of a message must be 1 to 64 printable ASCII characters');
  const key = joined([varintField(1, SECP256K1), presentField(2, publicKey)]);
  return joined([
    presentField(1, presentField(1, key)),
    bytesField(2, payload),
    bytesField(3, Buffer.from(type, 'ascii')),
    varintField(4, sequence),
  ]);
}

/** The envelope in the bytes, or why they are not an envelope. Never throws. */
export function decodeEnvelope(bytes: Uint8Array): Envelope | 'malformed' | 'too-large' | 'wrong-key' {
  const fields = fieldsOf(bytes);
  if (fields === null) return 'malformed';
  const payload = fields.bytes(2);
  if (payload.length > MAX_CHANNEL_PAYLOAD_BYTES) return 'too-large';
  const type = Buffer.from(fields.bytes(3)).toString('latin1');
  if (!TYPE.test(type)) return 'malformed';
  const key = fieldsOf(fieldsOf(fields.bytes(1))?.bytes(1) ?? null);
  if (key === null) return 'malformed';
  const publicKey = key.bytes(2);
  if (key.number(1) !== SECP256K1 || publicKey.length !== PUBLIC_KEY_BYTES) return 'wrong-key';
  return {
    publicKey: Uint8Array.from(publicKey),
    payload: Uint8Array.from(payload),
    type,
    sequence: fields.number(4),
  };
}

/**
 * The last value of each field, as proto3 reads them: an absent one is empty or 0. Null for bytes that are
 * not a message.
 */
function fieldsOf(bytes: Uint8Array | null) {
  const fields = bytes === null ? null : readFields(bytes);
  if (fields === null) return null;
  const last = (number: number, kind: 'bigint' | 'object') =>
    fields.findLast((field) => field.number === number && typeof field.value === kind)?.value;
  return {
    bytes: (number: number): Uint8Array => {
      const value = last(number, 'object');
      return value instanceof Uint8Array ? value : new Uint8Array(0);
    },
    number: (number: number): bigint => {
      const value = last(number, 'bigint');
      return typeof value === 'bigint' ? value : 0n;
    },
  };
}
