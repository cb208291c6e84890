import type { SignedStatement } from '../statement.ts';
import { decodeStatement, encodeStatement } from '../statement.ts';

/**
 * A gossip message: the author's statement and a frame, so that every receiver knows the author's seat at
 * once.
 */
export interface SignedFrame {
  readonly statement: SignedStatement;
  /** The bytes of the statement, for a receiver that has checked the same bytes before. */
  readonly statementBytes: Uint8Array;
  readonly frame: Uint8Array;
}

/** The constant beginning of a member's messages: length and statement. */
export function statementPrefix(statement: SignedStatement): Uint8Array {
  const bytes = encodeStatement(statement);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Uint8Array.from(Buffer.concat([length, bytes]));
}

/** Null if the bytes do not begin with a statement. */
export function decodeSignedFrame(bytes: Uint8Array): SignedFrame | null {
  if (bytes.length < 2) return null;
  const end = 2 + Buffer.from(bytes.buffer, bytes.byteOffset, 2).readUInt16BE(0);
  const statementBytes = bytes.subarray(2, end);
  const statement = end > bytes.length ? null : decodeStatement(statementBytes);
  return statement === null ? null : { statement, statementBytes, frame: bytes.subarray(end) };
}
