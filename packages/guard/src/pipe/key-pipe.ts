import { randomBytes } from 'node:crypto';
import { constants, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@watchbill/base';
import { DRAFT } from '../custody/open-folder.ts';
import { type Fifo, makeFifos, wakeReader } from './fifo.ts';

/** FIFOs that are made at once, and the number below which more are made. */
const STOCK = 8;
const LOW = 4;
/** How long a reader that found an old FIFO just before its replacement may need until it is let go. */
export const RETIRED_MS = 5_000;
/** Between two wakes of a writer, and their greatest number. */
const WAKE_MS = 10;
const MOST_WAKES = 500;
/** Replaced FIFOs that are kept at most: each holds a descriptor. */
const MOST_RETIRED = 64;

export interface KeyPipeParts {
  /** The folder of the node's keystore. */
  readonly folder: string;
  /** Name of the key file. */
  readonly file: string;
  readonly content: string;
  /** Asked at each opening, when a reader is there. It may throw; then the reader gets nothing. */
  readonly mayGive: () => boolean;
  readonly clock: Clock;
}

/** One key file as a FIFO: each opening is answered at once, with the key or with nothing. */
export interface KeyPipe {
  /** Whether the inode of the file is one of this pipe. */
  owns(inode: bigint): boolean;
  /** Lets readers of replaced FIFOs go on. Throws the fault of the pipe, if it failed. Call it often. */
  look(): void;
  /** No opening gets the key from now on. Remove the name next, then call {@link KeyPipe.release}. */
  shut(): void;
  /** Lets all readers go on, and settles when the pipe serves no opening any more. */
  release(): Promise<void>;
  /** Lets readers go on that found the name just before it was removed. */
  wakeAll(): void;
  /** Ends the descriptors: a reader that found the name just before it was removed is gone by now. */
  end(): void;
}

interface Retired {
  readonly fifo: Fifo;
  readonly sinceMs: number;
}

interface State {
  current: Fifo;
  readonly stock: Fifo[];
  readonly retired: Retired[];
  isStopped: boolean;
  failure: unknown;
  /** FIFOs are being made; the next opening does not wait for that unless none is left. */
  refilling: Promise<void> | null;
}

/** Puts the FIFO in place, and serves it until it is stopped. */
export async function startKeyPipe(parts: KeyPipeParts): Promise<KeyPipe> {
  const path = join(parts.folder, parts.file);
  const stock = [...(await makeFifos(draftsIn(parts.folder)))];
  const current = take(stock);
  const state: State = { current, stock, retired: [], isStopped: false, failure: null, refilling: null };
  current.moveTo(path);
  const serving = serve(parts, state, path).catch((error: unknown) => {
    state.failure = error;
  });
  return {
    owns: (inode) => state.current.inode === inode || state.retired.some(({ fifo }) => fifo.inode === inode),
    look: () => {
      if (state.failure !== null) throw state.failure;
      letGo(state, parts.clock.monotonicMs());
    },
    shut: () => {
      state.isStopped = true;
    },
    release: async () => {
      state.isStopped = true;
      await untilOver(parts.clock, state.current, serving);
      await state.refilling;
      // No reader has ever found these.
      for (const fifo of state.stock.splice(0)) fifo.discard();
      state.retired.push({ fifo: state.current, sinceMs: parts.clock.monotonicMs() });
      for (const { fifo } of state.retired) wakeReader(fifo.self);
    },
    wakeAll: () => {
      for (const { fifo } of state.retired) wakeReader(fifo.self);
    },
    end: () => {
      while (state.retired.length > 0) forget(state);
    },
  };
}

/** Wakes the writer again and again: it may be on its way to its wait. */
async function untilOver(clock: Clock, fifo: Fifo, serving: Promise<void>): Promise<void> {
  const over = new AbortController();
  const ended = serving.then(() => over.abort());
  for (let wakes = 0; !over.signal.aborted; wakes++) {
    if (wakes === MOST_WAKES) throw new Error('a key pipe did not end');
    fifo.wake();
    await Promise.race([ended, clock.sleep(WAKE_MS, over.signal)]);
  }
}

const draftsIn = (folder: string): readonly string[] =>
  Array.from({ length: STOCK }, () => join(folder, `${DRAFT}${randomBytes(8).toString('hex')}`));

function take(stock: Fifo[]): Fifo {
  const next = stock.shift();
  if (next === undefined) throw new Error('qed: the stock is filled before it is taken from');
  return next;
}

async function serve(parts: KeyPipeParts, state: State, path: string): Promise<void> {
  while (!state.isStopped) {
    if (state.stock.length === 0) await refill(parts, state);
    if (state.failure !== null) throw state.failure;
    // Settles when a reader is there. Each pipe holds a thread of Node's pool meanwhile.
    const end = await open(state.current.self, constants.O_WRONLY);
    try {
      if (state.isStopped) return;
      replace(parts, state, path);
      answer(parts, end.fd);
    } finally {
      await end.close();
    }
    if (state.stock.length < LOW) void refill(parts, state);
  }
}

function refill(parts: KeyPipeParts, state: State): Promise<void> {
  const make = async (): Promise<void> => {
    try {
      state.stock.push(...(await makeFifos(draftsIn(parts.folder))));
    } catch (error) {
      state.failure ??= error;
    } finally {
      state.refilling = null;
    }
  };
  state.refilling ??= make();
  return state.refilling;
}

/** A fresh FIFO first: the next opening must not share the one that is answered now. */
function replace({ clock }: KeyPipeParts, state: State, path: string): void {
  const next = take(state.stock);
  next.moveTo(path);
  state.retired.push({ fifo: state.current, sinceMs: clock.monotonicMs() });
  state.current = next;
  if (state.retired.length > MOST_RETIRED) forget(state);
}

function forget({ retired }: State): void {
  const fifo = retired.shift()?.fifo;
  if (fifo === undefined) return;
  wakeReader(fifo.self);
  fifo.close();
}

/** The check and the write follow each other without a pause of this process. */
function answer({ content, mayGive }: KeyPipeParts, fd: number): void {
  if (!mayGive()) return;
  try {
    // It fits into the empty pipe, so this does not wait.
    writeSync(fd, content);
  } catch (error) {
    // The reader has gone.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

function letGo(state: State, nowMs: number): void {
  for (const { fifo } of state.retired) wakeReader(fifo.self);
  while ((state.retired[0]?.sinceMs ?? nowMs) + RETIRED_MS < nowMs) forget(state);
}
