import { readFileSync } from 'node:fs';

/** A vote as a node with `--record-votes` writes it, one JSON line for each. */
export interface Vote {
  /** Public key, `0x` and 64 digits. */
  readonly authority: string;
  readonly set: string;
  readonly round: string;
  /** `prevote`, `precommit` or `propose`. */
  readonly kind: string;
  readonly number: number;
  readonly hash: string;
}

/** All votes in such a file, in the order of their arrival. */
export function votesOf(file: string): readonly Vote[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Vote);
}
