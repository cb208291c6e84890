import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BABE_KEYS, DEV_NAMES, type DevName, devPublicKey, type KeyType } from './dev-keys.ts';

/** Session keys of one suri that go into a node's keystore. */
export interface NodeKeys {
  /** For example `//Alice`. */
  readonly suri: string;
  /** Default: those of a BABE chain. */
  readonly types?: readonly KeyType[];
  /** Public keys by type, in hex digits; needed if the suri is not a development account. */
  readonly publicKeys?: Readonly<Partial<Record<KeyType, string>>>;
}

/** Write key files, each whole at once: a node reads them at every use. */
export function putKeys(folder: string, keys: readonly NodeKeys[]): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const { suri, file } of filesOf(keys)) {
    // No hex digits in front, so a keystore does not take the unfinished file for a key.
    const unfinished = join(folder, `new-${process.pid}-${file}`);
    writeFileSync(unfinished, JSON.stringify(suri), { mode: 0o600 });
    renameSync(unfinished, join(folder, file));
  }
}

/** Remove key files; a missing one is not a fault. */
export function removeKeys(folder: string, keys: readonly NodeKeys[]): void {
  for (const { file } of filesOf(keys)) rmSync(join(folder, file), { force: true });
}

function filesOf(keys: readonly NodeKeys[]): { suri: string; file: string }[] {
  return keys.flatMap((entry) =>
    (entry.types ?? BABE_KEYS).map((type) => ({
      suri: entry.suri,
      file: Buffer.from(type, 'ascii').toString('hex') + publicKeyOf(entry, type),
    })),
  );
}

/** The public key in the name of the file of this type, in hex digits. Throws if it is not known. */
export function publicKeyOf(entry: NodeKeys, type: KeyType): string {
  const given = entry.publicKeys?.[type];
  if (given !== undefined) return given.replace(/^0x/, '').toLowerCase();
  const name = DEV_NAMES.find((candidate) => entry.suri === `//${candidate}`);
  if (name !== undefined) return devPublicKey(name satisfies DevName, type);
  throw new Error(`no public key is known for ${entry.suri} (${type}): pass it as publicKeys.${type}`);
}
