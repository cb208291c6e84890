import { readdir } from 'node:fs/promises';
import { GuardFault, unfit } from '../fault.ts';
import { type KeyName, keyNameOf } from './key-name.ts';

/**
 * The keystore of a node as its shadow sees it: only names. The shadow can change no file, and read no
 * secret.
 */
export interface KeystoreView {
  /**
   * The session keys that are in the folder now, by their names; other files are left out. Rejects with a
   * {@link GuardFault} if the folder cannot be read.
   */
  names(): Promise<readonly KeyName[]>;
}

/** The view of a folder, for example `/var/lib/polkadot/chains/polkadot/keystore`. */
export function viewKeystore(path: string): KeystoreView {
  return {
    names: async () => {
      const files = await readdir(path).catch((error: unknown) => {
        const remedy = 'name the keystore of the node, and run this as a user that may list it';
        throw unfit('keystore', `${path} cannot be listed`, remedy, error);
      });
      return files.toSorted().flatMap((file) => keyNameOf(file) ?? []);
    },
  };
}
