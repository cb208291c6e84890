import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '@watchbill/kit';
import type { Round, Schedule } from './chain.ts';
import type { Gate } from './gate.ts';

/** The parts of every duty of a validator. */
export interface DutyParts {
  readonly schedule: Schedule;
  readonly clock: Clock;
  readonly gate: Gate;
  readonly authority: number;
  readonly signal: AbortSignal;
}

interface VotingParts extends DutyParts {
  /** This process's own view of the chain: two machines never vote for the same target by accident. */
  readonly view: string;
  /** Term of the watch as last heard, decimal text; null before the first report. */
  readonly term: () => string | null;
}

/** Seals a block for each slot that the identity wins, from the next slot on, until aborted. */
export async function authorBlocks(parts: DutyParts): Promise<void> {
  const { schedule, clock, signal } = parts;
  let slot = schedule.slotAt(clock.nowMs()) + 1;
  while (!signal.aborted) {
    await clock.sleep(Math.max(0, schedule.slotStartMs(slot) - clock.nowMs()), signal);
    if (signal.aborted) return;
    if (schedule.slotAt(clock.nowMs()) < slot) continue;
    if (schedule.isAuthor(slot, parts.authority)) await authorSlot(parts, slot);
    slot = Math.max(slot + 1, schedule.slotAt(clock.nowMs()));
  }
}

async function authorSlot({ schedule, gate }: DutyParts, slot: number): Promise<void> {
  const deadlineMs = schedule.sealDeadlineMs(slot);
  const ask = { duty: 'babe', unit: String(slot), part: 'seal', term: null, deadlineMs } as const;
  // Every process builds its own block.
  await gate.sign({ ...ask, digest: `0x${randomBytes(32).toString('hex')}` });
}

/**
 * Enters and votes in each round, from the next one on, until aborted. A refused node abstains for the round.
 */
export async function voteInRounds(parts: VotingParts): Promise<void> {
  const { schedule, clock, signal } = parts;
  let round = schedule.nextRound(schedule.roundAt(clock.nowMs()));
  const running = new Set<Promise<void>>();
  while (!signal.aborted) {
    await clock.sleep(Math.max(0, round.startMs - clock.nowMs()), signal);
    if (signal.aborted) break;
    if (clock.nowMs() < round.startMs) continue;
    // A slow round goes on while the next one begins; deadlines keep the number of open rounds at two or
    // three.
    const work = voteInRound(parts, round).finally(() => running.delete(work));
    running.add(work);
    const now = schedule.roundAt(clock.nowMs());
    round = schedule.nextRound(now.startMs > round.startMs ? now : round);
  }
  await Promise.all(running);
}

async function voteInRound(parts: VotingParts, round: Round): Promise<void> {
  const { schedule, clock, signal } = parts;
  if (!(await enter(parts, round))) return;
  if (round.primary === parts.authority) await vote(parts, round, 'propose');
  if (!(await vote(parts, round, 'prevote'))) return;
  await clock.sleep(Math.max(0, schedule.precommitAtMs(round) - clock.nowMs()), signal);
  if (!signal.aborted) await vote(parts, round, 'precommit');
}

/** Refusals that the next moment may change: the watch may come to this node while the round is young. */
const MAY_CHANGE = new Set(['off-watch', 'watch-moved', 'not-ready']);
const ASK_AGAIN_MS = 60;

async function enter({ gate, clock, schedule, term, signal }: VotingParts, round: Round): Promise<boolean> {
  const deadlineMs = schedule.enterDeadlineMs(round);
  const ask = { duty: 'grandpa', unit: unitOf(round), part: 'enter', digest: null, deadlineMs } as const;
  while (!signal.aborted && clock.nowMs() < deadlineMs) {
    const asked = term();
    // Before the first report the term is unknown, and `enter` needs one.
    if (asked !== null) {
      const answer = await gate.claim({ ...ask, term: asked });
      if (answer.outcome === 'granted') return true;
      if (answer.outcome === 'denied' && !MAY_CHANGE.has(answer.reason)) return false;
    }
    await clock.sleep(ASK_AGAIN_MS, signal);
  }
  return false;
}

async function vote(
  { schedule, gate, view }: VotingParts,
  round: Round,
  part: 'propose' | 'prevote' | 'precommit',
): Promise<boolean> {
  const deadlineMs = schedule.voteDeadlineMs(round);
  const digest = target(view, round);
  const ask = { duty: 'grandpa', unit: unitOf(round), part, digest, term: null, deadlineMs } as const;
  return (await gate.sign(ask)).outcome === 'granted';
}

export function unitOf(round: Round): string {
  return `${round.set}/${round.round}`;
}

/** Target hash (32 bytes) and number (8 bytes, big-endian), as `0x` hex. */
export function target(view: string, round: Round): string {
  const hash = createHash('sha256')
    .update(`${view}\n${unitOf(round)}\n${round.target}`)
    .digest('hex');
  return `0x${hash}${BigInt(round.target).toString(16).padStart(16, '0')}`;
}
