import type { SignedStatement } from '../statement.ts';
import { decodeStatement, encodeStatement } from '../statement.ts';

/** What travels over gossip: the author's statement and a frame, so that whoever gets it knows the seat of the author at once. */
export interface SignedFrame {
  readonly statement: SignedStatement;
  /** The bytes of the statement, for whoever has looked at the same before. */
  readonly statementBytes: Uint8Array;
  readonly frame: Uint8Array;
}

/** What does not change between two messages: length and statement. */
export function statementPrefix(statement: SignedStatement): Uint8Array {
  const bytes = encodeStatement(statement);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Uint8Array.from(Buffer.concat([length, bytes]));
}

/** Null where the bytes do not begin with a statement. */
export function decodeSignedFrame(bytes: Uint8Array): SignedFrame | null {
  if (bytes.length < 2) return null;
  const end = 2 + Buffer.from(bytes.buffer, bytes.byteOffset, 2).readUInt16BE(0);
  const statementBytes = bytes.subarray(2, end);
  const statement = end > bytes.length ? null : decodeStatement(statementBytes);
  return statement === null ? null : { statement, statementBytes, frame: bytes.subarray(end) };
}
