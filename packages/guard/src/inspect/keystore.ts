import { constants } from 'node:fs';
import { open, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { publicKeyOfUri, type SessionScheme } from '@watchbill/chain/secret-uri';
import { jsonOrNull } from '@watchbill/kit';
import { bootId } from '@watchbill/kit/files';
import { type AnyKeyName, anyKeyNameOf, contentProblem, keyNameOf } from '../custody/key-name.ts';
import { DRAFT, IN_MEMORY } from '../custody/open-folder.ts';
import { unfit } from '../fault.ts';
import { type Look, looked, looking, notAsked, seen, unread } from './look.ts';

/** A keystore has six keys, and those of earlier rotations. */
const MOST_KEYS = 1_000;
/** A phrase of 24 words with a path takes less. */
const MOST_BYTES = 4_096;

export interface KeyFile extends AnyKeyName {
  readonly uid: number;
  /** Permission bits, for example `0o600`. */
  readonly mode: number;
  /** Why its secret does not fit its name; null if it fits. It never shows the secret. */
  readonly secret: Look<string | null>;
}

export interface KeystoreFacts {
  /** Another machine, as ssh names it; null for this one. */
  readonly host: string | null;
  readonly path: string;
  /** Boot of the machine, device and inode: two paths with one identity are one folder. */
  readonly identity: string;
  readonly inMemory: boolean;
  readonly uid: number;
  readonly mode: number;
  readonly keys: readonly KeyFile[];
  /** Names in the folder that are no key files. */
  readonly foreign: readonly string[];
  /** Folders with key files below it, or in the folders of its chains. */
  readonly meant: readonly string[];
  /** Its node has the gate: the state file of the gate lies beside it. */
  readonly gated: boolean;
}

/** A folder, with its machine: `/keys`, or `validator@203.0.113.9:/keys`. */
export function placeText({ host, path }: { readonly host: string | null; readonly path: string }): string {
  return host === null ? path : `${host}:${path}`;
}

/** The keystores of this machine that could be read. */
export function ofThisMachine(keystores: readonly Look<KeystoreFacts>[]): readonly KeystoreFacts[] {
  return keystores.flatMap((store) => (store.looked && store.value.host === null ? [store.value] : []));
}

/** Reads the key files of a folder. Each secret is compared with its file name, and then forgotten. */
export const inspectKeystore = looked(async (path: string): Promise<KeystoreFacts> => {
  const [folder, { type }] = [await stat(path), await statfs(path)];
  const files = await readdir(path);
  const names = files.flatMap((file) => anyKeyNameOf(file) ?? []);
  if (names.length > MOST_KEYS) {
    const what = `${path} holds ${names.length} keys`;
    throw unfit('keystore', what, 'name the keystore folder of one node');
  }
  const keys: KeyFile[] = [];
  for (const name of names) keys.push(await inspectFile(path, name));
  return {
    host: null,
    path,
    identity: `${bootOrEmpty()}:${folder.dev}:${folder.ino}`,
    ...{ inMemory: IN_MEMORY.includes(type), uid: folder.uid, mode: folder.mode & 0o777, keys },
    foreign: files.filter((file) => anyKeyNameOf(file) === null && !file.startsWith(DRAFT)),
    meant: names.length === 0 ? await keystoresBelow(path) : [],
    gated: (await readdir(dirname(path)).catch((): string[] => [])).includes('watchbill-gate.json'),
  };
});

/** Folders with key files that a person may have meant: a base path and the folder of a chain have them. */
export async function keystoresBelow(path: string | null): Promise<readonly string[]> {
  if (path === null) return [];
  const chains = join(path, 'chains');
  const names = await readdir(chains).catch((): string[] => []);
  return withKeys([join(path, 'keystore'), ...names.map((name) => join(chains, name, 'keystore'))]);
}

/** The folders that hold key files. */
export async function withKeys(folders: readonly string[]): Promise<readonly string[]> {
  const files = await Promise.all(folders.map(keyFilesIn));
  return folders.filter((_, at) => files[at]?.length);
}

export async function keyFilesIn(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder).catch((): string[] => []);
  return files.filter((file) => anyKeyNameOf(file) !== null);
}

/** The listing of another machine has it too: that may be this one by another name. Empty without Linux. */
function bootOrEmpty(): string {
  try {
    return bootId();
  } catch {
    return '';
  }
}

async function inspectFile(folder: string, name: AnyKeyName): Promise<KeyFile> {
  const path = join(folder, name.file);
  const { uid, mode } = await stat(path);
  const read = await looking(() => secretOf(path, name));
  return { ...name, uid, mode: mode & 0o777, secret: read.looked ? read.value : read };
}

async function secretOf(path: string, name: AnyKeyName): Promise<Look<string | null>> {
  // Without this flag, a pipe in place of a key would block the doctor, and the node behind it.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) return unread(`${path} is not a regular file`);
    if (facts.size > MOST_BYTES) return seen(`its file has ${facts.size} bytes, which is not a key`);
    return secretProblem(name, await handle.readFile('utf8'));
  } finally {
    await handle.close();
  }
}

const SCHEMES: readonly SessionScheme[] = ['sr25519', 'ed25519', 'ecdsa'];

/** Why a secret does not fit the name of its file. Only the schemes of the guard's kinds are known. */
function secretProblem({ file, kind, publicKey }: AnyKeyName, content: string): Look<string | null> {
  const name = keyNameOf(file);
  if (name !== null) return seen(contentProblem(name, content));
  const uri = jsonOrNull(content);
  const isOwn = typeof uri === 'string' && SCHEMES.some((each) => publicKeyOfUri(each, uri) === publicKey);
  return isOwn ? seen(null) : notAsked(`the doctor does not know how the secret of a ${kind} key is made`);
}

/** Names of the key files that are sealed in a folder of the guard. */
export const inspectSealed = looked(
  async (path: string): Promise<readonly string[]> =>
    (await readdir(path)).flatMap((file) => /^(?<name>.*)\.age$/s.exec(file)?.groups?.name ?? []),
);
