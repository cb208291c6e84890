import { StringDecoder } from 'node:string_decoder';
import type { Io } from '../../../process/io.ts';

/** Where what a node says goes. A part may end within a character: logs of nodes are full of those that take four bytes. */
export function sinksOf(io: Pick<Io, 'out' | 'err'>): {
  readonly out: (part: Buffer) => void;
  readonly err: (part: Buffer) => void;
} {
  const [out, err] = [new StringDecoder('utf8'), new StringDecoder('utf8')];
  return { out: (part) => io.out(out.write(part)), err: (part) => io.err(err.write(part)) };
}
