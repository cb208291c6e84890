import { slotAt } from '../restart/slots.ts';
import type { Run } from './facts.ts';
import { StayStopped } from './latch.ts';
import type { DecisionParts, GuardParts } from './parts.ts';
import { beginWait } from './wait.ts';

/** This machine may not hold keys any more: the role was taken over, or it could not be renewed. */
export class RoleLost extends Error {}

/** A person asked this active machine to hand over. */
export class HandOverAsked extends Error {
  readonly to: string;
  constructor(to: string) {
    super(`the active role goes to ${to}`);
    this.to = to;
  }
}

/**
 * Begins the term if this machine has become active. Throws {@link RoleLost} or {@link HandOverAsked} if it
 * was active and has to let go. Called like {@link holdLease}: at each decision and before each placement.
 */
export function holdRole(parts: GuardParts, run: Run): void {
  const { role, latch } = parts;
  if (role === null) return;
  const standing = role.standing();
  if (standing.role === 'standby') {
    if (standing.isRival === true) throw new StayStopped(latch, 'rival', standing.say);
    if (run.term !== null) throw new RoleLost(standing.say);
    return;
  }
  if (run.term !== null && run.term !== standing.term) throw new RoleLost('another term has begun');
  if (standing.handTo !== null) throw new HandOverAsked(standing.handTo);
  if (run.term !== null || run.busyWith() !== null) return;
  // The slots of the other machine are needed, so the own chain has to be known.
  if (standing.isNew && !beginTerm(parts, run, standing.lastSlot)) return;
  void parts.failpoint('before-term');
  role.begins(standing.term);
  void parts.failpoint('after-term');
  run.term = standing.term;
}

/**
 * Another machine held the keys until now: its votes ended no later than this moment, and its slots at
 * `lastSlot`, or at the slot of this moment by a clock that is ahead. False while the own node is silent.
 */
function beginTerm(parts: DecisionParts, run: Run, lastSlot: bigint | null): boolean {
  const { clock, token, rules } = parts;
  if (run.chain === null) return false;
  token.remove();
  const nowMs = clock.nowMs();
  const last = lastSlot ?? slotAt(run.chain.slotMs, nowMs + rules.votes.clockMarginMs);
  beginWait(parts, run);
  run.continuity = { state: 'not-proven', why: 'other-machine' };
  // Durable before the term: a later process of the node does not begin it again.
  raiseMark(parts, run, last);
  run.began = null;
  return true;
}

/** Why no key may be placed here, by the role of this machine; null if its role allows keys. */
export function standbyReason({ role }: DecisionParts, run: Run): string | null {
  if (role === null || run.term !== null) return null;
  const standing = role.standing();
  if (standing.role === 'standby') return standing.say;
  return busySentence(run) ?? 'waits for the first answer of the own node';
}

export function busySentence(run: Run): string | null {
  const other = run.busyWith();
  return other === null ? null : `this machine is active for ${other}`;
}

/** Keeps an author's key away until the clock is above a slot. Durable when it returns. */
function raiseMark({ marks }: DecisionParts, run: Run, slot: bigint): void {
  run.own = false;
  if (run.marks.slot !== null && run.marks.slot >= slot) return;
  // In memory first: it only refuses, also if the disk fails.
  run.marks = { ...run.marks, slot };
  marks.write(run.marks);
}
