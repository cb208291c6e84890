import { resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import type { Flags } from './flags.ts';

/** Where the guard finds and keeps everything of one validator; all paths are absolute. */
export interface Place {
  /** The stash as the person wrote it; null: the keys are not compared with the chain. */
  readonly validator: string | null;
  readonly sealed: string;
  readonly identity: string;
  /** The pair file; null: the machine stands alone. */
  readonly pair: string | null;
  /** Folder in memory for the continuity token. */
  readonly runtime: string;
  /** Folder on disk for marks, terms and latch. */
  readonly state: string;
}

export type PlaceFlags = Flags<'runtime' | 'state', 'sealed' | 'identity' | 'validator' | 'pair' | 'spare'>;

/** The validator of the flags, or those of the spare file. Throws a usage fault. */
export async function placesOf(io: Io, flags: PlaceFlags): Promise<readonly Place[]> {
  const at = (path: string): string => resolve(io.cwd, path);
  const { sealed, identity, validator, pair, spare } = flags;
  const roots = { runtime: at(flags.runtime), state: at(flags.state) };
  if (spare !== undefined) {
    if ([sealed, identity, validator, pair].some((flag) => flag !== undefined)) {
      const remedy = 'leave --sealed, --identity, --validator and --pair out: the file names them';
      throw usageFault('--spare stands alone', remedy, 'flag --spare');
    }
    return (await import('./spare-file.ts')).readSpareFile(io, spare, roots);
  }
  if (sealed === undefined || identity === undefined) {
    const remedy = 'name both; a spare of several validators names them in the file of --spare';
    throw usageFault('--sealed or --identity is missing', remedy);
  }
  const files = { sealed: at(sealed), identity: at(identity), pair: pair === undefined ? null : at(pair) };
  return [{ ...roots, ...files, validator: validator ?? null }];
}
