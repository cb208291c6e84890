import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { usageFault } from '../fault.ts';

/** A new file for a secret, which its owner alone may read. */
export interface SecretFile {
  readonly path: string;
  /** Durable when it returns. */
  readonly write: (text: string) => void;
  /** Takes the file away again. */
  readonly discard: () => void;
}

/** Opens the file of `--out` before a secret exists, so that none is made that cannot be kept. Never an existing one: it may be in use. */
export function reserveSecret(path: string): SecretFile {
  let handle: number;
  try {
    handle = openSync(path, 'wx', 0o600);
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw usageFault(
      exists ? `${path} exists already and is never overwritten` : `${path} cannot be made`,
      exists ? 'name a new file' : 'check the folder and its permissions',
      'flag --out',
    );
  }
  return {
    path,
    write: (text) => {
      writeSync(handle, text);
      fsyncSync(handle);
      closeSync(handle);
    },
    discard: () => {
      closeSync(handle);
      rmSync(path, { force: true });
    },
  };
}
