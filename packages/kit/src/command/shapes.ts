// The shapes of the values that commands take. A shape that refuses a value names the mistake and the remedy.

import { z } from 'zod';
import { decimalIn, type Range, Refusal, secondsOf, wholeIn } from './readers.ts';

export { Refusal };

/** Reads one text of the command line. */
export type Read<Value> = z.ZodType<Value, string>;

/** A shape from a function. `value` is the word for it in `--help`, for example `key` in `--key <key>`. */
export function read<Value>(value: string, parse: (text: string) => Value | Refusal): Read<Value> {
  const shape = z.string().transform((text, context): Value => {
    const found = parse(text);
    if (!(found instanceof Refusal)) return found;
    const { what: message, remedy } = found;
    context.issues.push({ code: 'custom', message, params: { remedy }, input: text });
    return z.NEVER;
  });
  return shape.meta({ value }) as Read<Value>;
}

/** A text that is not blank. */
export function text(value: string): Read<string> {
  return read(value, (given) =>
    given.trim() === '' ? new Refusal('the value is empty', `give a ${value}, or leave it out`) : given,
  );
}

/** The name of a file or folder, as it was typed: the command reads it from the current folder. */
export const file = (value: 'file' | 'path' = 'file') => text(value);
export const folder = () => text('folder');

/** True if the flag is given. It takes no value. */
export function yes() {
  return z.boolean().default(false);
}

/** Values in the order in which they are given, at least one. */
export const several = <Value>(one: Read<Value>) => z.array(one);

/** Any number of them. */
export const repeated = <Value>(one: Read<Value>) => z.array(one).default([]);

/** One of some words. */
export function choice<const Word extends string>(value: string, words: readonly Word[]) {
  return z.enum(words).meta({ value });
}

/** A whole number in digits alone, for example `30`. */
export const whole = (value: string, range: Range) => read(value, wholeIn(range));

/** The same with decimals: `0.5`. */
export const decimal = (value: string, range: Range) => read(value, decimalIn(range));

export const milliseconds = () => whole('ms', { of: 'milliseconds', least: 1, most: 9_999_999 });
export const seconds = (most = 86_400) => whole('seconds', { of: 'seconds', least: 1, most });

/** Seconds of a time with its unit: `30s`, `10m`, `2h`, `3d`. */
export const span = (value = 'time') => read(value, secondsOf);

/** A moment, or how long ago it was. The answer is a function of the present; all are milliseconds. */
export function since(): Read<(nowMs: number) => number> {
  return read('time', (given) => {
    const ago = span().safeParse(given);
    if (ago.success) return (nowMs) => Math.max(0, nowMs - ago.data * 1_000);
    const atMs = /^\d{4}-\d{2}-\d{2}/.test(given) ? Date.parse(given) : Number.NaN;
    if (atMs >= 0) return () => atMs;
    const what = `${JSON.stringify(given)} is neither a duration nor a time`;
    return new Refusal(what, 'write 30m, 24h, 7d, or a moment such as 2026-11-23T08:00Z');
  });
}

/** An address of one of these schemes, for example `['http', 'https']`, without a user or password. */
export function url(schemes: readonly string[]): Read<string> {
  return read('url', (given) => {
    const found = URL.parse(given);
    if (found === null || !schemes.includes(found.protocol.slice(0, -1)))
      return new Refusal(
        `not an address of ${schemes.join(' or ')}`,
        `for example ${schemes[0]}://127.0.0.1`,
      );
    if (found.username === '' && found.password === '') return given;
    return new Refusal('the address holds a user or password', 'name a file with the secret instead');
  });
}

/** 32 bytes: the hash of a genesis block. */
export function hash(): Read<string> {
  return read('hash', (given) => {
    if (/^0x[0-9a-f]{64}$/i.test(given)) return given.toLowerCase();
    return new Refusal('the value is not a hash', 'give 0x and 64 hexadecimal digits');
  });
}
