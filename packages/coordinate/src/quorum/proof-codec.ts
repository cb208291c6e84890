import { type ByteReader, malformed } from './byte-reader.ts';
import { type ByteWriter, byteWriter } from './byte-writer.ts';
import { taggedDigest } from './digest.ts';
import { MAX_MEMBERS, SIGNATURE_BYTES } from './limits.ts';
import type { Justification, SignedRankChange, Vote } from './messages.ts';
import { readPrepared, writePrepared } from './statement.ts';

/** The digest of its justification that a proposal of a later rank signs. */
export function justificationDigest(justification: Justification): Uint8Array {
  const writer = byteWriter();
  writeJustification(writer, justification);
  return taggedDigest('watchbill/quorum/justification/1', writer.finish());
}

export function writeJustification(writer: ByteWriter, justification: Justification): void {
  writeList(writer, justification.rankChanges, (change) => {
    writePrepared(writer, change.prepared);
    writer.flag(change.heard);
  });
  writeVotes(writer, justification.prepares);
}

export function readJustification(reader: ByteReader): Justification {
  const rankChanges = readList(reader, (vote): SignedRankChange => {
    return { ...vote, prepared: readPrepared(reader), heard: reader.flag() };
  });
  return { rankChanges, prepares: readVotes(reader) };
}

export function writeVotes(writer: ByteWriter, votes: readonly Vote[]): void {
  writeList(writer, votes, () => undefined);
}

export function readVotes(reader: ByteReader): readonly Vote[] {
  return readList(reader, (vote) => vote);
}

/** Seats must rise, so that a set of votes has one encoding and names each member once. */
function writeList<Item extends Vote>(
  writer: ByteWriter,
  items: readonly Item[],
  write: (item: Item) => void,
): void {
  if (!areInOrder(items)) throw new RangeError(`a proof has at most ${MAX_MEMBERS} votes, in order of seat`);
  writer.u8(items.length);
  for (const item of items) {
    writer.u16(item.seat);
    writer.fixed(item.signature, SIGNATURE_BYTES);
    write(item);
  }
}

function readList<Item extends Vote>(reader: ByteReader, read: (vote: Vote) => Item): readonly Item[] {
  const items = Array.from({ length: reader.u8() }, () =>
    read({ seat: reader.u16(), signature: reader.fixed(SIGNATURE_BYTES) }),
  );
  return areInOrder(items) ? items : malformed();
}

function areInOrder(votes: readonly Vote[]): boolean {
  return votes.length <= MAX_MEMBERS && votes.every(({ seat }, i) => seat > (votes[i - 1]?.seat ?? -1));
}
