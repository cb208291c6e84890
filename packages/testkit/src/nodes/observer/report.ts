import { countDue, type DueReport } from './due.ts';
import { type Identity, identitiesOf } from './identities.ts';
import { type Fault, type Journal, unitOf } from './journal.ts';
import type { DueClaim, HeaderSeen, OffenceSeen, VoteSeen } from './records.ts';

/** A stretch of time, Unix milliseconds. */
export interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface DoubleSlot {
  readonly slot: number;
  readonly authority: string;
  /** Hashes of the headers, as they were seen. */
  readonly headers: readonly string[];
}

export interface DoubleVote {
  readonly authority: string;
  readonly set: number;
  readonly round: number;
  readonly kind: VoteSeen['kind'];
  readonly targets: readonly { readonly hash: string; readonly number: number }[];
}

/**
 * The signatures of one validator identity. Its authority keys are found on the chain (`Session.KeyOwner`).
 */
export interface IdentityReport extends Identity {
  /** Distinct headers. */
  readonly blocks: number;
  /** Slots with two or more headers of one key. */
  readonly doubleSlots: readonly DoubleSlot[];
  /** Distinct votes. */
  readonly votes: number;
  /** (set, round, kind) with two or more targets of one key. */
  readonly doubleVotes: readonly DoubleVote[];
  /** Its offences on the chain. */
  readonly offences: readonly OffenceSeen[];
  readonly due: DueReport;
}

export interface ObserverReport extends Stretch {
  readonly slotMs: number;
  readonly identities: readonly IdentityReport[];
  /**
   * The longest time without a rise of the finalised number, in milliseconds, from the stretch's beginning to
   * its end. Over all nodes: the first report of a number counts.
   */
  readonly longestFinalityGapMs: number;
  /** Sums over all identities. All three are zero if no identity signed twice. */
  readonly equivocations: { readonly blocks: number; readonly votes: number; readonly offences: number };
  /** Gaps in the observation. Empty in a sound run. */
  readonly faults: readonly Fault[];
}

export type { DueClaim };

const EQUIVOCATION = /^(babe:equivocatio|grandpa:equivoca|beefy:equivocati)/;

/** Count all records of the stretch. `names` are labels of accounts. */
export function reportOf(
  journal: Journal,
  stretch: Stretch,
  slotMs: number,
  names: Readonly<Record<string, string>>,
): ObserverReport {
  const identities = identitiesOf(journal, names).map((identity) =>
    identityReport(journal, stretch, slotMs, identity),
  );
  const sum = (count: (identity: IdentityReport) => number): number =>
    identities.reduce((total, identity) => total + count(identity), 0);
  const heights = journal.heights.filter(({ atMs }) => atMs <= stretch.untilMs);
  return {
    ...stretch,
    slotMs,
    identities,
    longestFinalityGapMs: longestGap(rises(heights), stretch),
    equivocations: {
      blocks: sum(({ doubleSlots }) => doubleSlots.length),
      votes: sum(({ doubleVotes }) => doubleVotes.length),
      offences: sum(({ offences }) => offences.filter(({ kind }) => EQUIVOCATION.test(kind)).length),
    },
    faults: journal.faults.filter(({ atMs }) => within(atMs, stretch)),
  };
}

/** One line per double signature and per equivocation on chain; none if no identity signed twice. */
export function equivocationsIn(report: ObserverReport): readonly string[] {
  return report.identities.flatMap(({ name, account, doubleSlots, doubleVotes, offences }) => {
    const who = name ?? account;
    return [
      ...doubleSlots.map(
        ({ slot, headers }) => `${who}: ${headers.length} headers in slot ${slot}: ${headers.join(', ')}`,
      ),
      ...doubleVotes.map(
        ({ set, round, kind, targets }) =>
          `${who}: ${targets.length} targets of a ${kind} in round ${round} of set ${set}: ${targets.map(({ hash, number }) => `#${number} ${hash}`).join(', ')}`,
      ),
      ...offences
        .filter(({ kind }) => EQUIVOCATION.test(kind))
        .map(({ kind, timeSlot }) => `${who}: the chain holds ${kind} at ${timeSlot}`),
    ];
  });
}

function identityReport(
  journal: Journal,
  stretch: Stretch,
  slotMs: number,
  identity: Identity,
): IdentityReport {
  const keys = new Set(identity.keys.map(({ key }) => key));
  const headers = [...journal.headers.values()].filter(({ authority }) => keys.has(authority));
  const votes = [...journal.votes.values()].filter(({ authority }) => keys.has(authority));
  const seenHeaders = headers.filter(({ atMs }) => within(atMs, stretch));
  const seenVotes = votes.filter(({ atMs }) => within(atMs, stretch));
  return {
    ...identity,
    blocks: seenHeaders.length,
    doubleSlots: doubleSlots(headers, stretch),
    votes: seenVotes.length,
    doubleVotes: doubleVotes(votes, stretch),
    offences: [...journal.offences.values()].filter(
      ({ offender, atMs }) => offender === identity.account && within(atMs, stretch),
    ),
    due: countDue(journal, headers, keys, stretch, slotMs),
  };
}

/** Counted in the stretch in which the second header was seen. */
function doubleSlots(headers: readonly HeaderSeen[], stretch: Stretch): readonly DoubleSlot[] {
  const bySlot = Map.groupBy(headers, ({ authority, slot }) => `${authority}/${slot}`);
  return [...bySlot.values()].flatMap((group) => {
    const [first, ...others] = group;
    if (first === undefined || !others.some(({ atMs }) => within(atMs, stretch))) return [];
    return [{ slot: first.slot, authority: first.authority, headers: group.map(({ hash }) => hash) }];
  });
}

/** Counted in the stretch in which the second target was seen. */
function doubleVotes(votes: readonly VoteSeen[], stretch: Stretch): readonly DoubleVote[] {
  const byUnit = Map.groupBy(votes, unitOf);
  return [...byUnit.values()].flatMap((group) => {
    const [first, ...others] = group;
    if (first === undefined || !others.some(({ atMs }) => within(atMs, stretch))) return [];
    const { authority, set, round, kind } = first;
    return [{ authority, set, round, kind, targets: group.map(({ hash, number }) => ({ hash, number })) }];
  });
}

/** When the number rose above all before it, at whichever node first. */
function rises(heights: Journal['heights']): readonly number[] {
  let highest = -1;
  return heights
    .toSorted((a, b) => a.atMs - b.atMs)
    .flatMap(({ atMs, number }) => {
      if (number <= highest) return [];
      highest = number;
      return [atMs];
    });
}

/** The longest time between two neighbours, the ends of the stretch among them, in milliseconds. */
export function longestGap(timesMs: readonly number[], stretch: Stretch): number {
  const inside = timesMs.filter((atMs) => within(atMs, stretch)).toSorted((a, b) => a - b);
  const points = [stretch.fromMs, ...inside, stretch.untilMs];
  // There may be too many for the arguments of one call.
  return points.slice(1).reduce((most, atMs, index) => Math.max(most, atMs - (points[index] ?? atMs)), 0);
}

function within(atMs: number, { fromMs, untilMs }: Stretch): boolean {
  return atMs >= fromMs && atMs <= untilMs;
}
