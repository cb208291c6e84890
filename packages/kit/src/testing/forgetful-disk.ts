import { dirname } from 'node:path';
import type { Disk } from '../files/disk.ts';

/** A file as the disk has it. */
interface Inode {
  /** The bytes that a reader sees now. */
  content: string;
  /** The bytes that survive a power cut for certain. */
  durable: string;
}

/** A disk in memory. It may lose, with a power cut, each name and each byte that was not synced. */
export interface ForgetfulDisk extends Disk {
  /** Files that a reader sees now, by path. */
  readonly files: () => ReadonlyMap<string, string>;
  /**
   * Every state that a power cut may leave now: each change of a name that was not synced happened or not,
   * and a file whose content was not synced has the old content, the new one, half of it, or none.
   */
  readonly afterPowerCut: () => readonly ReadonlyMap<string, string>[];
}

type Names = Map<string, Inode>;

export function createForgetfulDisk(initial: Readonly<Record<string, string>> = {}): ForgetfulDisk {
  const durableNames = namesOf(initial);
  const names: Names = new Map(durableNames);
  /** Changes of names since the folder was synced. */
  let changes: { readonly folder: string; readonly apply: (names: Names) => void }[] = [];
  const handles = new Map<number, { readonly path: string; readonly inode: Inode | null }>();
  let next = 3;

  function change(path: string, apply: (names: Names) => void): void {
    apply(names);
    changes.push({ folder: dirname(path), apply });
  }

  function link(from: string, to: string, isMove: boolean): void {
    const inode = names.get(from);
    if (inode === undefined) throw codedError('ENOENT');
    if (!isMove && names.has(to)) throw codedError('EEXIST');
    change(to, (table) => {
      if (isMove) table.delete(from);
      table.set(to, inode);
    });
  }

  function edit(handle: number, made: (content: string) => string): void {
    const { inode } = heldBy(handles, handle);
    if (inode === null) throw codedError('EISDIR');
    inode.content = made(inode.content);
  }

  function sync(handle: number): void {
    const { path, inode } = heldBy(handles, handle);
    if (inode !== null) {
      inode.durable = inode.content;
      return;
    }
    for (const { folder, apply } of changes) if (folder === path) apply(durableNames);
    changes = changes.filter(({ folder }) => folder !== path);
  }

  return {
    open: (path, flags) => {
      next += 1;
      const inode = flags === 'r' ? (names.get(path) ?? null) : opened(names, path, flags, change);
      handles.set(next, { path, inode });
      return next;
    },
    write: (handle, bytes) => edit(handle, (content) => content + Buffer.from(bytes).toString()),
    truncate: (handle, bytes) => edit(handle, (content) => content.slice(0, bytes)),
    sync,
    close: (handle) => {
      if (!handles.delete(handle)) throw codedError('EBADF');
    },
    rename: (from, to) => link(from, to, true),
    link: (from, to) => link(from, to, false),
    remove: (path) => change(path, (table) => table.delete(path)),
    files: () => new Map([...names].map(([path, { content }]) => [path, content])),
    afterPowerCut: () => subsetsOf(changes).flatMap((some) => statesOf(durableNames, some)),
  };
}

function namesOf(files: Readonly<Record<string, string>>): Names {
  return new Map(Object.entries(files).map(([path, text]) => [path, { content: text, durable: text }]));
}

function opened(
  names: Names,
  path: string,
  flags: 'wx' | 'a',
  change: (path: string, apply: (names: Names) => void) => void,
): Inode {
  const found = names.get(path);
  if (found !== undefined && flags === 'wx') throw codedError('EEXIST');
  if (found !== undefined) return found;
  const made: Inode = { content: '', durable: '' };
  change(path, (table) => table.set(path, made));
  return made;
}

function heldBy<Held>(handles: ReadonlyMap<number, Held>, handle: number): Held {
  const held = handles.get(handle);
  if (held === undefined) throw codedError('EBADF');
  return held;
}

function codedError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function subsetsOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  let sets: (readonly Item[])[] = [[]];
  for (const item of items) sets = sets.concat(sets.map((set) => [...set, item]));
  return sets;
}

/** Every content that the files may have under these names. */
function statesOf(
  durableNames: Names,
  changes: readonly { readonly apply: (names: Names) => void }[],
): readonly ReadonlyMap<string, string>[] {
  const names = new Map(durableNames);
  for (const { apply } of changes) apply(names);
  let states: ReadonlyMap<string, string>[] = [new Map()];
  for (const [path, { content, durable }] of names) {
    const half = content.slice(0, Math.ceil((durable.length + content.length) / 2));
    const possible = content === durable ? [content] : [durable, half, content];
    states = states.flatMap((state) => possible.map((text) => new Map([...state, [path, text]])));
  }
  return states;
}
