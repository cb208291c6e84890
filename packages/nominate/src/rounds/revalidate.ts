import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Programme } from './programme.ts';
import type { LoadedModule } from './start.ts';
import { judgedIn } from './still-backs.ts';

/** A target that should no longer be nominated, with the reason. */
export interface Dropped {
  readonly stashKey: string;
  readonly why: string;
}

export interface Revalidation {
  readonly keep: readonly string[];
  readonly dropped: readonly Dropped[];
}

/**
 * Judges targets again by every check on a later snapshot: just before signing, and before an announcement is
 * executed. A target that fails, or is missing from the snapshot, is dropped. A target with an unknown result
 * was valid when it was chosen, and stays. Throws a RangeError if the programme's checks cannot be used.
 */
export function revalidate(
  later: Snapshot,
  programme: Programme,
  targets: readonly string[],
  modules: readonly LoadedModule[] = [],
): Revalidation {
  const judged = judgedIn(later, programme, modules);
  const dropped = targets.flatMap((stashKey): Dropped[] => {
    const own = judged.get(stashKey);
    if (own === undefined) return [{ stashKey, why: 'it is no longer in the candidate list' }];
    return own.verdict === 'invalid' ? [{ stashKey, why: own.failed }] : [];
  });
  const gone = new Set(dropped.map(({ stashKey }) => stashKey));
  return { keep: targets.filter((key) => !gone.has(key)), dropped };
}
