import { execFile } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, renameSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { causeText } from '@watchbill/base';
import { GuardFault } from '../fault.ts';

/** `open(2)`: a descriptor that stands for a file and does not open it. Node has no constant for it. */
const O_PATH = 0o10_000_000;
const MKFIFO_MS = 5_000;

/**
 * A FIFO that this process made. It is reached by a descriptor, so it may be renamed or removed meanwhile.
 */
export interface Fifo {
  readonly inode: bigint;
  /** Its name by the descriptor: `/proc/self/fd/27`. */
  readonly self: string;
  /** Puts it in the place of a name. */
  moveTo(path: string): void;
  /** Lets a writer and a reader that wait on it go on; the reader then reads nothing. */
  wake(): void;
  /** Ends the descriptor. No process may wait on it any more. */
  close(): void;
  /** Removes its name, and ends the descriptor. */
  discard(): void;
}

/** Makes FIFOs with mode 0600. Rejects with a {@link GuardFault}, for example if memory is full. */
export async function makeFifos(paths: readonly string[]): Promise<readonly Fifo[]> {
  try {
    await promisify(execFile)('mkfifo', ['--mode=600', '--', ...paths], { timeout: MKFIFO_MS });
    return paths.map(fifoAt);
  } catch (error) {
    for (const path of paths) rmSync(path, { force: true });
    const what = `a FIFO cannot be made: ${causeText(error)}`;
    throw new GuardFault('keystore', what, 'free memory of this tmpfs; mkfifo is of coreutils', error);
  }
}

function fifoAt(path: string): Fifo {
  const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  const stat = fstatSync(fd, { bigint: true });
  if (!stat.isFIFO()) throw new Error(`${path} is not a FIFO`);
  const self = `/proc/self/fd/${fd}`;
  let name = path;
  return {
    inode: stat.ino,
    self,
    moveTo: (next) => {
      renameSync(name, next);
      name = next;
    },
    wake: () => {
      // A read end lets a writer go on that waits for one, also when it is closed again at once (`fifo(7)`).
      closeSync(openSync(self, constants.O_RDONLY | constants.O_NONBLOCK));
      wakeReader(self);
    },
    close: () => closeSync(fd),
    discard: () => {
      rmSync(name, { force: true });
      closeSync(fd);
    },
  };
}

/** A writer that comes and goes ends the wait of a reader. ENXIO: no reader waits. */
export function wakeReader(self: string): void {
  try {
    closeSync(openSync(self, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
  }
}
