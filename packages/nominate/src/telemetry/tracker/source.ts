import type { NodeLocation } from '../feed/actions.ts';
import type { ImpostorReason } from './matching.ts';
import type { Body, Person } from './person.ts';
import { type RecentLosses, recentLosses } from './recent-losses.ts';
import type { TrackerRules } from './rules.ts';

/** A node as a source lists it. */
export interface Listing {
  readonly id: number;
  readonly name: string;
  readonly networkId: string | null;
  readonly validatorAddress: string | null;
  readonly implementation: string;
  readonly version: string;
  readonly startedAtMs: number | null;
  /** From where it reports; null with a server that does not show it. Never stored, and shown nowhere. */
  readonly ip: string | null;
  readonly addedAtMs: number;
  /** Servers look a node up after it came, and say where it stands then. */
  location: NodeLocation | null;
  /** The candidate whose node it is or says that it is; null for nobody's. */
  readonly person: Person | null;
  /** Null unless it is taken for a node of that candidate. */
  readonly body: Body | null;
  readonly impostor: ImpostorReason | null;
  /** No new block for two minutes, as the server says. */
  stale: boolean;
}

/** One feed. */
export interface Source {
  readonly name: string;
  /** `settling`: subscribed, but nodes may still be on their way back. */
  phase: 'down' | 'settling' | 'hearing';
  phaseSinceMs: number;
  /** A mass loss, until when nothing is made of who is missing. */
  doubt: { readonly fromMs: number; untilMs: number } | null;
  /** Since when what is missing says nothing; null while it is heard and believed. */
  deafSinceMs: number | null;
  readonly listings: Map<number, Listing>;
  readonly losses: RecentLosses;
  /** Candidates whose node it lists now. */
  readonly here: Set<Person>;
  strangerCount: number;
  /** Nodes that were too many to be kept. */
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
 * Whether what was lost within the window is too much for chance. Counted are candidates, so that strangers and false claims neither hide
 * a mass loss nor make one; only where there are too few of them, all nodes.
 */
export function isMassLoss(source: Source, rules: TrackerRules): boolean {
  const { losses } = source;
  const known = { lost: losses.personCount(), here: source.here.size };
  const all = { lost: losses.count(), here: source.here.size + source.strangerCount };
  const counted = known.lost + known.here >= rules.massLeastNodes ? known : all;
  const population = counted.lost + counted.here;
  return population >= rules.massLeastNodes && counted.lost > rules.massShare * population;
}
