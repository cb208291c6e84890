import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileFault } from './file-fault.ts';

/** A file that is to be there as a whole, or not at all. */
export interface WholeFile {
  readonly path: string;
  readonly text: string | Uint8Array;
  readonly mode: number;
}

const FOLDER_MODE = 0o700;

/**
 * Makes new files and their folders (0700): all of them, durable, or none. Never in the place of one that is there, or that appears
 * meanwhile. Throws a CliFault that names the file, and what to do.
 */
export function writeNew(files: readonly WholeFile[], folders: readonly string[] = []): void {
  const made = { folders: [] as string[], files: [] as string[] };
  const drafts: string[] = [];
  let at = files[0]?.path ?? '';
  try {
    for (const folder of [...folders, ...files.map(({ path }) => dirname(path))]) {
      at = folder;
      made.folders.push(...makeFolder(folder));
    }
    for (const file of files) {
      at = file.path;
      drafts.push(writeDraft(file));
    }
    for (const [index, { path }] of files.entries()) {
      at = path;
      putNew(drafts[index] ?? '', path);
      made.files.push(path);
    }
    for (const folder of new Set(made.files.map((path) => dirname(path)))) syncFolder(folder);
  } catch (error) {
    for (const path of made.files) quietly(() => rmSync(path, { force: true }));
    throw fileFault(error, at) ?? error;
  } finally {
    for (const draft of drafts) quietly(() => rmSync(draft, { force: true }));
    // Where nothing was made in them, folders that are new go too, the innermost first.
    if (made.files.length < files.length)
      for (const folder of made.folders.toReversed()) quietly(() => rmdirSync(folder));
  }
}

/**
 * Puts a text in the place of a file: a reader sees the old one or the new one, whole. The mode stays that of the file where there is
 * one, unless `mode` says otherwise. Throws a CliFault; then the file is as it was.
 */
export function replaceFile(path: string, text: string | Uint8Array, mode?: number): void {
  let draft: string | null = null;
  try {
    const old = statSync(path, { throwIfNoEntry: false });
    // A device or a pipe is written to, never replaced.
    if (old !== undefined && !old.isFile()) {
      writeFileSync(path, text);
      return;
    }
    const target = old === undefined ? path : realpathSync(path);
    draft = writeDraft({ path: target, text, mode: mode ?? 0o644 });
    if (old !== undefined && mode === undefined) chmodSync(draft, old.mode & 0o777);
    renameSync(draft, target);
    draft = null;
    syncFolder(dirname(target));
  } catch (error) {
    throw fileFault(error, path) ?? error;
  } finally {
    const left = draft;
    if (left !== null) quietly(() => rmSync(left, { force: true }));
  }
}

/**
 * The folders that were made, the outermost first. One after the other: where a folder that exists takes none (`/proc`), Node's own
 * `recursive` tries for ever.
 */
function makeFolder(folder: string): readonly string[] {
  const missing: string[] = [];
  for (let one = folder; !existsSync(one) && dirname(one) !== one; one = dirname(one)) missing.push(one);
  const made = missing.toReversed();
  for (const one of made) {
    try {
      mkdirSync(one, { mode: FOLDER_MODE });
    } catch (error) {
      // Somebody else made it in this moment.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return made;
}

/** The text in a new file beside its place, on disk when this returns; nothing is left of one that fails. */
function writeDraft({ path, text, mode }: WholeFile): string {
  const draft = join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.new`);
  const handle = openSync(draft, 'wx', mode);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } catch (error) {
    quietly(() => rmSync(draft, { force: true }));
    throw error;
  } finally {
    closeSync(handle);
  }
  return draft;
}

/** File systems that know no links. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** Gives a draft its name, where nothing has it: a link fails where a rename would replace. */
function putNew(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!NO_LINKS.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    closeSync(openSync(path, 'wx', 0o600));
    renameSync(draft, path);
  }
}

/** Without it a name may be lost with the power. Not every file system can. */
function syncFolder(folder: string): void {
  quietly(() => {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  });
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // What is being cleared away may be gone, and what failed is told already.
  }
}
