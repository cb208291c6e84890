import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Called at named places of a process, for tests of crashes and of slowness. */
export type Failpoint<Name extends string> = (name: Name) => void | Promise<void>;

/** `before-transaction:delay=700`. */
const DELAY = /^delay=([1-9][0-9]{0,4})$/;

/**
 * A failpoint that ends this process by SIGKILL at its `nth` visit, given as `name:nth`, or that holds up
 * every visit, given as `name:delay=MS`. A process has one only if `WATCHBILL_FAILPOINT` is set. Throws for a
 * name that is not one of `names`.
 */
export function killingFailpointOf<Name extends string>(
  names: readonly Name[],
  text: string,
): Failpoint<Name> {
  const [name, nth = ''] = text.split(':');
  const known = names.find((failpoint) => failpoint === name);
  const delayMs = Number(DELAY.exec(nth)?.[1] ?? Number.NaN);
  if (known !== undefined && delayMs > 0)
    return (visited) => (visited === known ? sleep(delayMs) : undefined);
  const visits = Number(nth);
  if (known === undefined || !Number.isSafeInteger(visits) || visits < 1) {
    throw new RangeError(
      `WATCHBILL_FAILPOINT is NAME:NTH or NAME:delay=MS, with NAME one of ${names.join(', ')}`,
    );
  }
  let seen = 0;
  return (visited) => {
    if (visited !== known) return;
    seen += 1;
    if (seen !== visits) return;
    // Written synchronously: a logger in a thread would lose the line.
    writeSync(2, `WATCHBILL_FAILPOINT ${text}: this process ends itself now, at ${Date.now()}\n`);
    process.kill(process.pid, 'SIGKILL');
  };
}
