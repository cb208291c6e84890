import { visible } from '../index.ts';
import type { Io } from './io.ts';

/** One JSON document on standard output; amounts that are bigints are decimal texts. */
export function printJson(io: Io, value: unknown): void {
  const text = JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? `${inner}` : inner), 2);
  io.out(`${text}\n`);
}

/** The document with `--json`, the text for people without. */
export function print(io: Io, json: boolean | undefined, value: unknown, text: () => string): void {
  if (json === true) printJson(io, value);
  else io.out(text());
}

/** Lines of text, each of which stays one line. */
export function lines(all: readonly string[]): string {
  return all.map((line) => `${visible(line)}\n`).join('');
}
