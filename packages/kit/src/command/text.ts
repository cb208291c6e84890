import { shown } from '../index.ts';

const LONGEST_CELL = 40;

/** `0x1234…cdef` for long hexadecimal texts; others as they are, and all with `-o wide`. */
export function shortHex(text: string): string {
  return /^0x[0-9a-f]{17,}$/.test(text) && !shown.inFull ? `${text.slice(0, 10)}…${text.slice(-6)}` : text;
}

/** A name for a column: at most 40 characters of it, and all of it with `-o wide`. */
export function short(name: string): string {
  const characters = shown.inFull ? [] : [...name];
  return characters.length > LONGEST_CELL ? `${characters.slice(0, LONGEST_CELL - 1).join('')}…` : name;
}

/** Points with two digits after the point, for example `87.50`. */
export function points(value: number): string {
  return value.toFixed(2);
}

/** How long ago, in the largest unit that fits: `6 s`, `20 min`, `5 h`, `3 d`. */
export function age(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
  ] as const;
  const [size, unit] = units.find(([least]) => ms >= least) ?? [1_000, 's'];
  return `${Math.floor(ms / size)} ${unit}`;
}
