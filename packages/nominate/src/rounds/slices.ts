import type { Snapshot } from '../snapshot/snapshot.ts';
import { type Belonging, type CapBook, capBook } from './caps.ts';
import { countByRule, countSimulated, type IsDue, mostTargets, simulationFor } from './count.ts';
import type { Simulation } from './count-simulate.ts';
import type { Due } from './due.ts';
import type { Programme } from './programme.ts';
import type { NominatorEntry, PassedOver } from './record.ts';

/** A candidate in the order of preference. */
export interface Ordered {
  readonly stashKey: string;
  readonly tier: string | null;
  readonly belonging: Belonging;
}

export interface Slices {
  readonly nominators: readonly NominatorEntry[];
  /** Why candidates were passed over at their turn, for those that no nominator took. */
  readonly passedOver: ReadonlyMap<string, PassedOver>;
}

/** Nominators that are left out for good have no relevant stake, and reserve no candidates. */
const HOLDING: readonly Due['state'][] = ['not-due', 'pending', 'unknown'];

type NominatorRule = Programme['nominators'][number];
export type DueNominator = NominatorRule & { readonly due: Due };

/**
 * Gives each due nominator the next candidates of the order. No candidate is given twice, or taken from a
 * nominator that is not due, and caps apply to all of them together. A nominator that cannot nominate has no
 * other effect on the others.
 */
export function sliceOrder(
  snapshot: Snapshot,
  programme: Programme,
  order: readonly Ordered[],
  nominators: readonly DueNominator[],
  belongings: ReadonlyMap<string, Belonging>,
): Slices {
  const filling: Filling = {
    ...{ snapshot, programme, order, simulation: simulationFor(snapshot, programme) },
    ...{ caps: capBook(programme.caps), taken: new Set(), passedOver: new Map(), votes: new Map() },
  };
  for (const nominator of nominators)
    if (HOLDING.includes(nominator.due.state)) hold(filling, nominator, belongings);
  const held = new Map(filling.passedOver);
  const entries = nominators.map((nominator) => {
    const { name, stashKey, due } = nominator;
    if (due.state === 'due') return fill(filling, { ...nominator, due });
    return { name, stashKey, state: due.state, detail: due.detail, count: null, targets: [] };
  });
  for (const key of filling.taken) filling.passedOver.delete(key);
  return { nominators: entries, passedOver: new Map([...filling.passedOver, ...held]) };
}

/**
 * The targets of a waiting nominator count before any are given: those that it is about to set, or else its
 * current ones. Unknown targets reserve no candidate.
 */
function hold(
  { snapshot, caps, taken, passedOver, votes }: Filling,
  { stashKey, name }: DueNominator,
  belongings: ReadonlyMap<string, Belonging>,
): void {
  const record = snapshot.nominators.find((one) => one.stashKey === stashKey);
  const set = record?.targets.known === true ? record.targets.value : null;
  const targets = record?.coming ?? set ?? [];
  for (const key of targets) {
    const belonging = belongings.get(key);
    if (belonging !== undefined && !taken.has(key)) caps.take(belonging);
    taken.add(key);
    passedOver.set(key, { why: 'held', by: name });
  }
  const stake = record?.active.known === true ? record.active.value : null;
  if (targets.length > 0 && stake !== null) votes.set(stashKey, { stake, targets });
}

interface Filling {
  readonly snapshot: Snapshot;
  readonly programme: Programme;
  readonly order: readonly Ordered[];
  readonly caps: CapBook;
  readonly taken: Set<string>;
  readonly passedOver: Map<string, PassedOver>;
  /** Null if counts do not come from a simulation. */
  readonly simulation: Simulation | null;
  /** The votes of this round's nominators, for the simulations of later ones. */
  readonly votes: Map<string, { readonly stake: bigint; readonly targets: readonly string[] }>;
}

function fill(filling: Filling, nominator: NominatorRule & { readonly due: IsDue }): NominatorEntry {
  const { snapshot, programme, caps, taken, votes, simulation } = filling;
  const { name, stashKey, tiers, due } = nominator;
  caps.nextSlice();
  const rule = simulation === null ? countByRule(snapshot, programme, due) : null;
  const { fits, skipped } = candidatesFor(filling, tiers, rule?.most ?? mostTargets(snapshot, programme));
  const keys = fits.map((one) => one.stashKey);
  const count =
    simulation === null
      ? countByRule(snapshot, programme, due)
      : countSimulated(simulation, votes, nominator, keys);
  const targets = keys.slice(0, count.most);
  for (const key of targets) taken.add(key);
  // Caps were counted while the list was built. If the final count is smaller, the surplus is released.
  for (const { belonging } of fits.slice(targets.length)) caps.giveBack(belonging);
  for (const { key, after, reason } of skipped) if (after < count.most) filling.passedOver.set(key, reason);
  votes.set(stashKey, { stake: due.active, targets });
  const isEmpty = targets.length === 0;
  const detail = isEmpty
    ? 'no candidate is left for it'
    : `${targets.length} of at most ${count.most} targets`;
  return { name, stashKey, state: isEmpty ? 'nobody-left' : 'nominates', detail, count, targets };
}

interface Drawn {
  readonly fits: readonly Ordered[];
  /**
   * The candidates passed over, each with the number taken before it: beyond the last taken candidate, the
   * turn did not come.
   */
  readonly skipped: readonly { readonly key: string; readonly after: number; readonly reason: PassedOver }[];
}

/** The next candidates that a nominator may have, at most `most`. Taking them updates the caps. */
function candidatesFor(
  { order, caps, taken }: Filling,
  tiers: readonly string[] | null,
  most: number,
): Drawn {
  const fits: Ordered[] = [];
  const skipped: Drawn['skipped'][number][] = [];
  for (const one of order) {
    if (fits.length >= most) break;
    if (taken.has(one.stashKey)) continue;
    const backsTier = tiers === null || (one.tier !== null && tiers.includes(one.tier));
    const broken = backsTier ? caps.broken(one.belonging) : null;
    if (backsTier && broken === null) {
      caps.take(one.belonging);
      fits.push(one);
    } else {
      const reason: PassedOver = broken === null ? { why: 'tier' } : { why: 'cap', ...broken };
      skipped.push({ key: one.stashKey, after: fits.length, reason });
    }
  }
  return { fits, skipped };
}
