import type { CandidateRecord } from '../../snapshot/record-shapes.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { ProgrammeStore, Standing } from '../../storage/port.ts';
import { readNote, writeNote } from '../notes.ts';

const DAY_MS = 24 * 3_600_000;
/** How long the last known identity of a candidate counts while the identity is unknown. */
export const IDENTITY_KEEPS_MS = 7 * DAY_MS;
/** How long a settled verdict counts while a check is undecided. */
export const VERDICT_KEEPS_MS = 3 * DAY_MS;

type LastIdentity = NonNullable<CandidateRecord['lastIdentity']>;

/** Remembers the accounts that hold identities, of the candidates of the newest snapshot. */
export async function keepIdentities(
  store: ProgrammeStore,
  { candidates, takenAtMs }: Snapshot,
): Promise<void> {
  const before = new Map(await readNote(store, 'identities'));
  const rows = candidates.flatMap(({ candidate, identity }): [string, LastIdentity][] => {
    const { stashKey } = candidate;
    if (identity.known)
      return [[stashKey, { account: identity.value?.account ?? stashKey, atMs: takenAtMs }]];
    const last = before.get(stashKey);
    return last === undefined ? [] : [[stashKey, last]];
  });
  await writeNote(store, 'identities', rows);
}

/** The last known identity by stash, if it is at most a week old. */
export async function lastIdentities(
  store: ProgrammeStore,
  nowMs: number,
): Promise<(stashKey: string) => LastIdentity | null> {
  const rows = new Map(await readNote(store, 'identities'));
  return (stashKey) => {
    const last = rows.get(stashKey) ?? null;
    return last !== null && nowMs - last.atMs <= IDENTITY_KEEPS_MS ? last : null;
  };
}

/** The settled verdict for a new snapshot. A valid one ends {@link VERDICT_KEEPS_MS} after its facts. */
export function settledAt(
  standing: Pick<Standing, 'lastSettled' | 'lastValidMs'>,
  nowMs: number,
): CandidateRecord['lastSettled'] {
  const { lastSettled, lastValidMs } = standing;
  if (lastSettled !== 'valid') return lastSettled;
  return lastValidMs !== null && nowMs - lastValidMs <= VERDICT_KEEPS_MS ? 'valid' : null;
}
