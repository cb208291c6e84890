import type { LedgerEntry } from '@watchbill/duty/rule';
import type { Head, Permit } from '@watchbill/duty/service';
import { createMemoryStore, type MemoryStore } from '@watchbill/duty/store/testing/memory-store';
import { createVirtualClock, type VirtualClock } from '@watchbill/kit/testing';
import {
  createHost,
  createSeededRandom,
  createSimDisk,
  createSimNetwork,
  type Host,
  type SeededRandom,
  type SimDisk,
  type SimNetwork,
} from '@watchbill/testkit/sim';
import { KEY, NODES, OBSERVERS, OTHER_KEY, PROBER, SERVICES, START_MS } from '../names.ts';
import type { Plan } from '../plan/plan.ts';
import { createSimHistory, type SimHistory } from './history.ts';
import {
  createRestorableStore,
  type Line,
  type Renewals,
  type RestorableStore,
  watchRenewals,
} from './line.ts';
import { sabotageStore } from './sabotage.ts';
import { type Load, tapStore } from './tap.ts';
import { createTruth, type Truth } from './truth.ts';

export interface SimService {
  readonly name: string;
  readonly host: Host;
  readonly line: Line;
  disk: SimDisk;
  permit: Permit | null;
}

/** What a gate keeps on the disk of its machine about one mark. */
export interface Told {
  readonly head: Head;
  readonly word: string | null;
}

export interface SimNode {
  readonly name: string;
  readonly host: Host;
  /** By `chain/key/duty`. */
  told: Map<string, Told>;
  /** False while an operator keeps it stopped. */
  wanted: boolean;
}

/** How an observer behaves now. */
export interface SimObserver {
  readonly name: string;
  readonly host: Host;
  mood: 'right' | 'silent' | 'high' | 'behind';
}

export interface World {
  readonly plan: Plan;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly store: MemoryStore;
  readonly lines: RestorableStore;
  readonly renewals: Renewals;
  readonly truth: Truth;
  readonly network: SimNetwork;
  readonly services: readonly SimService[];
  readonly nodes: readonly SimNode[];
  readonly observers: readonly SimObserver[];
  readonly prober: Host;
  readonly keys: readonly string[];
  readonly history: SimHistory;
  readonly load: Load;
  /** Entries that were durable on a disk before the disk went back, by mark. */
  readonly evidence: Map<string, LedgerEntry[]>;
  /** No faults now: the beginning and the end of a run. */
  readonly mood: {
    calm: boolean;
    /** How long a disk takes to sync, at least and at most; changed in place, also for services that run. */
    readonly syncMs: [number, number];
    /** Called after a service answered a word of a node that the store does not explain. */
    onLostWord: ((service: SimService, node: string) => void) | null;
  };
  remark(text: string): void;
}

export function createWorld(plan: Plan): World {
  const clock = createVirtualClock({ startMs: START_MS });
  const random = createSeededRandom(plan.seed);
  const store = createMemoryStore({ clock });
  const history = createSimHistory();
  const mood: World['mood'] = { calm: true, syncMs: [1, 3], onLostWord: null };
  const truth = createTruth();
  const load: Load = { requests: 0, reads: 0 };
  const renewals = watchRenewals(tapStore(store, clock, truth, history, load), clock);
  const reached = sabotageStore(plan.sabotage, renewals.store, () => !mood.calm);
  const lines = createRestorableStore(reached, clock);
  const shift = random.fork('clocks');
  const host = (name: string) =>
    createHost(clock, name, { offsetMs: shift.int(-100, 100), skewMsPerSecond: shift.int(-1, 1) });
  return {
    plan,
    clock,
    random,
    store,
    lines,
    renewals,
    truth,
    network: createSimNetwork({ clock, random: random.fork('network') }),
    services: SERVICES.slice(0, plan.services).map((name) => ({
      name,
      host: host(name),
      disk: createSimDisk(),
      line: lines.lineOf(random.fork(`line/${name}`)),
      permit: null,
    })),
    nodes: NODES.map((name) => ({ name, host: host(name), told: new Map<string, Told>(), wanted: true })),
    observers: OBSERVERS.map((name, index) => ({
      name,
      host: createHost(clock, name),
      mood: index === 1 && plan.features.has('observer-behind') ? 'behind' : 'right',
    })),
    prober: createHost(clock, PROBER),
    keys: [KEY, OTHER_KEY].slice(0, plan.keys),
    history,
    load,
    evidence: new Map(),
    mood,
    remark: (text) => history.add({ kind: 'remark', atMs: clock.nowMs(), text }),
  };
}
