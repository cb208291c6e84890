import type { KeyName } from '../custody/key-name.ts';
import type { KeyCheck } from '../custody/registered.ts';
import type { OpenKey } from '../custody/sealed-folder.ts';
import type { NamedChain } from '../node/named-chain.ts';
import type { NodeProcess } from '../node/process.ts';
import type { Continuity } from '../restart/continuity.ts';
import type { Round } from '../restart/round.ts';
import { slotAt } from '../restart/slots.ts';
import { awaitVotes } from '../restart/votes.ts';
import type { Allowance, DecisionParts, RotationState } from './parts.ts';
import { standbyReason } from './role.ts';
import type { Facts } from './verdict.ts';
import { holdDeath, leadMs } from './wait.ts';

export interface Chain extends NamedChain {
  readonly slotMs: bigint;
}

/**
 * The facts of a process of the node. The process before is gone when this begins: the guard saw its end, or
 * the service manager ended it together with the last guard. `signs`: the node below signs all the while, as
 * beside a shadow, so that votes of the own id are taken for those of this node, and show no clone.
 */
export function freshRun<Keys extends readonly { readonly name: KeyName }[]>(
  parts: DecisionParts,
  keys: Keys,
  signs = false,
) {
  const { clock, database, uptimeMs, validator } = parts;
  const marks = parts.marks.read();
  return {
    chain: null as Chain | null,
    continuity: null as Continuity | null,
    votes: awaitVotes(clock.nowMs(), marks.round),
    /** The wall clock without the time since the boot, in milliseconds, when the wait for votes began. */
    waitLeadMs: leadMs(parts),
    /** Written durably. The round mark that the wait begins with is in `votes`. */
    marks,
    /** The slot mark is of this process of the node. */
    own: false,
    began: null as bigint | null,
    /** A person's word that this machine holds while it is a standby; null: none. */
    word: null as (Allowance & { readonly untilMs: number }) | null,
    /** The round of the own voter at the last reading; null: not known yet. */
    ownRound: null as Round | null,
    check: { state: validator === null ? 'not-asked' : 'unknown' } as KeyCheck,
    /** The chain has disabled the validator for an offence; null: not known. */
    disabled: null as boolean | null,
    /** When the keys were last compared with the chain, in milliseconds since the boot. */
    checkedMs: null as number | null,
    /** When the guard last decided, in milliseconds since the boot: its lease begins there. */
    decidedMs: null as number | null,
    rotation: { state: 'none' } as RotationState,
    /** New keys are taken until then, in milliseconds since the boot. */
    rotationUntilMs: 0,
    /** The other validator for which this machine, a spare, is active; null: none. */
    busyWith: (): string | null => null,
    /** The term of the pair in which this process may hold keys; null on a standby, and without a pair. */
    term: null as bigint | null,
    /** The highest slot of the clock at a decision with an author's key placed; null: there was none. */
    lastSlot: null as bigint | null,
    open: new Set<string>(),
    /** The keys that are decided for. Those of a guard are shared by all processes: a rotation adds keys. */
    keys,
    signs,
    /** The database of this process: that of its start, or the first that was there; null: none was yet. */
    database: database(),
    /** When the process was started, in milliseconds since the boot. */
    startedMs: uptimeMs(),
  };
}

export type Run = ReturnType<typeof freshRun<readonly { readonly name: KeyName }[]>>;
export type GuardRun = ReturnType<typeof freshRun<OpenKey[]>> & { readonly node: NodeProcess };

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
