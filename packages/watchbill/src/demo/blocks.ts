import type { Clock } from '@watchbill/kit';
import type { Schedule } from './chain.ts';
import type { Gate } from './gate.ts';
import type { Timing } from './timing.ts';

/** The parts of every duty of a validator. */
export interface DutyParts {
  readonly schedule: Schedule;
  readonly timing: Timing;
  readonly clock: Clock;
  readonly gate: Gate;
  readonly authority: number;
  readonly signal: AbortSignal;
}

interface AuthoringParts extends DutyParts {
  /** A fresh pre-seal hash, `0x` and 64 hex digits: every process builds its own block. */
  readonly buildBlock: () => string;
}

/** Seals a block for each slot that the identity wins, from the next slot on, until aborted. */
export async function authorBlocks(parts: AuthoringParts): Promise<void> {
  const { schedule, clock, signal } = parts;
  let slot = schedule.slotAt(clock.nowMs()) + 1;
  while (!signal.aborted) {
    await clock.sleep(Math.max(0, schedule.slotStartMs(slot) - clock.nowMs()), signal);
    if (signal.aborted) return;
    if (schedule.slotAt(clock.nowMs()) < slot) continue;
    if (schedule.claimOf(slot, parts.authority) !== null) await authorSlot(parts, slot);
    slot = Math.max(slot + 1, schedule.slotAt(clock.nowMs()));
  }
}

async function authorSlot(
  { schedule, timing, gate, buildBlock }: AuthoringParts,
  slot: number,
): Promise<void> {
  const deadlineMs = timing.sealDeadlineMs(schedule.slotStartMs(slot));
  const ask = { duty: 'babe', unit: String(slot), part: 'seal', term: null, deadlineMs } as const;
  await gate.sign({ ...ask, digest: buildBlock() });
}
