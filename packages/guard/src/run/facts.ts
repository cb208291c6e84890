import type { KeyName } from '../custody/key-name.ts';
import type { KeyCheck } from '../custody/registered.ts';
import type { OpenKey } from '../custody/sealed-folder.ts';
import type { NamedChain } from '../node/named-chain.ts';
import type { NodeProcess } from '../node/process.ts';
import type { Continuity, FolderIdentity } from '../restart/continuity.ts';
import type { Round } from '../restart/round.ts';
import { slotAt } from '../restart/slots.ts';
import { awaitVotes, type VoteReturn } from '../restart/votes.ts';
import type { Marks } from './memory.ts';
import type { Allowance, DecisionParts, RotationState } from './parts.ts';
import { standbyReason } from './role.ts';
import type { Facts } from './verdict.ts';
import { holdDeath, leadMs } from './wait.ts';

export interface Chain extends NamedChain {
  readonly slotMs: bigint;
}

export interface Run {
  chain: Chain | null;
  continuity: Continuity | null;
  votes: VoteReturn;
  /** The wall clock without the time since the boot, in milliseconds, when the wait for votes began. */
  waitLeadMs: number;
  /** Written durably. The round mark that the wait begins with is in `votes`. */
  marks: Marks;
  /** The slot mark is of this process of the node. */
  own: boolean;
  began: bigint | null;
  /** A person's word that this machine holds while it is a standby; null: none. */
  word: (Allowance & { readonly untilMs: number }) | null;
  /** The round of the own voter at the last reading; null: not known yet. */
  ownRound: Round | null;
  check: KeyCheck;
  /** The chain has disabled the validator for an offence; null: not known. */
  disabled: boolean | null;
  /** When the keys were last compared with the chain, in milliseconds since the boot. */
  checkedMs: number | null;
  /** When the guard last decided, in milliseconds since the boot: its lease begins there. */
  decidedMs: number | null;
  rotation: RotationState;
  /** New keys are taken until then, in milliseconds since the boot. */
  rotationUntilMs: number;
  /** The other validator for which this machine, a spare, is active; null: none. */
  readonly busyWith: () => string | null;
  /** The term of the pair in which this process may hold keys; null on a standby, and without a pair. */
  term: bigint | null;
  /** The highest slot of the clock at a decision with an author's key placed; null: there was none. */
  lastSlot: bigint | null;
  readonly open: Set<string>;
  /** The keys that are decided for, by name. */
  readonly keys: readonly { readonly name: KeyName }[];
  /**
   * The node below signs all the while, as beside a shadow: votes of the own id are taken for those of this
   * node, and show no clone.
   */
  readonly signs: boolean;
  /** The database of this process: that of its start, or the first one that was there; null: none was yet. */
  database: FolderIdentity | null;
  /** When the process was started, in milliseconds since the boot. */
  readonly startedMs: number;
}

export interface GuardRun extends Run {
  /** Shared by all processes of the node: a rotation adds keys. */
  readonly keys: OpenKey[];
  readonly node: NodeProcess;
}

/**
 * The process before is gone when this begins: the guard saw its end, or the service manager ended it
 * together with the last guard.
 */
export function freshRun<Keys extends Run['keys']>(
  parts: DecisionParts,
  keys: Keys,
  signs = false,
): Run & { readonly keys: Keys } {
  const { clock, marks, database, uptimeMs, validator } = parts;
  const read = marks.read();
  const check: KeyCheck = { state: validator === null ? 'not-asked' : 'unknown' };
  const votes = awaitVotes(clock.nowMs(), read.round);
  return {
    ...{ chain: null, continuity: null, marks: read, own: false, began: null, word: null, ownRound: null },
    ...{ check, disabled: null, checkedMs: null, decidedMs: null, rotation: { state: 'none' } },
    ...{ rotationUntilMs: 0, votes, waitLeadMs: leadMs(parts), open: new Set(), keys, signs },
    ...{ database: database(), startedMs: uptimeMs(), term: null, lastSlot: null, busyWith: () => null },
  };
}

export function factsOf(parts: DecisionParts, run: Run): Facts {
  const { clock } = parts;
  holdDeath(parts, run);
  const { continuity, votes, chain, marks, own, check } = run;
  const nowMs = clock.nowMs();
  const facts = { check, continuity, votes, nowMs, standby: standbyReason(parts, run) };
  if (chain === null) return { ...facts, slots: null };
  const now = slotAt(chain.slotMs, nowMs);
  run.began ??= now;
  if (run.own && (run.lastSlot === null || now > run.lastSlot)) run.lastSlot = now;
  return { ...facts, slots: { now, mark: marks.slot, own, began: run.began } };
}

/** An author's key that was removed starts over: it waits until the clock is above the mark. */
export function takenAway(run: Run, { file, danger }: KeyName): void {
  run.open.delete(file);
  if (danger === 'authors') run.own = false;
}
