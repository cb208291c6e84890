import { type Field, readFields } from '../wire/reader.ts';
import { bytesField, joined, presentField, varintField } from '../wire/writer.ts';
import { actionNamed, actionNumbered } from './actions.ts';
import { MAX_SEATS } from './operators.ts';
import { allBytes, decodePayload, lastBytes, lastUint32, lastVarint } from './payload-decode.ts';
import { encodePayload } from './payload-encode.ts';
import type { Proposal } from './proposal.ts';
import { accepted, type Read, refused } from './refusals.ts';
import { KEY_HASH_BYTES } from './seed.ts';

/** The transport's facts about the payload. */
export const MESSAGE_TYPE = 'tbtc/coordination_message';
/** The transport carries no more than this (the default of libp2p's pubsub). */
export const MAX_MESSAGE_BYTES = 2 ** 20;

/** A message in one frame of the transport of `quorum`. A reader takes more, as keep-core does. */
export const MAX_FRAMED_BYTES = 16 * 1024;

/** The message of a leader to the others. */
export interface CoordinationMessage {
  /** 0 to 255; seats count from 1, but keep-core reads a 0 as well. */
  readonly senderSeat: number;
  readonly coordinationBlock: bigint;
  /** 20 bytes. */
  readonly keyHash: Uint8Array;
  readonly proposal: Proposal;
}

/** The bytes that keep-core sends for a message. Throws a RangeError if a value does not fit the encoding. */
export function encodeMessage(message: CoordinationMessage): Uint8Array {
  const { senderSeat, coordinationBlock, keyHash, proposal } = message;
  if (!Number.isInteger(senderSeat) || senderSeat < 0 || senderSeat > MAX_SEATS) {
    throw new RangeError(`a seat is 0 to ${MAX_SEATS}, not ${senderSeat}`);
  }
  if (keyHash.length !== KEY_HASH_BYTES)
    throw new RangeError(`a key hash must have ${KEY_HASH_BYTES} bytes; got ${keyHash.length}`);
  const body = joined([
    varintField(1, BigInt(actionNamed(proposal.action).wireNumber)),
    bytesField(2, encodePayload(proposal)),
  ]);
  return joined([
    varintField(1, BigInt(senderSeat)),
    varintField(2, coordinationBlock),
    bytesField(3, keyHash),
    presentField(4, body),
  ]);
}

/** A message from bytes, or why keep-core would drop them. Never throws. */
export function decodeMessage(bytes: Uint8Array): Read<CoordinationMessage> {
  if (bytes.length > MAX_MESSAGE_BYTES) return refused('too-long');
  const fields = readFields(bytes);
  const proposal = fields === null ? null : mergedProposal(fields);
  if (fields === null || proposal === null) return refused('malformed');
  const senderSeat = lastUint32(fields, 1);
  if (senderSeat > MAX_SEATS) return refused('seat');
  const keyHash = lastBytes(fields, 3);
  if (keyHash.length !== KEY_HASH_BYTES) return refused('key-hash-length');
  if (proposal === 'missing') return refused('no-proposal');
  const decoded = decodeProposal(proposal);
  if (!decoded.ok) return decoded;
  const coordinationBlock = lastVarint(fields, 2);
  return accepted({ senderSeat, coordinationBlock, keyHash, proposal: decoded.value });
}

/** An embedded message that occurs several times is merged: its fields are read as if they were in one. */
function mergedProposal(fields: readonly Field[]): readonly Field[] | 'missing' | null {
  const occurrences = allBytes(fields, 4).map(readFields);
  if (occurrences.length === 0) return 'missing';
  return occurrences.includes(null) ? null : occurrences.flatMap((part) => part ?? []);
}

function decodeProposal(fields: readonly Field[]): Read<Proposal> {
  const number = lastUint32(fields, 1);
  if (number > 255) return refused('action-range');
  const action = actionNumbered(number);
  return action === undefined ? refused('action-unknown') : decodePayload(action.name, lastBytes(fields, 2));
}
