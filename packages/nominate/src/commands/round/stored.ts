import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { counted, fault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import type { StoredRound } from '../../index.ts';
import type { ProgrammeStore } from '../../storage/index.ts';
import { readRound } from '../inputs.ts';
import { resultOf } from '../problems.ts';

/** Rounds that are looked through for a beginning of an id. */
const MOST_ROUNDS = 1_000;

/**
 * A stored round: a file, the newest of the database, or the one whose id begins so. Throws a usage fault
 * where it is not one.
 */
export async function storedRound(io: Io, { rounds }: ProgrammeStore, which: string): Promise<StoredRound> {
  if (statSync(resolve(io.cwd, which), { throwIfNoEntry: false })?.isFile() === true)
    return roundOfFile(io, which);
  const found =
    which === 'newest'
      ? [(await rounds.newest())?.id ?? []].flat()
      : (await rounds.list({ limit: MOST_ROUNDS, after: null })).rows
          .map(({ id }) => id)
          .filter((id) => which !== '' && id.startsWith(which));
  const [id] = found;
  const round = id === undefined || found.length > 1 ? null : await rounds.get(id);
  if (round !== null) return round;
  throw fault('no-such-round', 'usage', {
    what:
      found.length > 1
        ? `${counted(found.length, 'round')} begin with ${JSON.stringify(which)}`
        : `there is no file and no round ${JSON.stringify(which)}`,
    remedy: 'give `newest`, the id of a round from the pages, or a file of `round plan --out`',
  });
}

async function roundOfFile(io: Io, file: string): Promise<StoredRound> {
  const { decodeStored } = await import('../../index.ts');
  const round = readRound(io, file);
  const read = decodeStored(round.text);
  return resultOf(
    read.ok
      ? { ok: true as const, result: read.stored }
      : { ok: false as const, document: 'round' as const, problems: read.problems },
    { round },
  );
}
