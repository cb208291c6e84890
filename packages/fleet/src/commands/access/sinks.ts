import { StringDecoder } from 'node:string_decoder';
import type { Io } from '@watchbill/kit/command/io';

/**
 * Sinks for the output of a node. A chunk may end inside a character, for example in a four-byte emoji of a
 * log.
 */
export function sinksOf(io: Pick<Io, 'out' | 'err'>): {
  readonly out: (part: Buffer) => void;
  readonly err: (part: Buffer) => void;
} {
  const [out, err] = [new StringDecoder('utf8'), new StringDecoder('utf8')];
  return { out: (part) => io.out(out.write(part)), err: (part) => io.err(err.write(part)) };
}
