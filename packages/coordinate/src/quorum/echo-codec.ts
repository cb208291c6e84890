import { malformed, readBytes } from './byte-reader.ts';
import { byteWriter } from './byte-writer.ts';
import { MAX_EVIDENCE_BYTES, SIGNATURE_BYTES } from './limits.ts';
import type { MessageKind, Statement, Vote } from './messages.ts';
import { belongsInRank, readStatement, writeStatement } from './statement.ts';

/** A signed statement without its attachment, as an echo carries it. */
export interface EchoedStatement extends Vote {
  readonly rank: number;
  readonly statement: Statement;
}

/**
 * The kinds on which agreement rests. A second statement of another kind cannot lead to a second agreement.
 */
const ECHOED = new Set<MessageKind>(['propose', 'prepare', 'commit', 'rank-change']);

/** A count that one byte holds. */
const MAX_STATEMENTS = 255;

export function isEchoed(kind: MessageKind): boolean {
  return ECHOED.has(kind);
}

/**
 * The one encoding of echoed statements: their count (u8), then rank (u8), seat (u16), statement and
 * signature of each. Takes as many from the beginning as fit in one message; `count` is that number.
 */
export function encodeEcho(statements: readonly EchoedStatement[]): {
  readonly bytes: Uint8Array;
  readonly count: number;
} {
  const parts: Uint8Array[] = [];
  let size = 1;
  for (const statement of statements.slice(0, MAX_STATEMENTS)) {
    const part = written(statement);
    size += part.length;
    if (size > MAX_EVIDENCE_BYTES) break;
    parts.push(part);
  }
  const bytes = Uint8Array.from(Buffer.concat([Uint8Array.of(parts.length), ...parts]));
  return { bytes, count: parts.length };
}

function written({ rank, seat, statement, signature }: EchoedStatement): Uint8Array {
  const writer = byteWriter();
  writer.u8(rank);
  writer.u16(seat);
  writeStatement(writer, statement);
  writer.fixed(signature, SIGNATURE_BYTES);
  return writer.finish();
}

/** The statements of the bytes, or null if the bytes are not an echo. Checks no signature. Never throws. */
export function decodeEcho(bytes: Uint8Array): readonly EchoedStatement[] | null {
  const read = readBytes(bytes, (reader) =>
    Array.from({ length: reader.u8() }, (): EchoedStatement => {
      const rank = reader.u8();
      const seat = reader.u16();
      const statement = readStatement(reader);
      if (!isEchoed(statement.kind) || !belongsInRank(rank, statement)) malformed();
      return { rank, seat, statement, signature: reader.fixed(SIGNATURE_BYTES) };
    }),
  );
  return read?.value ?? null;
}
