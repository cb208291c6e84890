import type { NodeLocation } from '../feed/actions.ts';
import type { ImpostorReason } from './matching.ts';
import type { Body, Person } from './person.ts';
import { type RecentLosses, recentLosses } from './recent-losses.ts';
import type { TrackerRules } from './rules.ts';

/** A node as listed by a source. */
export interface Listing {
  readonly id: number;
  readonly name: string;
  readonly networkId: string | null;
  readonly validatorAddress: string | null;
  readonly implementation: string;
  readonly version: string;
  readonly startedAtMs: number | null;
  /** Its address; null if the server does not publish it. Never stored or shown. */
  readonly ip: string | null;
  readonly addedAtMs: number;
  /** Servers locate a node after it connects, and send the location then. */
  location: NodeLocation | null;
  /** The candidate to which the node belongs or claims to belong; null if there is none. */
  readonly person: Person | null;
  /** Null unless it matches a node of that candidate. */
  readonly body: Body | null;
  readonly impostor: ImpostorReason | null;
  /** No new block for two minutes, according to the server. */
  stale: boolean;
}

/** One feed. */
export interface Source {
  readonly name: string;
  /** `settling`: subscribed, but nodes may still be reconnecting. */
  phase: 'down' | 'settling' | 'hearing';
  phaseSinceMs: number;
  /** A mass loss; until then missing nodes are not judged. */
  doubt: { readonly fromMs: number; untilMs: number } | null;
  /** Since when missing nodes are not judged; null while the source is connected and trusted. */
  deafSinceMs: number | null;
  readonly listings: Map<number, Listing>;
  readonly losses: RecentLosses;
  /** Candidates whose node it lists now. */
  readonly here: Set<Person>;
  strangerCount: number;
  /** Nodes above the bound, which are not kept. */
  overflowCount: number;
}

export function newSource(name: string, atMs: number, rules: TrackerRules): Source {
  return {
    name,
    phase: 'down',
    phaseSinceMs: atMs,
    doubt: null,
    deafSinceMs: atMs,
    listings: new Map(),
    losses: recentLosses(rules.massWindowMs),
    here: new Set(),
    strangerCount: 0,
    overflowCount: 0,
  };
}

/**
 * Whether the losses within the window are too many for chance. Only candidates count, so that other nodes
 * and false claims can neither hide nor cause a mass loss; if there are too few candidates, all nodes count.
 */
export function isMassLoss(source: Source, rules: TrackerRules): boolean {
  const { losses } = source;
  const known = { lost: losses.personCount(), here: source.here.size };
  const all = { lost: losses.count(), here: source.here.size + source.strangerCount };
  const counted = known.lost + known.here >= rules.massLeastNodes ? known : all;
  const population = counted.lost + counted.here;
  return population >= rules.massLeastNodes && counted.lost > rules.massShare * population;
}
