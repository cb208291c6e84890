import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogWish, Sinks } from './port.ts';

/** The most bytes of a file that are read for its last lines. */
const MOST_BYTES = 8 * 2 ** 20;
const LOOK_EVERY_MS = 250;
const PART_BYTES = 65_536;
/** How nodes begin a line, in the time of the machine. */
const STAMP = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)/;

/**
 * Returns the lines of a log that a node of this machine writes, and with follow new lines until the signal.
 */
export async function readLog(
  path: string,
  wish: LogWish,
  nowMs: number,
  sinks: Sinks,
  signal: AbortSignal,
): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - MOST_BYTES);
    const text = (await bytesFrom(file, start, size - start)).toString('utf8');
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    const chosen = chosenLines(lines, wish, nowMs);
    if (chosen.length > 0) sinks.out(Buffer.from(`${chosen.join('\n')}\n`));
    if (last !== '') sinks.out(Buffer.from(last));
    if (wish.follow) await follow(file, size, sinks, signal);
  } finally {
    await file.close();
  }
}

/** The last lines, from the first one that is recent enough. Pure. */
export function chosenLines(
  lines: readonly string[],
  { tail, sinceSeconds }: Pick<LogWish, 'tail' | 'sinceSeconds'>,
  nowMs: number,
): readonly string[] {
  const fromMs = sinceSeconds === null ? null : nowMs - sinceSeconds * 1_000;
  const first = fromMs === null ? 0 : lines.findIndex((line) => (stampOf(line) ?? -Infinity) >= fromMs);
  const recent = first < 0 ? [] : lines.slice(first);
  return tail === null ? recent : tail === 0 ? [] : recent.slice(-tail);
}

function stampOf(line: string): number | null {
  const [, day, time] = STAMP.exec(line) ?? [];
  const ms = day === undefined ? Number.NaN : Date.parse(`${day}T${time}`);
  return Number.isNaN(ms) ? null : ms;
}

async function follow(file: FileHandle, from: number, sinks: Sinks, signal: AbortSignal): Promise<void> {
  let at = from;
  while (!signal.aborted) {
    const { size } = await file.stat();
    // If the log became shorter, it was truncated and is read from its beginning.
    if (size < at) at = 0;
    if (size > at) {
      const part = await bytesFrom(file, at, Math.min(PART_BYTES, size - at));
      at += part.length;
      sinks.out(part);
    } else await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function bytesFrom(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
