import type { Check } from './tally.ts';

/** Rules that a run breaks on purpose. `no-echo` hides evidence; the others break agreement. */
export const CONTROLS = [
  'no-lock',
  'lock-not-durable',
  'small-quorum',
  'no-rank',
  'cursor-not-durable',
  'no-echo',
] as const;

export type Control = (typeof CONTROLS)[number];

export interface SimulationOptions {
  /** Determines the whole run: the same seed gives the same report. */
  readonly seed: string;
  readonly windows: number;
  /** 4 by default, and at least 4, so that one of them may be Byzantine. */
  readonly members?: number;
  /** Number of Byzantine members; floor((members - 1) / 3) by default, and at most. */
  readonly byzantine?: number;
  /** The rule that is broken on purpose; none by default. */
  readonly control?: Control;
  /** Stop at the end of the window in which this check fails first; `true` stands for any check. */
  readonly untilViolation?: Check | boolean;
}

export interface Settings {
  readonly seed: string;
  readonly windows: number;
  readonly members: number;
  readonly byzantine: number;
  readonly control: Control | null;
  readonly untilViolation: Check | boolean;
}

const MAX_MEMBERS = 50;
const MAX_WINDOWS = 1_000_000;

/** Throws a RangeError if an option is out of its bounds. */
export function settingsOf(options: SimulationOptions): Settings {
  const { seed, windows, members = 4, control = null, untilViolation = false } = options;
  const most = Math.floor((members - 1) / 3);
  const { byzantine = most } = options;
  check(windows, 1, MAX_WINDOWS, 'windows');
  check(members, 4, MAX_MEMBERS, 'members');
  check(byzantine, 0, most, 'byzantine');
  return { seed, windows, members, byzantine, control, untilViolation };
}

function check(value: number, least: number, most: number, name: string): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${name} must be a whole number from ${least} to ${most}; got ${value}`);
}
