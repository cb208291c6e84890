import type { Connection, Stream } from '@libp2p/interface';
import { decodeStatement, encodeStatement, MAX_STATEMENT_BYTES, type SignedStatement } from '../statement.ts';

/**
 * Runs once on each connection, before anything else: the dialing peer shows its statement, then the other.
 */
export const IDENTITY_PROTOCOL = '/watchbill/identity/1';

const LENGTH_BYTES = 2;

/** Shows the own statement and reads the other's. Null if the peer closed the stream or sent other bytes. */
export async function showFirst(
  connection: Connection,
  own: SignedStatement,
): Promise<SignedStatement | null> {
  try {
    const stream = await connection.newStream(IDENTITY_PROTOCOL);
    const reply = readStatement(stream);
    stream.send(prefixed(encodeStatement(own)));
    const theirs = await reply;
    await stream.close();
    return theirs;
  } catch {
    // A connection that ends now counts as no answer. Its end is handled elsewhere.
    return null;
  }
}

/** Reads the other's statement, and shows the own one if `judge` accepts it. */
export async function showSecond(
  stream: Stream,
  own: () => SignedStatement,
  judge: (theirs: SignedStatement | null) => Promise<boolean>,
): Promise<void> {
  try {
    if (await judge(await readStatement(stream))) stream.send(prefixed(encodeStatement(own())));
    await stream.close();
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error('the peer ended the exchange of identities'));
  }
}

function prefixed(bytes: Uint8Array): Uint8Array {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(bytes.length);
  return Uint8Array.from(Buffer.concat([length, bytes]));
}

async function readStatement(stream: Stream): Promise<SignedStatement | null> {
  let read = Buffer.alloc(0);
  for await (const chunk of stream) {
    read = Buffer.concat([read, chunk instanceof Uint8Array ? chunk : chunk.subarray()]);
    if (read.length < LENGTH_BYTES) continue;
    const end = LENGTH_BYTES + read.readUInt16BE(0);
    if (end > LENGTH_BYTES + MAX_STATEMENT_BYTES) return null;
    if (read.length >= end) return decodeStatement(read.subarray(LENGTH_BYTES, end));
  }
  return null;
}
