import { chainRound, chainSlot, roundOf } from '../nodes/chain.ts';
import type { Plan } from '../plan/plan.ts';
import type { SimEvent, WriteEvent } from '../world/history.ts';
import type { Violation } from './oracle.ts';

/** Clocks of services differ by up to 100 ms, and the base adds the skew of 500 ms. */
const SLOT_MARGIN_MS = 300;

/**
 * B: after the store went back, no unit of before is granted as new: every session is opened since, and its
 * base covers what an earlier self may have granted. A key that was adopted since has floors instead.
 */
export function grantedBelowBase(events: readonly SimEvent[], plan: Plan): Violation | null {
  // A clock that was stepped is not what the protocol assumes of the clock of a service.
  if (plan.features.has('clock-steps')) return null;
  let restore: SimEvent | null = null;
  const adopted = new Set<string>();
  for (const event of events) {
    if (event.kind === 'restore' && event.store) {
      restore = event;
      adopted.clear();
    }
    if (event.kind === 'write' && event.act === 'adopt') adopted.add(event.mark);
    if (restore === null || event.kind !== 'write' || event.act !== 'grant' || !event.isNewUnit) continue;
    if (adopted.has(event.mark) || !isBefore(event, restore.atMs, plan)) continue;
    const what = `${event.duty} ${event.unit} of before the restore was granted as new`;
    return { promise: 'B', what, events: [restore, event] };
  }
  return null;
}

function isBefore({ duty, unit }: WriteEvent, nowMs: number, plan: Plan): boolean {
  if (unit === null) return false;
  if (duty === 'babe') return BigInt(unit) <= chainSlot(nowMs + SLOT_MARGIN_MS);
  // After the set has changed, the base lies in the new set.
  const isFirstSet = plan.newSetAt === null || chainRound(nowMs) + 1n < plan.newSetAt;
  return duty === 'grandpa' && isFirstSet && roundOf(plan, unit) <= chainRound(nowMs) + 1n;
}
