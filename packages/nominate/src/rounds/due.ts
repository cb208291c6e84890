import { shownAmount } from '@watchbill/kit';
import type { NominatorRecord } from '../snapshot/record-shapes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Programme } from './programme.ts';

/** Whether a nominator nominates in this round, and the reason if it does not. */
export type Due =
  | { readonly state: 'due'; readonly active: bigint; readonly balance: bigint | null }
  | {
      readonly state: 'not-due' | 'not-bonded' | 'too-small' | 'pending' | 'unknown';
      readonly detail: string;
    };

/**
 * A nominator is due if it has enough bonded, its last nomination is old enough, and it has no open
 * transaction. If a fact is unknown, only this nominator waits.
 */
export function dueOf(
  snapshot: Pick<Snapshot, 'eras' | 'network'>,
  record: NominatorRecord | undefined,
  { round: rules }: Programme,
  isForced: boolean,
): Due {
  if (record === undefined) return { state: 'unknown', detail: 'the snapshot does not hold this nominator' };
  const { active, balance, submittedIn, pending } = record;
  const { current } = snapshot.eras;
  if (!active.known) return { state: 'unknown', detail: `its ledger could not be read: ${active.reason}` };
  if (active.value === null) return { state: 'not-bonded', detail: 'the stash is not bonded' };
  if (active.value < rules.minimumActive) {
    const [has, least] = [active.value, rules.minimumActive].map((amount) =>
      shownAmount(amount, snapshot.network),
    );
    return { state: 'too-small', detail: `${has} are bonded, at least ${least} are asked for` };
  }
  if (!pending.known)
    return { state: 'unknown', detail: `whether a transaction is under way is not known: ${pending.reason}` };
  if (pending.value) return { state: 'pending', detail: 'a transaction of it is under way' };
  const due: Due = { state: 'due', active: active.value, balance: balance.known ? balance.value : null };
  if (isForced) return due;
  if (!submittedIn.known)
    return { state: 'unknown', detail: `its last nomination could not be read: ${submittedIn.reason}` };
  if (submittedIn.value === null) return due;
  if (!current.known)
    return { state: 'unknown', detail: `the current era could not be read: ${current.reason}` };
  const age = current.value - submittedIn.value;
  if (age >= rules.everyEras) return due;
  return { state: 'not-due', detail: `it nominated ${age} eras ago, every ${rules.everyEras} it nominates` };
}
