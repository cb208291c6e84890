import type { Io } from '../io.ts';

/** One JSON document on standard output. */
export function printJson(io: Io, value: unknown): void {
  io.out(`${JSON.stringify(value, null, 2)}\n`);
}

/** The document with `--json`, the text for people without. */
export function print(io: Io, json: boolean | undefined, value: unknown, text: () => string): void {
  if (json === true) printJson(io, value);
  else io.out(text());
}
