import type { NodeFault, NodeRpc } from '@watchbill/chain';
import type { Clock } from '@watchbill/kit';
import type { OpenFolder } from '../custody/open-folder.ts';
import type { KeyCheck } from '../custody/registered.ts';
import type { OpenKey } from '../custody/sealed-folder.ts';
import type { GuardFailpoints } from '../failpoints.ts';
import type { GuardFault } from '../fault.ts';
import type { NodeProcess, ProcessEnd } from '../node/process.ts';
import type { Fence } from '../pair/fence.ts';
import type { RoleKeeper } from '../pair/keeper.ts';
import type { RoleStanding } from '../pair/standing.ts';
import type { Continuity, FolderIdentity } from '../restart/continuity.ts';
import type { ChainFile } from './chain-file.ts';
import type { LatchFile } from './latch.ts';
import type { MarkFile, TokenFile } from './memory.ts';
import type { Rules, Verdict } from './verdict.ts';

export interface Validator {
  /** As the person named it, for example an SS58 address. */
  readonly name: string;
  readonly account: Uint8Array;
}

/** Everything that a decision reads. The guard and its shadow decide by the same parts. */
export interface DecisionParts {
  readonly clock: Clock;
  readonly rules: Rules;
  /** Null: the keys are not compared with the chain. */
  readonly validator: Validator | null;
  readonly marks: MarkFile;
  readonly chain: ChainFile;
  readonly token: TokenFile;
  /** The active role of this machine in its pair; null: the machine stands alone. */
  readonly role: RoleKeeper | null;
  readonly own: NodeRpc;
  /** Nodes whose reports are compared with those of the own one. */
  readonly witnesses: readonly NodeRpc[];
  readonly boot: string;
  /** Milliseconds since the boot; time in suspend counts. */
  readonly uptimeMs: () => number;
  /** Identity of the node's database folder; null if there is none. */
  readonly database: () => FolderIdentity | null;
  readonly failpoint: GuardFailpoints;
  readonly events: ReadingEvents;
}

/** Everything that the guard uses; the caller opens and closes it. */
export interface GuardParts extends DecisionParts {
  readonly keys: readonly OpenKey[];
  readonly latch: LatchFile;
  readonly folder: OpenFolder;
  /** Path of `folder`, for errors. */
  readonly keystore: string;
  /** Makes sure that another machine is off; null: only a person takes the role over. */
  readonly fence: Fence | null;
  /** A person's statement that the votes are safe, used once; null if there is none. */
  readonly allowed: () => Allowance | null;
  /** Whether a person announces new keys; true once for each announcement. */
  readonly announced: () => boolean;
  /** Seals a new key; durable when it resolves. */
  readonly seal: (key: OpenKey) => Promise<void>;
  readonly start: () => Promise<NodeProcess>;
  readonly events: GuardEvents;
}

/** A person allows keys that vote although the rule of votes does not. */
export interface Allowance {
  readonly by: string;
  readonly reason: string;
  /** On a spare: the stash that the person means. */
  readonly validator?: string | undefined;
}

export type RotationState =
  | { readonly state: 'none' }
  /** New keys in the keystore are sealed until the time that the guard keeps. */
  | { readonly state: 'open' }
  /** A new key could not be sealed, and was removed. */
  | { readonly state: 'failed'; readonly why: string };

export interface ReadingEvents {
  continuity(of: Continuity): void;
  /** The result of the comparison with the chain changed. */
  compared(check: KeyCheck): void;
  /** A node gave no answer, or is of another chain: a GuardFault `chain`. */
  unread(node: string, fault: NodeFault | GuardFault): void;
}

/** Events for the log, for status and metrics. No event contains a secret. */
export interface GuardEvents extends ReadingEvents {
  started(pid: number): void;
  ended(end: ProcessEnd): void;
  /** A person's word was taken. `refusal`: why it allows nothing now, and is dropped; null: it allows. */
  allowed(allowance: Allowance, refusal: string | null): void;
  rotation(state: RotationState): void;
  sealed(key: OpenKey['name']): void;
  /** The guard, or the machine, was paused for so long that the node was ended. */
  lapsed(stoodStillMs: number): void;
  placed(key: OpenKey['name']): void;
  verdicts(all: readonly Verdict[]): void;
  /** The standing of this machine in its pair, after each turn with the store. */
  standing(of: RoleStanding): void;
  /** The node was ended because this machine lost the active role. */
  roleLost(say: string): void;
  /** The node was stopped, and another machine is active. */
  handedOver(to: string): void;
  /** The store of the pair gave no certain answer, or a record that cannot be read. */
  pairUnread(why: string): void;
  fenced(machine: string, isOff: boolean, say: string): void;
  /** On a spare: the keys of this validator stay away, and the others go on. */
  stopped(say: string): void;
}

/** Passes each event to those listeners that have it, in their order; the first has them all. */
export function allEvents<Events extends object>(first: Events, ...more: readonly Partial<Events>[]): Events {
  const all = [first, ...more] as readonly Partial<Record<string, (...args: readonly unknown[]) => void>>[];
  const toAll =
    (name: string) =>
    (...args: readonly unknown[]) => {
      for (const one of all) one[name]?.(...args);
    };
  return Object.fromEntries(Object.keys(first).map((name) => [name, toAll(name)])) as Events;
}
