import { existsSync } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { causeText } from '@watchbill/kit';
import { createFileSync, makeFoldersSync, type WholeFile } from '@watchbill/kit/files';
import { GuardFault, unfit } from '../fault.ts';
import { openBytes, sealBytes } from './age.ts';
import { contentProblem, KEY_KINDS, type KeyName, keyNameOf } from './key-name.ts';

/**
 * A folder of sealed session keys: `NAME.age` for each file `NAME` of a keystore. `age --decrypt` of one
 * gives exactly that file.
 */
const SUFFIX = '.age';

/** A session key with its secret, in memory only. */
export interface OpenKey {
  readonly name: KeyName;
  /** The content of the keystore file: a JSON string with the secret URI. */
  readonly content: string;
}

/**
 * Seals each key of a keystore into a folder, which is made if it is missing. All keys are read and checked
 * before the first one is written. It never replaces a sealed key, and leaves the keystore as it is.
 * `again`: keys that are sealed already stay as they are; without it they are refused.
 */
export async function sealKeystore(
  keystore: string,
  sealed: string,
  recipient: string,
  again = false,
): Promise<readonly KeyName[]> {
  const keys = await readKeystore(keystore);
  const isSealed = ({ name }: OpenKey): boolean => existsSync(sealedPath(sealed, name));
  const taken = keys.find(isSealed);
  if (taken !== undefined && !again) {
    const remedy = 'remove it if the key in the keystore is the right one, then seal again';
    throw new GuardFault('sealed', `${sealedPath(sealed, taken.name)} exists already`, remedy);
  }
  const missing = keys.filter((key) => !isSealed(key));
  const files = await Promise.all(missing.map((key) => sealedFile(sealed, key, recipient)));
  makeFoldersSync(sealed, 0o700);
  for (const file of files) createFileSync(file);
  return keys.map(({ name }) => name);
}

/** Adds one key to a sealed folder; durable when it returns. A key that is sealed already stays as it is. */
export async function addSealed(sealed: string, key: OpenKey, recipient: string): Promise<void> {
  if (existsSync(sealedPath(sealed, key.name))) return;
  createFileSync(await sealedFile(sealed, key, recipient));
}

async function sealedFile(folder: string, { name, content }: OpenKey, recipient: string): Promise<WholeFile> {
  const text = await sealBytes(Buffer.from(content, 'utf8'), recipient);
  return { path: sealedPath(folder, name), text, mode: 0o600 };
}

/**
 * Opens every key of a sealed folder. Throws if one cannot be opened: a guard must have all of its keys.
 */
export async function openSealed(sealed: string, identity: string): Promise<readonly OpenKey[]> {
  const files = (await filesOf(sealed)).filter((file) => file.endsWith(SUFFIX));
  if (files.length === 0) {
    const remedy = 'seal the keys of a stopped node with `watchbill guard seal`';
    throw new GuardFault('sealed', `${sealed} holds no sealed key`, remedy);
  }
  return await Promise.all(
    files.map((file) => openOne(join(sealed, file), file.slice(0, -SUFFIX.length), identity)),
  );
}

async function openOne(path: string, file: string, identity: string): Promise<OpenKey> {
  const name = knownName(path, file);
  const bytes = await openBytes(await contentOf(path), identity, path);
  return checked(path, { name, content: Buffer.from(bytes).toString('utf8') });
}

/** Every key of a keystore folder, each checked against its name. */
export async function readKeystore(keystore: string): Promise<readonly OpenKey[]> {
  const files = await filesOf(keystore);
  if (files.length === 0) {
    throw new GuardFault('keystore', `${keystore} is empty`, 'name the keystore folder of the node');
  }
  const owner = (await lstat(keystore)).uid;
  return await Promise.all(files.map((file) => readOne(join(keystore, file), file, owner)));
}

async function readOne(path: string, file: string, owner: number): Promise<OpenKey> {
  const name = knownName(path, file);
  const stat = await lstat(path).catch(() => null);
  if (stat !== null && stat.uid !== owner) {
    const what = `${path} belongs to user ${stat.uid}, and the keystore to user ${owner}`;
    throw new GuardFault('keystore', what, 'find out who put it there; the node makes its own keys');
  }
  return checked(path, { name, content: (await contentOf(path)).toString('utf8') });
}

/** A link is refused: its target may change between two readings. */
async function contentOf(path: string): Promise<Buffer> {
  try {
    const stat = await lstat(path);
    if (!stat.isFile()) throw new Error('it is not a regular file');
    return await readFile(path);
  } catch (error) {
    const what = `${path} cannot be read: ${causeText(error)}`;
    throw unfit('keystore', what, 'name a regular file that this user can read', error);
  }
}

async function filesOf(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (error) {
    throw unfit('keystore', `${folder} cannot be read`, 'name a folder that this user can read', error);
  }
}

function knownName(path: string, file: string): KeyName {
  const name = keyNameOf(file);
  if (name !== null) return name;
  const what = `${path} is not a session key that the guard knows`;
  throw new GuardFault('keystore', what, `move it elsewhere; known kinds are ${KEY_KINDS.join(', ')}`);
}

function checked(path: string, key: OpenKey): OpenKey {
  const problem = contentProblem(key.name, key.content);
  if (problem === null) return key;
  throw new GuardFault('keystore', `${path}: ${problem}`, 'restore the file from the backup of the keys');
}

function sealedPath(folder: string, { file }: KeyName): string {
  return join(folder, `${file}${SUFFIX}`);
}
