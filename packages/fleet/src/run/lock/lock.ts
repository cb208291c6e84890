import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { jsonOrNull } from '@watchbill/kit';
import { z } from 'zod';
import { holderShape, type Processes, THIS_MACHINE } from './mark.ts';

const markShape = holderShape.extend({ token: z.uuid() });
type Mark = Readonly<z.output<typeof markShape>>;

export type Lock =
  /** `release` is idempotent. */
  | { readonly ok: true; readonly release: () => void }
  /** Pid of the holder; null if it is unknown. */
  | { readonly ok: false; readonly pid: number | null; readonly detail: string };

/** Each failed try means that another process made progress. */
const MOST_TRIES = 100;

/**
 * Locks a name for one process of this machine at a time, until the process ends or releases it. A second
 * call of the same process is refused, too. Throws if the folder is not writable or readable. The folder must
 * be on a file system of this machine.
 *
 * `link` creates each mark file, so a mark is always complete, and of two processes that create the same name
 * one fails. Every mark has a unique token. `FILE` is the first mark. `FILE.TOKEN.after` is the mark after
 * the one with that token. From `FILE` on they form a chain, and **the last mark of the chain is the
 * holder**. A process that finds the process of the last mark dead links its own mark after it. Only a dead
 * process's mark may get a successor, so while the holder lives the chain ends with its mark.
 *
 * Only the holder removes marks, and only the holder changes `FILE`: it moves its own mark there in one step
 * (`rename`), removes the marks before it, and removes `FILE` at the end. So there is never a second holder:
 *
 * - Two processes that follow the same mark link the same name; one of them fails.
 * - A late process links after a mark that has left the chain: the process of that mark ended, another
 *   followed, moved itself to `FILE`, perhaps released, and cleaned up. The token of that mark never returns,
 *   so this link is never part of the chain. The process reads again from `FILE` on, does not find itself,
 *   removes its link and begins anew.
 * - A process that finds itself at the end has been the holder since its link, because only the holder
 * removes a
 *   mark from the chain.
 * - A process that dies at any moment leaves a chain that ends with a dead mark, or files outside the chain,
 * which
 *   a later holder removes.
 */
export function takeLock(file: string, processes: Processes = THIS_MACHINE): Lock {
  try {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const chain = chainOf(file);
      const last = chain.at(-1);
      if (last !== undefined && processes.lives(last))
        return { ok: false, pid: last.pid, detail: `process ${last.pid} holds it now (${file})` };
      const mine = { ...processes.self(), token: randomUUID() };
      if (!joined(file, chain, mine)) continue;
      sweep(file, processes);
      return { ok: true, release: () => give(file, mine) };
    }
  } catch (error) {
    if (!(error instanceof NoMark)) throw error;
    const detail = `cannot find out whether a process holds it: ${error.message}; remove that file if no process uses it`;
    return { ok: false, pid: null, detail };
  }
  return { ok: false, pid: null, detail: `other processes keep taking and releasing it (${file})` };
}

/** The marks from the file on, in their order. */
function chainOf(file: string): readonly Mark[] {
  const chain: Mark[] = [];
  for (let next = readMark(file); next !== null; next = readMark(afterFile(file, next))) chain.push(next);
  return chain;
}

function afterFile(file: string, { token }: Mark): string {
  return `${file}.${token}.after`;
}

/** Whether this mark is now at the end of the chain, and alone in it. */
function joined(file: string, chain: readonly Mark[], mine: Mark): boolean {
  const last = chain.at(-1);
  const draft = `${file}.${mine.token}.draft`;
  writeDraft(draft, mine);
  try {
    const place = last === undefined ? file : afterFile(file, last);
    if (!linked(draft, place)) return false;
    try {
      if (last === undefined) return true;
      if (chainOf(file).at(-1)?.token !== mine.token) {
        rmSync(place, { force: true });
        return false;
      }
      renameSync(draft, file);
    } catch (error) {
      // Not begun yet: the chain ends with the dead mark again.
      rmSync(place, { force: true });
      throw error;
    }
    for (const mark of chain) rmSync(afterFile(file, mark), { force: true });
    return true;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** On the disk before it has a name that counts: a power cut leaves no empty lock. */
function writeDraft(draft: string, mark: Mark): void {
  const handle = openSync(draft, 'wx', 0o600);
  try {
    writeSync(handle, JSON.stringify(mark));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function linked(draft: string, place: string): boolean {
  try {
    linkSync(draft, place);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The file has this mark while the lock is held; with another mark, a person removed the lock. */
function give(file: string, { token }: Mark): void {
  try {
    if (readMark(file)?.token === token) rmSync(file, { force: true });
  } catch (error) {
    if (!(error instanceof NoMark)) throw error;
  }
}

/**
 * Removes, as the holder, the files of processes that died on their way. Never touches a file of a live
 * process.
 */
function sweep(file: string, processes: Processes): void {
  const start = `${basename(file)}.`;
  for (const name of readdirSync(dirname(file))) {
    if (!name.startsWith(start) || !/\.(?:draft|after)$/.test(name)) continue;
    const path = join(dirname(file), name);
    try {
      const mark = readMark(path);
      if (mark !== null && !processes.lives(mark)) rmSync(path, { force: true });
    } catch (error) {
      // A draft that is being written has no whole mark yet.
      if (!(error instanceof NoMark)) throw error;
    }
  }
}

class NoMark extends Error {}

/** Null if there is no such file. An unreadable file is no proof about its holder. */
function readMark(file: string): Mark | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const read = markShape.safeParse(jsonOrNull(text));
  if (read.success) return read.data;
  throw new NoMark(`${file} has no mark of a process`);
}
