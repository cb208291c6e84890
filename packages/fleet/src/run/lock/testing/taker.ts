/**
 * `taker.ts LOCK OWNER TAKES`: takes a lock TAKES times, and checks each time whether another process holds
 * it too. Every fifth time or so it is killed while it holds it. Prints its observations as a line of JSON.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isRunning } from '@watchbill/kit/testing';
import { takeLock } from '../index.ts';

const [, , file = '', owner = '', takes = ''] = process.argv;
const MOST_MS = 60_000;
const end = performance.now() + MOST_MS;
let took = 0;

/** The holder of the lock writes its name into this file; only the holder may write there. */
function owns(): string {
  return existsSync(owner) ? readFileSync(owner, 'utf8') : '';
}

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function spin(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

while (took < Number(takes) && performance.now() < end) {
  const lock = takeLock(file);
  if (!lock.ok) {
    spin(Math.random() * 2);
    continue;
  }
  took += 1;
  const last = owns();
  if (last !== '' && isRunning(Number(last))) tell({ two: [process.pid, Number(last)] });
  writeFileSync(owner, String(process.pid));
  spin(Math.random() * 2);
  if (owns() !== String(process.pid)) tell({ two: [process.pid, owns()] });
  if (Math.random() < 0.2) {
    process.stdout.write('{"killed":true}\n', () => process.kill(process.pid, 'SIGKILL'));
    await new Promise(() => setTimeout(() => {}, MOST_MS));
  }
  writeFileSync(owner, '');
  lock.release();
  await new Promise((resolve) => setTimeout(resolve, 1));
}
tell({ took });
