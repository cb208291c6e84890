/**
 * Chooses the files of a node's folder for a backup: the chain databases, and no other file. The list names
 * the included files instead of the excluded ones, so that a key at a new place is left out too.
 */
const DATABASE = /^(data|relay)\/chains\/[A-Za-z0-9._-]+\/(db|paritydb)(\/[A-Za-z0-9._-]+)+$/;
/** Keystore files are named by key type and public key in hex; node keys have special names. */
const KEY_NAME = /^([0-9a-f]{72}|[0-9a-f]{74}|secret_ed25519|.*\.key)$/;
const KEY_FOLDERS = new Set(['keystore', 'keystores', 'network', 'keys']);

/** A database of a chain, from the folder of a node: `data/chains/ID/db`. */
export const DATABASE_FOLDER = /^(data|relay)\/chains\/([A-Za-z0-9._-]+)\/(db|paritydb)(?=\/|$)/;

/** Whether a file, by its path from the folder of the node, is in a backup. */
export function isBackedUp(path: string): boolean {
  if (!DATABASE.test(path)) return false;
  const parts = path.split('/');
  if (parts.some((part) => part === '.' || part === '..' || KEY_FOLDERS.has(part))) return false;
  return !KEY_NAME.test(parts.at(-1) ?? '');
}

export interface FoundFile {
  readonly path: string;
  readonly bytes: number;
}

export interface Contents {
  readonly files: readonly FoundFile[];
  /** Names of the folders and files that are left out. */
  readonly leftOut: readonly string[];
  /** Files inside a database that do not belong there: then no backup is made. */
  readonly strange: readonly string[];
}

/** Splits the files in the folder of a node. */
export function contentsOf(found: readonly FoundFile[]): Contents {
  const files = found.filter(({ path }) => isBackedUp(path));
  const others = found.filter(({ path }) => !isBackedUp(path)).map(({ path }) => path);
  const strange = others.filter((path) => DATABASE_FOLDER.test(path));
  const leftOut = others.filter((path) => !DATABASE_FOLDER.test(path)).map(outsideName);
  return { files, leftOut: [...new Set(leftOut)].sort(), strange };
}

/** `data/chains/ID/keystore/…` is `data/chains/ID/keystore`; other things are named by their first part. */
function outsideName(path: string): string {
  const parts = path.split('/');
  const depth = parts[1] === 'chains' ? 4 : 1;
  return parts.slice(0, depth).join('/');
}

/** The databases that files lie in: `data/chains/ID/db`. */
export function databasesOf(files: readonly { readonly path: string }[]): readonly string[] {
  return [...new Set(files.flatMap(({ path }) => DATABASE_FOLDER.exec(path)?.[0] ?? []))].sort();
}

/** The chain id of the node, and the kind of its database. Null if the files do not show them. */
export function chainOfFiles(
  files: readonly { readonly path: string }[],
): { readonly chainId: string; readonly database: 'rocksdb' | 'paritydb' } | null {
  const own = databasesOf(files).flatMap((folder) => {
    const [, root, chainId = '', kind] = DATABASE_FOLDER.exec(folder) ?? [];
    return root === 'data'
      ? [{ chainId, database: kind === 'paritydb' ? 'paritydb' : 'rocksdb' } as const]
      : [];
  });
  const [first] = own;
  // Two chains or two databases in one folder: the files do not show which one the node uses.
  return own.length === 1 && first !== undefined ? first : null;
}
