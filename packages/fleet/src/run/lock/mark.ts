import { bootId } from '@watchbill/kit/files';
import { z } from 'zod';
import { processMark, sameProcess } from './process-mark.ts';

/**
 * A process of this machine that cannot be taken for another: not for one that got its number later, and not
 * for one that had number and start in common with it before the machine was started anew.
 */
export const holderShape = z.strictObject({
  pid: z.int().min(1),
  /**
   * As in a {@link ProcessMark}; empty on a system that does not show it. There any process with this number
   * counts as the process.
   */
  startTicks: z.string(),
  /** Id of this boot of the machine; empty on a system that does not show it. */
  boot: z.string(),
});
export type Holder = Readonly<z.output<typeof holderShape>>;

/** Facts about processes that a lock needs. */
export interface Processes {
  readonly self: () => Holder;
  readonly lives: (holder: Holder) => boolean;
}

/** The processes of this machine. */
export const THIS_MACHINE: Processes = {
  self: () => ({ pid: process.pid, startTicks: processMark(process.pid)?.startTicks ?? '', boot: boot() }),
  lives: ({ pid, startTicks, boot: of }) => {
    if (of !== boot()) return false;
    return startTicks === '' ? answers(pid) : sameProcess({ pid, startTicks });
  },
};

function boot(): string {
  try {
    return bootId();
  } catch {
    return '';
  }
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Only this code means that there is no process. A process of another user, for example, has another
    // code.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
