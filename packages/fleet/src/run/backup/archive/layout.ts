import { decodeManifest } from '../manifest.ts';
import type { BackupName, Listed } from '../port.ts';

/**
 * The folder of a backup in an archive of folders: `NETWORK/NODE/ID`, with `manifest.json` and `data` in it.
 */
export function folderOf({ network, node, id }: BackupName): string {
  return `${network}/${node}/${id}`;
}

export const MANIFEST_FILE = 'manifest.json';

/** `NETWORK/NODE/ID`; null for another path. */
export function nameOf(path: string): BackupName | null {
  const [, network, node, id] =
    /^([a-z][-a-z0-9]*)\/([a-z][-a-z0-9]*)\/(\d{8}T\d{6}Z-\d{1,12})\/?$/.exec(path) ?? [];
  return network === undefined || node === undefined || id === undefined ? null : { network, node, id };
}

/** The manifest in a text with this name. A manifest under the name of another is damage. */
export function listedOf(name: BackupName, text: string | null): Listed {
  if (text === null) return { ...name, manifest: null, detail: 'begun and not finished' };
  const read = decodeManifest(text);
  if (!read.ok) return { ...name, manifest: null, detail: `its manifest is damaged: ${read.detail}` };
  const { network, node, id } = read.manifest;
  if (folderOf({ network, node, id }) !== folderOf(name))
    return { ...name, manifest: null, detail: `its manifest is that of ${folderOf({ network, node, id })}` };
  return { ...name, manifest: read.manifest, detail: '' };
}

/**
 * Runs a script under a lock, so that one program at a time works on the copies of a node: of two, one could
 * write after the other has read back. Waits up to `waitSeconds` for a process that a killed run left; then
 * the second is refused. `file`: a word of a shell.
 */
export function locked(file: string, waitSeconds: number, script: string): string {
  return `exec 9>${file}
flock -w ${waitSeconds} 9 || { echo 'an earlier copy of this node is still running' >&2; exit 75; }
${script}`;
}
