// Numbers of the commands that are not tables yet; see `shapes.ts`.

import { usageFault } from '../index.ts';
import { decimalIn, type Range, Refusal, secondsOf, wholeIn } from './readers.ts';

/** The unit and range of a number, and its place on the command line: `flag --timeout`, `argument COUNT`. */
export interface Asked extends Range {
  readonly where: string;
}

/** Longer times are not time-outs: timers of the platform cannot count them, and end at once. */
export const MOST_TIMER_MINUTES = 35_000;

/** The largest count of a flag whose real limit follows from other values. */
export const MOST_COUNT = 999_999_999;

/** A whole number. Throws a usage fault that names the flag and its range. */
export function wholeOf(text: string, asked: Asked): number {
  return taken(wholeIn(asked)(text), asked.where);
}

/** The same with decimals: `0.5`. */
export function decimalOf(text: string, asked: Asked): number {
  return taken(decimalIn(asked)(text), asked.where);
}

/** The parser of a flag in whole seconds. */
export function secondsFlag(flag: string, most = 86_400): (text: string) => number {
  return whole(flag, 'seconds', 1, most);
}

/** The parser of a flag that takes a whole number, for example `whole('--limit', 'rounds', 1, 100)`. */
export function whole(flag: string, of: string, least: number, most: number): (text: string) => number {
  return (text) => wholeOf(text, { where: `flag ${flag}`, of, least, most });
}

/** Seconds of a time with its unit: `30s`, `10m`, `2h`, `3d`. */
export function spanOf(text: string, flag: string): number {
  return taken(secondsOf(text), `flag ${flag}`);
}

function taken(found: number | Refusal, where: string): number {
  if (found instanceof Refusal) throw usageFault(found.what, found.remedy, where);
  return found;
}
