import type { NetworkFaults, StoreFaults } from '@watchbill/testkit/sim';
import type { Feature } from './features.ts';

/** One thing that happens at one moment. Dropping a step leaves the others as they are. */
export interface Step {
  /** Unique in its plan; the step draws its own details from it. */
  readonly id: number;
  /** After the beginning of the rough phase, in milliseconds. */
  readonly atMs: number;
  readonly act: Act;
}

interface Lasting {
  readonly lastsMs: number;
}

/** A process ends or freezes, and comes back. */
export type ProcessAct = Lasting &
  (
    | { readonly kind: 'crash-service'; readonly service: number }
    | { readonly kind: 'pause-service'; readonly service: number }
    | { readonly kind: 'crash-node'; readonly node: number }
    | { readonly kind: 'pause-node'; readonly node: number }
  );

/** What is around the processes fails, and recovers. */
export type SurroundingsAct = Lasting &
  (
    | { readonly kind: 'cut-store'; readonly service: number; readonly way: 'no-requests' | 'no-answers' }
    | { readonly kind: 'cut-network'; readonly from: string; readonly to: string }
    | { readonly kind: 'fill-disk'; readonly service: number }
    | { readonly kind: 'refuse-records'; readonly prefix: string }
    | { readonly kind: 'step-clock'; readonly service: number; readonly byMs: number }
    | { readonly kind: 'observer'; readonly how: 'silent' | 'high' }
  );

export interface PolicyAct {
  readonly kind: 'policy';
  readonly key: number;
  readonly change: PolicyChange;
}

export interface AdoptAct {
  readonly kind: 'adopt';
  readonly key: number;
  readonly floors: 'right' | 'too-low' | 'never' | 'below';
}

/** An operator freezes a key, and lifts the freeze later. */
export interface FreezeAct extends Lasting {
  readonly kind: 'freeze';
  readonly key: number;
}

export type Act =
  | ProcessAct
  | SurroundingsAct
  | Restore
  | PolicyAct
  | AdoptAct
  | FreezeAct
  | { readonly kind: 'remove-service'; readonly service: number }
  | { readonly kind: 'release-report' }
  /** A node loses what it was told, and starts again. */
  | { readonly kind: 'lose-file'; readonly node: number }
  /** The epoch of the ledger is replaced, as a recovery does. */
  | { readonly kind: 'new-epoch' };

export type PolicyChange = 'window' | 'drop-node' | 'scope' | 'delay';

/** Put a part of the world back to what it was at `backupAtMs`. */
export interface Restore {
  readonly kind: 'restore';
  /** After the beginning of the rough phase, in milliseconds. */
  readonly backupAtMs: number;
  readonly store: boolean;
  /** Indexes of the services whose disks go back; each of them starts again. */
  readonly disks: readonly number[];
  /** Indexes of the nodes whose files go back; each of them starts again. */
  readonly nodes: readonly number[];
  /** No service reaches the store for so long before it comes back. */
  readonly outageMs: number;
  /** Services that start again though their disks stay. */
  readonly restarts: readonly number[];
  /** Nodes that lose what they were told, and start again. */
  readonly forget: readonly number[];
}

/** A whole run. Everything else follows from it. */
export interface Plan {
  readonly seed: string;
  /** The options of `npm run sim` that draw this plan from its seed, for example ` --safety-only`. */
  readonly options: string;
  readonly features: ReadonlySet<Feature>;
  readonly services: number;
  readonly keys: number;
  /** Virtual time with faults, in milliseconds. */
  readonly roughMs: number;
  readonly store: StoreFaults;
  readonly network: NetworkFaults;
  /** Probability that a service dies at a failpoint, and that an append is refused. */
  readonly failpoint: number;
  readonly diskFailure: number;
  /** In the order of their moments. */
  readonly steps: readonly Step[];
  /**
   * From this round on, counted without a break, the chain is in the next validator set and counts its rounds
   * from 0 again; null if it stays in its set.
   */
  readonly newSetAt: bigint | null;
  /** After the last fault, the operator stops everything and runs `watchbill recover`. */
  readonly isGuided: boolean;
  /** No liveness phase: the run ends with the last fault. */
  readonly safetyOnly: boolean;
  /** Broken on purpose, for the controls. */
  readonly sabotage: Sabotage;
}

/**
 * `ignore-compares`: the store applies every transaction. `lying-disk`: a disk reports a write as synced
 * before it is. `forget`: the disks of the services lose their entries when the store goes back.
 * `late-requests`: requests that were sent before a restore reach the store after it. `highest-word`: a gate
 * keeps the word with the highest number.
 */
export const SABOTAGE_NAMES = [
  'none',
  'ignore-compares',
  'lying-disk',
  'forget',
  'late-requests',
  'highest-word',
] as const;
export type Sabotage = (typeof SABOTAGE_NAMES)[number];

export function isOn(plan: Plan, feature: Feature): boolean {
  return plan.features.has(feature);
}
