import type { ContinuityToken } from '../restart/continuity.ts';
import type { MarkFile, TokenFile } from './memory.ts';

/** A slot mark that ends with its process: the mark of a shadow allows no signature. */
export function marksInMemory(): MarkFile {
  let mark: bigint | null = null;
  return {
    read: () => mark,
    write: (next) => {
      mark = next;
    },
  };
}

/** A token that ends with its process. */
export function tokenInMemory(): TokenFile {
  let token: ContinuityToken | null = null;
  return {
    read: () => token,
    write: (next) => {
      token = next;
    },
    remove: () => {
      token = null;
    },
  };
}
