import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { awaitSteps, blockingDisk, type DiskSteps, runSteps, waitingDisk } from './disk.ts';

/** A file that a reader sees complete, or not at all. */
export interface WholeFile {
  readonly path: string;
  readonly text: string | Uint8Array;
  /** Permissions of the file, for example 0o600. */
  readonly mode: number;
}

/**
 * Puts the content in place of a file. At any moment, also after a power cut, the file holds the old bytes or
 * the new ones. When the call returns, the new ones are durable. If it throws, the old ones are in place, or,
 * if only the last step failed (the folder could not be synced), the new ones. Two writers never share a
 * draft.
 */
export function replaceFileSync(file: WholeFile): void {
  runSteps(replaceSteps(file), blockingDisk);
}

/** As {@link replaceFileSync}, for processes that have other work meanwhile. */
export function replaceFile(file: WholeFile): Promise<void> {
  return awaitSteps(replaceSteps(file), waitingDisk);
}

/**
 * Makes a new file, durable when it returns. Throws EEXIST if the name is taken; the file that has it stays
 * as it is.
 */
export function createFileSync(file: WholeFile): void {
  runSteps(createSteps(file), blockingDisk);
}

/** Adds lines to the end of a file, which is made if it does not exist. Durable when it returns. */
export function appendFileDurablySync(file: WholeFile): void {
  runSteps(appendSteps(file), blockingDisk);
}

/** Names that were made, changed or removed in the folder are durable after this. */
export function syncFolderSync(folder: string): void {
  runSteps(syncFolderSteps(folder), blockingDisk);
}

/** As {@link syncFolderSync}, for processes that have other work meanwhile. */
export function syncFolder(folder: string): Promise<void> {
  return awaitSteps(syncFolderSteps(folder), waitingDisk);
}

/** Write a draft, sync it, rename it, sync the folder. */
export function* replaceSteps(file: WholeFile): DiskSteps {
  const draft = draftOf(file.path);
  yield* draftSteps(draft, file);
  try {
    yield (disk) => disk.rename(draft, file.path);
  } catch (error) {
    yield* discardSteps(draft);
    throw error;
  }
  yield* syncFolderSteps(dirname(file.path));
}

/** Codes of file systems that have no links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** A link fails if the name is taken; a rename would replace the file that has it. */
export function* createSteps(file: WholeFile): DiskSteps {
  const draft = draftOf(file.path);
  yield* draftSteps(draft, file);
  try {
    try {
      yield (disk) => disk.link(draft, file.path);
    } catch (error) {
      if (!NO_LINKS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      yield* takeNameSteps(draft, file.path);
    }
  } finally {
    yield* discardSteps(draft);
  }
  yield* syncFolderSteps(dirname(file.path));
}

/** Without links: an empty file takes the name, and the draft replaces it. */
function* takeNameSteps(draft: string, path: string): DiskSteps {
  const handle = (yield (disk) => disk.open(path, 'wx', 0o600)) as number;
  yield (disk) => disk.close(handle);
  yield (disk) => disk.rename(draft, path);
}

/** The name of a new file is durable only after its folder is synced, so the folder is synced each time. */
export function* appendSteps(file: WholeFile): DiskSteps {
  const handle = (yield (disk) => disk.open(file.path, 'a', file.mode)) as number;
  yield* writeSteps(handle, file.text);
  yield* syncFolderSteps(dirname(file.path));
}

/** Codes of file systems that cannot sync a folder: there is no other way to make a name durable there. */
const NO_FOLDER_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP']);

export function* syncFolderSteps(folder: string): DiskSteps {
  const handle = (yield (disk) => disk.open(folder, 'r')) as number;
  try {
    yield (disk) => disk.sync(handle);
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    yield (disk) => disk.close(handle);
  }
}

function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.new`);
}

/** A draft that fails leaves no file behind. */
function* draftSteps(draft: string, { text, mode }: WholeFile): DiskSteps {
  const handle = (yield (disk) => disk.open(draft, 'wx', mode)) as number;
  try {
    yield* writeSteps(handle, text);
  } catch (error) {
    yield* discardSteps(draft);
    throw error;
  }
}

function* writeSteps(handle: number, text: string | Uint8Array): DiskSteps {
  try {
    yield (disk) => disk.write(handle, Buffer.from(text));
    yield (disk) => disk.sync(handle);
  } finally {
    yield (disk) => disk.close(handle);
  }
}

/** A draft that cannot be removed must not hide the error that led here. */
function* discardSteps(draft: string): DiskSteps {
  try {
    yield (disk) => disk.remove(draft);
  } catch {
    // The draft has a name that no later call uses.
  }
}
