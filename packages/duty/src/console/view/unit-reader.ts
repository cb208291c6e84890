import type { Clock } from '@watchbill/kit';
import { type ConsoleSource, dutiesOf, type KeyPolicy, type UnitRecord } from './facts.ts';
import { keyName } from './sentence.ts';

/** Reads the newest units of one duty of a key. */
type ReadUnits = (
  query: Pick<KeyPolicy, 'chain' | 'key'> & { readonly duty: string; readonly limit: number },
) => Promise<readonly UnitRecord[]>;

/** How long the units of a key are kept. Reading them asks every service of the ledger. */
const UNITS_FOR_MS = 10_000;

/**
 * Reads the newest units of each duty (decision 0034), each key at most every ten seconds. Only the first
 * reading of a key is waited for: a service that is down must not hold up the page.
 */
export function unitReader(read: ReadUnits, clock: Pick<Clock, 'monotonicMs'>): ConsoleSource['readUnits'] {
  const kept = new Map<string, { readonly atMs: number; readonly units: Promise<readonly UnitRecord[]> }>();
  return async (policy, limit) => {
    const atMs = clock.monotonicMs();
    const last = kept.get(keyName(policy));
    if (last !== undefined && atMs - last.atMs < UNITS_FOR_MS) return last.units;
    const units = readAll(read, policy, limit);
    const shown = last === undefined ? units : Promise.race([units, last.units]);
    kept.set(keyName(policy), { atMs, units: shown });
    units.then(
      () => kept.set(keyName(policy), { atMs, units }),
      () => kept.delete(keyName(policy)),
    );
    return shown;
  };
}

async function readAll(read: ReadUnits, policy: KeyPolicy, limit: number): Promise<readonly UnitRecord[]> {
  const { chain, key } = policy;
  return (await Promise.all(dutiesOf(policy).map((duty) => read({ chain, key, duty, limit })))).flat();
}
