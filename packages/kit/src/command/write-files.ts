import { chmodSync, realpathSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createFileSync, makeFoldersSync, replaceFileSync, type WholeFile } from '../files/index.ts';
import { systemFault } from '../index.ts';

const FOLDER_MODE = 0o700;

/**
 * Makes new files and their folders (0700): all of them, durable, or none. Never replaces a file, also one
 * that appears meanwhile. Throws a Fault that names the file, and what to do.
 */
export function writeNew(files: readonly WholeFile[], folders: readonly string[] = []): void {
  const made = { folders: [] as string[], files: [] as string[] };
  let at = files[0]?.path ?? '';
  try {
    for (const folder of [...folders, ...files.map(({ path }) => dirname(path))]) {
      at = folder;
      made.folders.push(...makeFoldersSync(folder, FOLDER_MODE));
    }
    for (const file of files) {
      at = file.path;
      createFileSync(file);
      made.files.push(file.path);
    }
  } catch (error) {
    for (const path of made.files) quietly(() => rmSync(path, { force: true }));
    // The innermost first. One that holds other files stays.
    for (const folder of made.folders.toReversed()) quietly(() => rmdirSync(folder));
    throw systemFault(error, at) ?? error;
  }
}

/**
 * Replaces the content of a file: a reader sees the old one or the new one, whole. The mode stays that of the
 * file, unless `mode` says otherwise. Throws a Fault; then the file is as it was.
 */
export function replaceFile(path: string, content: string | Uint8Array, mode?: number): void {
  try {
    const old = statSync(path, { throwIfNoEntry: false });
    // A device or a pipe is written to, never replaced.
    if (old !== undefined && !old.isFile()) {
      writeFileSync(path, content);
      return;
    }
    const target = old === undefined ? path : realpathSync(path);
    const kept = mode ?? (old === undefined ? 0o644 : old.mode & 0o777);
    replaceFileSync({ path: target, text: content, mode: kept });
    // The umask took bits away from the mode of the draft.
    if (old !== undefined && mode === undefined) chmodSync(target, kept);
  } catch (error) {
    throw systemFault(error, path) ?? error;
  }
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // The first error is the one to report.
  }
}
