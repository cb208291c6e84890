import { slotStartMs } from './ceiling.ts';
import type { Duty } from './duties.ts';
import type { Mark } from './mark.ts';
import type { Ceiling, Policy } from './policy.ts';

/** No later moment has a date. */
const LAST_DATE_MS = 8.64e15;

/**
 * The highest slot that the mark denies for ever, if it lies above the ceiling: a clock that was ahead let it
 * be granted, or an adoption put the floor there. Null if no present slot is shut out.
 */
export function shutAhead(
  { ceilings, duties }: Pick<Policy, 'ceilings' | 'duties'>,
  { floor, recent }: Pick<Mark, 'floor' | 'recent'>,
  duty: Duty,
  ceiling: Ceiling,
): { readonly slot: bigint; readonly until: string } | null {
  if (duty.ceiling !== 'clock' || ceiling.kind !== 'at') return null;
  const window = duties[duty.name]?.window ?? duty.window;
  const [slot] = recent[recent.length - window]?.unit ?? floor ?? [];
  const [now] = ceiling.highest[0] ?? [];
  if (slot === undefined || now === undefined || slot <= now) return null;
  const until = new Date(Math.min(slotStartMs(ceilings, slot + 1n), LAST_DATE_MS));
  return { slot, until: until.toISOString().replace(/[.]\d+/, '') };
}
