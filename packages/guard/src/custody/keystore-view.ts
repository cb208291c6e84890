import { readdir } from 'node:fs/promises';
import { unfit } from '../fault.ts';
import { type KeyName, keyNameOf } from './key-name.ts';

/**
 * The keystore of a node as its shadow sees it: only the names of its session keys. The shadow can change no
 * file, and read no secret. Rejects with a GuardFault if the folder cannot be read.
 */
export function viewKeystore(path: string) {
  return {
    names: async (): Promise<readonly KeyName[]> => {
      const files = await readdir(path).catch((error: unknown) => {
        const remedy = 'name the keystore of the node, and run this as a user that may list it';
        throw unfit('keystore', `${path} cannot be listed`, remedy, error);
      });
      return files.toSorted().flatMap((file) => keyNameOf(file) ?? []);
    },
  };
}

export type KeystoreView = ReturnType<typeof viewKeystore>;
