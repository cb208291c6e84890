import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Failpoint, FailpointName } from './ports.ts';

/** The places between two steps of a claim at which a test may kill the process. */
export const FAILPOINTS: readonly FailpointName[] = [
  'claim-received',
  'before-transaction',
  'after-transaction',
  'before-append',
  'after-append',
  'before-reply',
];

/** The places around the transaction that raises the ledger to format 2. */
export const RAISE_FAILPOINTS: readonly FailpointName[] = ['before-raise', 'after-raise'];

/** `before-transaction:delay=700`. */
const DELAY = /^delay=([1-9][0-9]{0,4})$/;

/**
 * A failpoint that ends this process by SIGKILL at its `nth` visit, given as `name:nth`, or that holds up
 * every visit, given as `name:delay=MS`. For tests of crashes and of slowness; the service starts with it
 * only if `WATCHBILL_FAILPOINT` is set. Throws for an unknown name.
 */
export function killingFailpoint(text: string): Failpoint {
  const [name, nth = ''] = text.split(':');
  const all = [...FAILPOINTS, ...RAISE_FAILPOINTS];
  const known = all.find((failpoint) => failpoint === name);
  const delayMs = Number(DELAY.exec(nth)?.[1] ?? Number.NaN);
  if (known !== undefined && delayMs > 0)
    return (visited) => (visited === known ? sleep(delayMs) : undefined);
  const visits = Number(nth);
  if (known === undefined || !Number.isSafeInteger(visits) || visits < 1) {
    throw new RangeError(
      `WATCHBILL_FAILPOINT is NAME:NTH or NAME:delay=MS, with NAME one of ${all.join(', ')}`,
    );
  }
  let seen = 0;
  return (visited) => {
    if (visited !== known) return;
    seen += 1;
    if (seen !== visits) return;
    // Written at once: a logger in a thread would lose the line.
    writeSync(2, `WATCHBILL_FAILPOINT ${text}: this process ends itself now, at ${Date.now()}\n`);
    process.kill(process.pid, 'SIGKILL');
  };
}
