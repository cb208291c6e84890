import { existsSync, rmSync } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFileSync, makeFoldersSync, syncFolderSync } from '@watchbill/kit/files';
import { GuardFault, unfit } from '../fault.ts';
import { recipientOf } from './age.ts';
import { contentProblem, type KeyName } from './key-name.ts';
import { openSealed, sealKeystore } from './sealed-folder.ts';

/**
 * Moves every key of a keystore into a sealed folder, which is made if it is missing. It removes a file only
 * after the identity opened each sealed key again, so a call that was interrupted may be repeated. The node
 * has to be stopped.
 */
export async function moveToSealed(
  keystore: string,
  sealed: string,
  identity: string,
): Promise<readonly KeyName[]> {
  const names = await sealKeystore(keystore, sealed, await recipientOf(identity), true);
  // Throws if one cannot be opened, or holds another key than its name says.
  await openSealed(sealed, identity);
  for (const { file } of names) rmSync(join(keystore, file));
  syncFolderSync(keystore);
  return names;
}

/**
 * Writes every sealed key as a file of a keystore, which is made if it is missing. The sealed keys stay. A
 * file that is there already stays if it holds that key; if it does not, no file is written.
 */
export async function writeUnsealed(
  sealed: string,
  keystore: string,
  identity: string,
): Promise<readonly KeyName[]> {
  const keys = await openSealed(sealed, identity);
  makeFoldersSync(keystore, 0o700);
  // The node could not read a file of another user.
  const [{ uid }, user] = [await lstat(keystore), process.getuid?.()];
  if (uid !== user) {
    const what = `${keystore} belongs to user ${uid}, and this command runs as user ${user}`;
    throw unfit('keystore', what, 'run it as the user of the node');
  }
  const files = keys.map(({ name, content }) => ({ name, path: join(keystore, name.file), text: content }));
  const missing = files.filter(({ path }) => !existsSync(path));
  for (const { name, path } of files.filter((file) => !missing.includes(file))) {
    const problem = contentProblem(name, await readFile(path, 'utf8'));
    if (problem === null) continue;
    throw new GuardFault('keystore', `${path}: ${problem}`, 'remove the file; the sealed key replaces it');
  }
  for (const { path, text } of missing) createFileSync({ path, text, mode: 0o600 });
  return keys.map(({ name }) => name);
}
