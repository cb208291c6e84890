import type { RunScript } from '../machines/ssh.ts';
import { fetchBackup } from './fetch.ts';
import type { Manifest } from './manifest.ts';
import type { Archive, Destination } from './port.ts';
import { type RestoreChecks, refuseSigner, refuseUnfit } from './restore-checks.ts';
import {
  clearAway,
  hasOld,
  IN_STAGE,
  inStage,
  readyStage,
  refuseLeftovers,
  type Swap,
  swapBack,
  swapIn,
} from './swap.ts';

/** A restore into the folder of a node. */
export interface FolderParts extends RestoreChecks {
  /** Scripts as the user of the node. */
  readonly asOwner: RunScript;
  /** The archive, used by these scripts. */
  readonly archiveBy: (run: RunScript) => Archive;
}

/** The folder of a node: a backup is beside the database until it gets its name. */
export function folderDestination(parts: FolderParts): Destination {
  const { run, folder } = parts;
  const swapOf = (manifest: Manifest): Swap => ({ run: parts.asOwner, folder, manifest });
  return {
    look: async (manifest, signal) => {
      await refuseUnfit(parts, manifest, signal);
      await refuseLeftovers(swapOf(manifest), signal);
      return {};
    },
    refuseSigner: (signal) => refuseSigner(parts, signal),
    prepare: async ({ manifest }, signal) => {
      const swap = swapOf(manifest);
      const inside = inStage(swap, run);
      await fetchBackup(inside, parts.archiveBy(inside), manifest, IN_STAGE, signal);
      await readyStage(swap, run, signal);
    },
    swapIn: async ({ manifest }, signal) => {
      await swapIn(swapOf(manifest), signal);
      return null;
    },
    hasOld: ({ manifest }, signal) => hasOld(swapOf(manifest), signal),
    wrong: async () => null,
    swapBack: ({ manifest }, signal) => swapBack(swapOf(manifest), signal),
    clearAway: ({ manifest }, old, signal) => clearAway(swapOf(manifest), old, signal),
    unread: false,
    // The fetched files are kept, so that they need not be fetched again.
    letGo: null,
    keptText: () => `its old database is in ${folder}`,
  };
}
