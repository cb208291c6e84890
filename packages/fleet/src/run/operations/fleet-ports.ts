import type { Clock } from '@watchbill/kit';
import type { Place } from '../../file/index.ts';
import type { IdentifiedTarget } from '../apply/identity.ts';
import type { OpenedJournal } from '../apply/journal.ts';
import type { Memory, MemoryLine } from '../apply/memory.ts';
import type { SavedPlace, SavedPlan } from '../apply/saved-plan.ts';
import type { UnfinishedPlan } from '../apply/unfinished.ts';
import type { Credentials } from '../machines/credentials.ts';
import type { OpenedRollout, RolloutHeader } from '../rollout/journal.ts';
import type { LockHolder } from './lock-record.ts';
import type { Repeat } from './network-lock.ts';

/** The connections that the operations need. */
export interface FleetPorts {
  readonly clock: Clock;
  readonly memory: FleetMemory;
  readonly openTargets: OpenTargets;
  /** The process that locks a network; left out: this one. */
  readonly holder?: LockHolder;
  /** Renews a lock while work goes on; left out: by the clock. */
  readonly repeat?: Repeat;
}

/** Places, opened. The operation that opens them closes them. */
export interface Targets {
  /** By the name of the place in the plan. */
  readonly byPlace: ReadonlyMap<string, IdentifiedTarget>;
  readonly close: () => void;
}

/**
 * Opens every place and contacts none yet. `takeOver`: fields that other managers set are set again. Throws
 * a {@link Fault} if a place cannot be opened, for example because the kubeconfig has no such
 * context.
 */
export type OpenTargets = (
  network: string,
  places: readonly SavedPlace[],
  takeOver: boolean,
) => Promise<Targets>;

export type MachinePlace = Place & { readonly target: 'machine' };

/** Opens the credentials of one machine; contacts it at the first use. */
export type OpenCredentials = (
  place: MachinePlace,
  network: string,
) => Promise<Credentials & { readonly close: () => void }>;

/**
 * Everything that outlives one operation: the places that a network has or had, its plans, and the journals
 * of plans and roll-outs. `createFileMemory` keeps it in a folder. A promise that resolves means that the
 * change is durable.
 */
export interface FleetMemory {
  /** The place of all this, as a person knows it: a folder. */
  readonly where: string;
  /** Null if the network is unknown here. Throws if the memory is damaged: a place may be missing. */
  readonly remembered: (network: string) => Promise<Memory | null>;
  /** Lines are only ever added, so two writers at once lose no line. */
  readonly add: (network: string, lines: readonly MemoryLine[]) => Promise<void>;
  /** Returns where the plan is now. */
  readonly savePlan: (saved: SavedPlan) => Promise<string>;
  /**
   * The plan with this id, or with an id that begins so: at least eight characters. Throws unless there is
   * exactly one.
   */
  readonly plan: (id: string) => Promise<SavedPlan>;
  /** Plans that began to change signers and were not seen to end, except those whose journals are named. */
  readonly unfinishedSigning: (
    network: string,
    except: readonly string[],
  ) => Promise<readonly BegunSigning[]>;
  /** Names of the journals of plans that this memory holds and can read. */
  readonly journalNames: () => Promise<readonly string[]>;
  /** Begins or continues the journal of a plan, and locks the memory until it is closed. */
  readonly openJournal: (saved: SavedPlan, use: JournalUse) => Promise<OpenedJournal>;
  readonly rollout: RolloutMemory;
}

/** `plan`: the steps of a plan. `before-rollout`: those of its steps that a roll-out does first. */
export type JournalUse = 'plan' | 'before-rollout';

/** A plan that began to change signers, with the name of its journal. */
export interface BegunSigning extends UnfinishedPlan {
  readonly journal: string;
}

/** The journal of the one roll-out that may be on its way. */
export interface RolloutMemory {
  readonly where: string;
  /** Null if no roll-out is unfinished. */
  readonly unfinished: () => RolloutHeader | null;
  readonly open: (header: RolloutHeader) => OpenedRollout;
}
