import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '@watchbill/kit/files';
import type { CursorStore } from '../../cursor.ts';
import { inOrder } from './in-order.ts';

export const CURSOR_FILE = 'cursor';

/**
 * The cursor in a separate file. A store whose caller stopped waiting still ends before the next one begins,
 * so an old text never replaces a newer one.
 */
export function cursorFile(folder: string): CursorStore {
  const path = join(folder, CURSOR_FILE);
  const oneByOne = inOrder();
  return {
    load: async () => {
      try {
        return await readFile(path, 'utf8');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
        throw error;
      }
    },
    store: (text) => oneByOne(() => replaceFile({ path, text: text, mode: 0o600 })),
  };
}
