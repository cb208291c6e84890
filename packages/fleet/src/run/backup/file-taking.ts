import { shellWord } from '@watchbill/kit/ssh';
import type { RunScript } from '../machines/ssh.ts';
import { locked } from './archive/layout.ts';
import { BackupFault } from './backup-fault.ts';
import { differenceOf, differenceText, isSame } from './compare.ts';
import { lookAtFolder } from './disk.ts';
import { encodeManifest } from './manifest.ts';
import type { Archive, Taking } from './port.ts';

/** Files that differ are copied once more, a limited number of times. */
const MOST_REPAIRS = 1;

/** The longest time for a copy that a killed process left running. */
const LOCK_SECONDS = 600;

/** Runs scripts on the copies of a node, one at a time; see {@link locked}. */
export function lockedRun(run: RunScript, lockFile: string, waitSeconds = LOCK_SECONDS): RunScript {
  return (script, signal) => run(locked(shellWord(lockFile), waitSeconds, script), signal);
}

/** The files of a node's folder in an archive. */
export function fileTaking(run: RunScript, folder: string, archive: Archive): Taking {
  return {
    address: archive.address,
    renews: true,
    ready: async (signal) => {
      await archive.version(signal);
    },
    look: async (_id, signal) => {
      const version = await archive.version(signal);
      const looked = await lookAtFolder(run, folder, signal);
      return { ...looked, volumes: [], tool: { kind: archive.kind, version } };
    },
    copy: (manifest, signal) => archive.put(manifest, folder, manifest.files, signal),
    verify: async (manifest, signal) => {
      for (let repairs = 0; ; repairs += 1) {
        const difference = differenceOf(manifest, await archive.digests(manifest, signal));
        if (isSame(difference)) return;
        if (repairs >= MOST_REPAIRS)
          throw new BackupFault(
            'differs',
            `${archive.address} does not have the copied files: ${differenceText(difference)}`,
            'check the disk and the memory of the machine, and the archive; then run this again',
          );
        await archive.drop(manifest, [...difference.differing, ...difference.extra], signal);
        await archive.put(manifest, folder, manifest.files, signal);
      }
    },
    has: async (manifest, signal) => {
      // An archive that cannot be used now may still have the copy.
      await archive.version(signal);
      const sums = await archive.digests(manifest, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        if (error instanceof BackupFault) return null;
        throw error;
      });
      return sums !== null && isSame(differenceOf(manifest, sums));
    },
    publish: (manifest, signal) => archive.publish(manifest, encodeManifest(manifest), signal),
  };
}
