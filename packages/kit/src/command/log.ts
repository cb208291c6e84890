import type { Logger } from 'pino';
import { visible } from '../index.ts';
import { createLogger } from '../log/index.ts';
import type { Io } from './io.ts';

export interface LogSettings {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `json`: one object a line; `text`: for people. */
  readonly format: 'json' | 'text';
}

/**
 * The log of the service, on standard error, in the configured form. Every line is written before the call
 * returns.
 */
export function openLog(io: Io, { level, format }: LogSettings): Logger {
  const write = format === 'json' ? io.err : (line: string) => io.err(textLine(line));
  return createLogger({ level, destination: { write } });
}

const LEVELS: Readonly<Record<number, string>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'ERROR',
  60: 'FATAL',
};

/** `2026-01-02T03:04:05.678Z info  message  event=listening url=…` */
export function textLine(line: string): string {
  const { level, time, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const when = new Date(Number(time)).toISOString();
  const fields = Object.entries(rest).map(([name, value]) => `${name}=${fieldText(value)}`);
  const head = [when, (LEVELS[Number(level)] ?? String(level)).padEnd(5), String(msg ?? '')].join(' ');
  return `${visible([head, ...fields].join('  '))}\n`;
}

function fieldText(value: unknown): string {
  return typeof value === 'string' && /^\S+$/.test(value) ? value : JSON.stringify(value);
}
