import type { Io } from '../../io.ts';
import { table } from '../../output/table.ts';

/**
 * Control characters, direction marks, lone surrogates, and characters without width other than the joiner of emoji:
 * names come from lists and telemetry, where anybody can write anything.
 */
const HIDDEN = /[\p{Cc}\p{Cs}\u00ad\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/gu;
const LONGEST_CELL = 40;

/** A text from outside as it may be printed in a line: what cannot be seen is written as `\u{…}`. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Lines of text, each made safe to print. */
export function lines(all: readonly string[]): string {
  return all.map((line) => `${visible(line)}\n`).join('');
}

/** A table of texts from anywhere; a name longer than its column may be is cut. */
export function safeTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  return table(
    headers,
    rows.map((row) => row.map(visible)),
  );
}

/** A name for a column: at most 40 characters of it. */
export function short(name: string): string {
  const characters = [...name];
  return characters.length > LONGEST_CELL ? `${characters.slice(0, LONGEST_CELL - 1).join('')}…` : name;
}

/** Points as people read them. */
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

/**
 * The document with `--json`, the text for people without. Amounts and heights are decimal texts, and what cannot be
 * seen is escaped in JSON too: it often ends on a terminal.
 */
export function show(io: Io, json: boolean | undefined, value: unknown, text: () => string): void {
  io.out(json === true ? `${safeJson(value)}\n` : text());
}

function safeJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? `${inner}` : inner), 2);
  // The only control character that JSON.stringify leaves between values is the line feed.
  return text.replace(HIDDEN, (character) => (character === '\n' ? character : escaped(character)));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
