import type { KeyCheck } from '../custody/registered.ts';
import type { OpenKey } from '../custody/sealed-folder.ts';
import type { Continuity, FolderIdentity } from '../restart/continuity.ts';
import { awaitVotes, type VoteReturn } from '../restart/votes.ts';
import type { GuardParts, RotationState } from './parts.ts';
import type { Facts } from './verdict.ts';

export interface Chain {
  /** Genesis hash. */
  readonly genesis: string;
  readonly slotMs: bigint;
}

/** Facts about the present process of the node. */
export interface Run {
  chain: Chain | null;
  continuity: Continuity | null;
  votes: VoteReturn;
  mark: bigint | null;
  /** The mark is of this process of the node. */
  own: boolean;
  began: bigint | null;
  check: KeyCheck;
  /** When the keys were last compared with the chain, in milliseconds since the boot. */
  checkedMs: number | null;
  /** When the guard last decided, in milliseconds since the boot: its lease begins there. */
  decidedMs: number | null;
  rotation: RotationState;
  /** New keys are taken until then, in milliseconds since the boot. */
  rotationUntilMs: number;
  readonly open: Set<string>;
  /** Shared by all processes of the node: a rotation adds keys. */
  readonly keys: OpenKey[];
  readonly database: FolderIdentity | null;
  /** When the process was started, in milliseconds since the boot. */
  readonly startedMs: number;
}

/**
 * The process before is gone when this begins: the guard saw its end, or the service manager ended it
 * together with the last guard.
 */
export function freshRun(parts: GuardParts, keys: OpenKey[]): Run {
  const { clock, marks, database, uptimeMs, validator } = parts;
  const check: KeyCheck = { state: validator === null ? 'not-asked' : 'unknown' };
  return {
    ...{ chain: null, continuity: null, mark: marks.read(), own: false, began: null },
    ...{ check, checkedMs: null, decidedMs: null, rotation: { state: 'none' }, rotationUntilMs: 0 },
    ...{ votes: awaitVotes(clock.nowMs()), open: new Set(), keys },
    ...{ database: database(), startedMs: uptimeMs() },
  };
}

/** The facts of one decision. */
export function factsOf({ clock }: GuardParts, run: Run): Facts {
  const { continuity, votes, chain, mark, own, check } = run;
  const nowMs = clock.nowMs();
  if (chain === null) return { check, continuity, votes, slots: null, nowMs };
  const now = BigInt(Math.floor(nowMs)) / chain.slotMs;
  run.began ??= now;
  return { check, continuity, votes, slots: { now, mark, own, began: run.began }, nowMs };
}
