import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** Why a file is not read; `code` as the system reports it, if it does. */
export class UnreadableFile extends Error {
  readonly code: string | null;
  constructor(message: string, code: string | null, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'UnreadableFile';
    this.code = code;
  }
}

/**
 * The bytes of a regular file up to a limit. Pipes and devices are not opened: a pipe may block, and a device
 * may never end. Throws an {@link UnreadableFile}.
 */
export function readRegular(path: string, mostBytes: number): Buffer {
  let handle: number | null = null;
  try {
    // Without it, opening a pipe without a writer does not return.
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const about = fstatSync(handle);
    if (about.isDirectory()) throw new UnreadableFile('it is a folder', 'EISDIR');
    if (!about.isFile()) throw new UnreadableFile('it is not a regular file', null);
    if (about.size > mostBytes)
      throw new UnreadableFile(`it has ${about.size} bytes, and at most ${mostBytes} are read`, null);
    return readFileSync(handle);
  } catch (error) {
    if (error instanceof UnreadableFile) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'EACCES' || code === 'EPERM' ? 'this user may not read it' : 'the system refuses to open it';
    throw new UnreadableFile(why, code ?? null, error);
  } finally {
    if (handle !== null) closeSync(handle);
  }
}
