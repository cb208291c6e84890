import {
  type Duty,
  type DutyPolicy,
  dutyNamed,
  formatUnit,
  isAfterLast,
  type Policy,
  parseUnit,
  topOf,
} from '../../rule/index.ts';
import type { Compare } from '../../store/index.ts';
import { PermitFault } from '../contract.ts';
import { keys } from '../ground/keys.ts';
import { type HeldMark, readMark } from '../ground/marks.ts';
import { compareOf } from '../ground/records.ts';
import type { CoreModules } from '../modules.ts';

const RAISED =
  'Make sure that no other ledger grants these units, and send the policy with floors: `watchbill adopt --policy FILE`.';

/**
 * Duties whose `lastUnit` the next policy raises or leaves out. Another ledger may have begun there, so only
 * an adoption with a floor may do that: claim protocol section 6.
 */
export function raisedLastUnits(before: Policy | undefined, next: Policy): string[] {
  return Object.entries(before?.duties ?? {}).flatMap(([name, { lastUnit }]) => {
    const duty = dutyNamed(name);
    if (lastUnit === undefined || duty === null) return [];
    const parsed = parseUnit(duty.fields, next.duties[name]?.lastUnit ?? '');
    return parsed.ok && !isAfterLast({ lastUnit }, duty, parsed.unit) ? [] : [name];
  });
}

/**
 * Compares with the marks of all duties whose last unit changes, so that no grant above it comes between.
 * Throws a PermitFault `last-unit-raised`, or `last-unit-passed` if there is such a grant already.
 */
export async function lastUnitGuards(
  { context: { parts, options } }: CoreModules,
  before: Policy | undefined,
  next: Policy,
): Promise<Compare[]> {
  const raised = raisedLastUnits(before, next);
  const message = `the policy raises or removes the last unit of ${raised.join(' and ')}`;
  if (raised.length > 0) throw new PermitFault('last-unit-raised', 409, message, RAISED);
  const guards: Compare[] = [];
  for (const [name, { lastUnit }] of Object.entries(next.duties)) {
    const duty = dutyNamed(name);
    if (duty === null || lastUnit === undefined || lastUnit === before?.duties[name]?.lastUnit) continue;
    const held = await readMark(parts.store, { ...next, duty }, options.storeTimeoutMs);
    mustEnd(next, duty, held);
    guards.push(compareOf(keys.mark(next.chain, next.key, name), held?.headText ?? null));
  }
  return guards;
}

/** Throws a PermitFault `last-unit-passed` if the mark knows a unit above the last one of the policy. */
export function mustEnd(policy: Policy, duty: Duty, held: HeldMark | null): void {
  const top = held && topOf(held.mark);
  const dutyPolicy: Partial<DutyPolicy> = policy.duties[duty.name] ?? {};
  if (top === null || !isAfterLast(dutyPolicy, duty, top)) return;
  const message = `${duty.name} is at ${formatUnit(top)} already, above the last unit ${dutyPolicy.lastUnit}`;
  const remedy = 'Choose a last unit that lies ahead: `watchbill status` shows the newest one.';
  throw new PermitFault('last-unit-passed', 409, message, remedy);
}
