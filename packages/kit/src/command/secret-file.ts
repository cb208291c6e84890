import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { systemFault } from '../index.ts';

/** A new file for a secret, which its owner alone may read. */
export interface SecretFile {
  readonly path: string;
  /** Durable when it returns; a failure removes the file. */
  readonly write: (text: string) => void;
  /** Takes the file away again. */
  readonly discard: () => void;
}

/**
 * Opens the file of `--out` before a secret exists, so that none is made that cannot be kept. Never an
 * existing one: it may be in use.
 */
export function reserveSecret(path: string): SecretFile {
  let handle: number;
  try {
    handle = openSync(path, 'wx', 0o600);
  } catch (error) {
    throw systemFault(error, path) ?? error;
  }
  return {
    path,
    write: (text) => {
      try {
        writeFileSync(handle, text);
        fsyncSync(handle);
      } catch (error) {
        rmSync(path, { force: true });
        throw systemFault(error, path) ?? error;
      } finally {
        closeSync(handle);
      }
    },
    discard: () => {
      closeSync(handle);
      rmSync(path, { force: true });
    },
  };
}
