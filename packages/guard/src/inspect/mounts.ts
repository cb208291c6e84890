import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { keyNameOf } from '../custody/key-name.ts';
import type { Look, MountFacts } from '../doctor/facts.ts';
import { looking } from './reading.ts';

/**
 * Finds key files that are mounted one by one, in every mount namespace of the machine: each container has
 * its own. `root` is the root folder of the machine.
 */
export async function inspectMounts(root: string): Promise<Look<MountFacts>> {
  return looking(async () => {
    const proc = join(root, 'proc');
    const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
    const namespaces = new Set<string>();
    const keys: MountFacts['keys'][number][] = [];
    let closed = 0;
    for (const pid of pids) {
      try {
        const namespace = await readlink(join(proc, pid, 'ns', 'mnt'));
        if (namespaces.has(namespace)) continue;
        const text = await readFile(join(proc, pid, 'mountinfo'), 'utf8');
        namespaces.add(namespace);
        keys.push(...mountedKeys(text).map((key) => ({ ...key, pid: Number(pid) })));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // The process has ended since the folder was listed.
        if (code === 'ENOENT' || code === 'ESRCH' || code === 'EINVAL') continue;
        if (code !== 'EACCES' && code !== 'EPERM') throw error;
        closed += 1;
      }
    }
    return { keys, closed };
  });
}

/** Of the fields in `/proc/PID/mountinfo`, the fourth is the mounted path, and the fifth the mount point. */
function mountedKeys(text: string): readonly Omit<MountFacts['keys'][number], 'pid'>[] {
  return text.split('\n').flatMap((line) => {
    const [, , , source = '', path = ''] = line.split(' ').map(withoutEscapes);
    const name = keyNameOf(basename(path)) ?? keyNameOf(basename(source));
    return name === null ? [] : [{ kind: name.kind, publicKey: name.publicKey, path }];
  });
}

/** The kernel writes a space as `\\040`. */
function withoutEscapes(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
