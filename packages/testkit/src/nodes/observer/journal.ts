import type { DueSeen, HeaderSeen, HeightSeen, OffenceSeen, OwnerSeen, VoteSeen } from './records.ts';

/** Everything that an observer saw, each item once. Reports are counted from it. */
export interface Journal {
  readonly headers: ReadonlyMap<string, HeaderSeen>;
  /** First arrival of each vote. */
  readonly votes: ReadonlyMap<string, VoteSeen>;
  /** Rises of the finalised number of each node. */
  readonly heights: readonly HeightSeen[];
  readonly offences: ReadonlyMap<string, OffenceSeen>;
  readonly due: ReadonlyMap<number, DueSeen>;
  readonly owners: ReadonlyMap<string, OwnerSeen>;
  readonly faults: readonly Fault[];
}

/** Gaps in the observation. A report with faults covers less than it seems to. */
export interface Fault {
  readonly atMs: number;
  readonly text: string;
}

/** A journal for writing. Every method is idempotent. */
export interface JournalWriter {
  readonly journal: Journal;
  header(seen: HeaderSeen): void;
  vote(seen: VoteSeen): void;
  height(seen: HeightSeen): void;
  offence(seen: OffenceSeen): void;
  due(seen: DueSeen): void;
  owner(seen: OwnerSeen): void;
  fault(atMs: number, text: string): void;
}

/**
 * Limit of headers, votes and heights: days of a test network. Later records are a fault and are not counted.
 */
const MOST_RECORDS = 500_000;
const MOST_FAULTS = 200;

export function createJournal(mostRecords = MOST_RECORDS): JournalWriter {
  const headers = new Map<string, HeaderSeen>();
  const votes = new Map<string, VoteSeen>();
  const heights: HeightSeen[] = [];
  const highest = new Map<string, number>();
  const offences = new Map<string, OffenceSeen>();
  const due = new Map<number, DueSeen>();
  const owners = new Map<string, OwnerSeen>();
  const faults: Fault[] = [];
  let full = false;

  function fault(atMs: number, text: string): void {
    const known = faults.some((each) => each.text === text);
    if (!known && faults.length < MOST_FAULTS) faults.push({ atMs, text });
  }

  function hasRoom(atMs: number): boolean {
    if (headers.size + votes.size + heights.length < mostRecords) return true;
    if (!full) fault(atMs, `the observer is full: ${mostRecords} records; later ones are not counted`);
    full = true;
    return false;
  }

  return {
    journal: { headers, votes, heights, offences, due, owners, faults },
    header: (seen) => {
      if (!headers.has(seen.hash) && hasRoom(seen.atMs)) headers.set(seen.hash, seen);
    },
    vote: (seen) => {
      const id = `${unitOf(seen)}/${seen.hash}/${seen.number}`;
      if (!votes.has(id) && hasRoom(seen.atMs)) votes.set(id, seen);
    },
    height: (seen) => {
      if (seen.number <= (highest.get(seen.node) ?? -1) || !hasRoom(seen.atMs)) return;
      highest.set(seen.node, seen.number);
      heights.push(seen);
    },
    offence: (seen) => {
      const id = `${seen.kind}/${seen.timeSlot}/${seen.offender}`;
      if (!offences.has(id)) offences.set(id, seen);
    },
    due: (seen) => due.set(seen.startSlot, mergeDue(due.get(seen.startSlot), seen)),
    // One sr25519 key may serve as several types.
    owner: (seen) => owners.set(`${seen.type}/${seen.key}`, seen),
    fault,
  };
}

/** One vote may be cast for each of these. */
export function unitOf({ authority, set, round, kind }: VoteSeen): string {
  return `${authority}/${set}/${round}/${kind}`;
}

/** Several nodes may hold several keys; the first answer for a key stays. */
function mergeDue(known: DueSeen | undefined, seen: DueSeen): DueSeen {
  return known === undefined ? seen : { ...seen, claims: { ...seen.claims, ...known.claims } };
}
