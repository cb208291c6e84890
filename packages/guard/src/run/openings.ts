import type { KeyName } from '../custody/key-name.ts';
import { lookAtClock, refusalOf } from '../pipe/openings.ts';
import { slotAt } from '../restart/slots.ts';
import type { Run } from './facts.ts';
import { LEASE_MS, stoodStillMs } from './lease.ts';
import type { GuardParts } from './parts.ts';
import { raiseMark } from './raise-mark.ts';

/** Whether a key is given at this opening of its file. It throws if the mark cannot be written. */
export function mayGive(parts: GuardParts, run: Run, name: KeyName): boolean {
  watchClock(parts, run);
  const why = whyNot(parts, run, name);
  parts.events.opened(name, why);
  return why === null;
}

function whyNot(parts: GuardParts, run: Run, { file }: KeyName): string | null {
  if (!run.open.has(file) || run.chain === null) return 'the guard has not placed this key';
  const role = roleRefusal(parts, run);
  if (role !== null) return role;
  return refusalOf({
    now: slotAt(run.chain.slotMs, parts.clock.nowMs()),
    floor: run.floor,
    mark: run.own ? run.mark : null,
    stoodStillMs: stoodStillMs(parts, run),
    leaseMs: LEASE_MS,
  });
}

/** The role by the clock of this moment: the next decision may be a quarter of a second away. */
function roleRefusal({ role }: GuardParts, { term }: Run): string | null {
  if (role === null) return null;
  const standing = role.standing();
  if (standing.role === 'standby') return standing.say;
  if (standing.term !== term) return 'another term has begun';
  return standing.handTo === null ? null : `the active role goes to ${standing.handTo}`;
}

/**
 * With a key pipe: shuts it if the wall clock stepped back, until the slot is above the highest one that was
 * possible. That slot is a durable mark when this returns, so a restart does not forget it.
 */
export function watchClock(parts: GuardParts, run: Run): void {
  const { clock, rules, events } = parts;
  if (rules.pipe === null || run.chain === null) return;
  const sample = { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
  const { lead, shutUntil } = lookAtClock(run.lead, sample, run.chain.slotMs, rules.pipe);
  run.lead = lead;
  if (shutUntil !== null) events.steppedBack(raiseMark(parts, run, shutUntil));
}
