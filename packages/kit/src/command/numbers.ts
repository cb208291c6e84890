/** The unit and range of a number, and its place on the command line: `flag --timeout`, `argument COUNT`. */
export interface Asked {
  readonly where: string;
  readonly of: string;
  readonly least: number;
  readonly most: number;
}

/** Longer times are not time-outs: timers of the platform cannot count them, and end at once. */
export const MOST_TIMER_MINUTES = 35_000;

/**
 * A whole number, in digits alone, for example `30`. Throws a usage fault that names the flag and its range.
 */
export function wholeOf(text: string, asked: Asked): number {
  return within(/^\d{1,15}$/.test(text) ? Number(text) : Number.NaN, text, asked, 'whole number');
}

/** The same with decimals: `0.5`. */
export function decimalOf(text: string, asked: Asked): number {
  return within(/^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN, text, asked, 'number');
}

/**
 * The parser of a flag in whole seconds: the parser refuses a wrong value before the command opens anything.
 */
export function secondsFlag(flag: string, most = 86_400): (text: string) => number {
  return (text) => wholeOf(text, { where: `flag ${flag}`, of: 'seconds', least: 1, most });
}

/** The largest count of a flag whose real limit follows from other values. */
export const MOST_COUNT = 999_999_999;

/** The parser of a flag that takes a whole number, for example `whole('--limit', 'rounds', 1, 100)`. */
export function whole(flag: string, of: string, least: number, most: number): (text: string) => number {
  return (text) => wholeOf(text, { where: `flag ${flag}`, of, least, most });
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds of a time with its unit: `30s`, `10m`, `2h`, `3d`. */
export function spanOf(text: string, flag: string): number {
  const [, digits, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const scale = UNITS[unit];
  if (digits !== undefined && scale !== undefined) return Number(digits) * scale;
  throw usageFault(
    `${JSON.stringify(text)} is not a time`,
    `give 30s, 10m, 2h or 3d: for example ${flag} 10m`,
    `flag ${flag}`,
  );
}

function within(value: number, text: string, { where, of, least, most }: Asked, kind: string): number {
  if (value >= least && value <= most) return value;
  throw usageFault(
    `${JSON.stringify(text)} is not a ${kind} of ${of} from ${least} to ${most}`,
    `give digits, without a unit: for example ${least}`,
    where,
  );
}

import { usageFault } from '../index.ts';
