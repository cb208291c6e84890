import { fetchBackup } from './fetch.ts';
import type { Manifest } from './manifest.ts';
import type { Archive, Destination } from './port.ts';
import { type RestoreChecks, refuseSigner, refuseUnfit } from './restore-checks.ts';
import {
  clearAway,
  hasOld,
  readyStage,
  refuseLeftovers,
  type Swap,
  stageOf,
  swapBack,
  swapIn,
} from './swap.ts';

/** The folder of a node: a backup is beside the database until it gets its name. */
export function folderDestination(parts: RestoreChecks & { readonly archive: Archive }): Destination {
  const { run, folder, archive } = parts;
  const swapOf = (manifest: Manifest): Swap => ({ run, folder, manifest });
  return {
    look: async (manifest, signal) => {
      await refuseUnfit(parts, manifest, signal);
      await refuseLeftovers(swapOf(manifest), signal);
      return {};
    },
    refuseSigner: (signal) => refuseSigner(parts, signal),
    prepare: async ({ manifest }, signal) => {
      const swap = swapOf(manifest);
      await fetchBackup(run, archive, manifest, stageOf(swap), signal);
      await readyStage(swap, signal);
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
    keptText: () => `its old database lies in ${folder}`,
  };
}
