import { lastWindow, type Window, type WindowSchedule } from './window.ts';

/** The effect of a height on windows that are not handled yet. */
export interface Crossing {
  /** The window to take part in, if the height lies in its active phase. */
  readonly open: Window | null;
  /** Windows whose active phase this member did not see, by index. */
  readonly passed: { readonly from: bigint; readonly to: bigint } | null;
}

const NOTHING: Crossing = { open: null, passed: null };

/**
 * Detection by crossing: a window opens at the first height seen in its active phase, even if earlier heights
 * were skipped. `handled` is the last window that is done, so heights that repeat or go back have no effect.
 */
export function crossing(schedule: WindowSchedule, handled: bigint, height: bigint): Crossing {
  const last = lastWindow(schedule, height);
  if (last === null || last.index <= handled) return NOTHING;
  const open = height < last.activeEnd ? last : null;
  const [from, to] = [handled + 1n, open === null ? last.index : last.index - 1n];
  return { open, passed: from <= to ? { from, to } : null };
}

/**
 * The handled windows at a first start: all, except one that is open at this height if it may be joined.
 */
export function handledAtFirst(
  rules: { readonly schedule: WindowSchedule; readonly joinsUnremembered: boolean },
  height: bigint,
): bigint {
  const last = lastWindow(rules.schedule, height);
  if (last === null) return 0n;
  return rules.joinsUnremembered && height < last.activeEnd ? last.index - 1n : last.index;
}
