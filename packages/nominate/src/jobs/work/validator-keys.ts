import { publicKey } from '../../snapshot/shapes.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { ProgrammeStore } from '../../storage/port.ts';
import { readNote, writeNote } from '../notes.ts';

/** New keys count from the session after the next. Until then a node reports the earlier key. */
const KEPT_PER_CANDIDATE = 3;

/**
 * Stores the GRANDPA keys that candidates have on chain, so that telemetry can recognise their nodes. An
 * unknown key leaves the stored ones.
 */
export async function keepValidatorKeys(
  store: ProgrammeStore,
  { candidates }: Pick<Snapshot, 'candidates'>,
): Promise<void> {
  const before = new Map(await readNote(store, 'validator keys'));
  const after = candidates.flatMap(({ candidate: { stashKey }, sessionKeys }): [string, string[]][] => {
    const kept = before.get(stashKey) ?? [];
    const set = publicKey.safeParse(sessionKeys.known ? sessionKeys.value?.grandpa : undefined);
    const keys = set.success ? [...kept.filter((key) => key !== set.data), set.data] : kept;
    return keys.length === 0 ? [] : [[stashKey, keys.slice(-KEPT_PER_CANDIDATE)]];
  });
  if (JSON.stringify(after) !== JSON.stringify([...before])) await writeNote(store, 'validator keys', after);
}
