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
  /** Longest time without a header of it, in milliseconds, from the stretch's beginning to its end. */
  readonly longestBlockGapMs: number;
  readonly longestVoteGapMs: number;
  /**
   * Delay of its headers after the beginning of their slots: a wrong clock shows here. Null without headers.
   */
  readonly slotLagMs: { readonly least: number; readonly most: number } | null;
}

export interface NodeReport {
  readonly name: string;
  readonly best: number;
  readonly finalised: number;
  readonly longestBlockGapMs: number;
  readonly longestFinalityGapMs: number;
}

export interface ObserverReport extends Stretch {
  readonly slotMs: number;
  readonly identities: readonly IdentityReport[];
  readonly nodes: readonly NodeReport[];
  /** Over all nodes: the first report of a number counts. */
  readonly network: {
    readonly longestBlockGapMs: number;
    readonly longestFinalityGapMs: number;
    readonly headers: number;
  };
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
  const nodeNames = [...new Set(journal.heights.map(({ node }) => node))].sort();
  return {
    ...stretch,
    slotMs,
    identities,
    nodes: nodeNames.map((name) =>
      nodeReport(
        name,
        heights.filter(({ node }) => node === name),
        stretch,
      ),
    ),
    network: {
      longestBlockGapMs: longestGap(rises(heights, 'best'), stretch),
      longestFinalityGapMs: longestGap(rises(heights, 'finalised'), stretch),
      headers: sum(({ blocks }) => blocks),
    },
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
  const timed = seenHeaders.filter(({ late }) => !late);
  const lags = timed.map(({ atMs, slot }) => atMs - slot * slotMs);
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
    longestBlockGapMs: longestGap(
      timed.map(({ atMs }) => atMs),
      stretch,
    ),
    longestVoteGapMs: longestGap(
      seenVotes.map(({ atMs }) => atMs),
      stretch,
    ),
    slotLagMs: lags.length === 0 ? null : { least: least(lags), most: most(lags) },
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

type Heights = Journal['heights'];

function nodeReport(name: string, heights: Heights, stretch: Stretch): NodeReport {
  const [best, finalised] = [rises(heights, 'best'), rises(heights, 'finalised')];
  return {
    name,
    best: numberOf(heights, 'best'),
    finalised: numberOf(heights, 'finalised'),
    longestBlockGapMs: longestGap(best, stretch),
    longestFinalityGapMs: longestGap(finalised, stretch),
  };
}

function numberOf(heights: Heights, what: 'best' | 'finalised'): number {
  return most(heights.filter((height) => height.what === what).map(({ number }) => number));
}

/** When the number rose above all before it, at whichever node first. */
function rises(heights: Heights, what: 'best' | 'finalised'): readonly number[] {
  let highest = -1;
  return heights
    .filter((height) => height.what === what)
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
  return most(points.slice(1).map((atMs, index) => atMs - (points[index] ?? atMs)));
}

function within(atMs: number, { fromMs, untilMs }: Stretch): boolean {
  return atMs >= fromMs && atMs <= untilMs;
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}
