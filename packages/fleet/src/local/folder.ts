import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { programShape } from './control.ts';
import { LocalFault } from './fault.ts';
import { type ProcessMark, processMark, sameProcess } from './process-mark.ts';

const port = z.int().min(1).max(65_535);
const seatShape = z.strictObject({
  ports: z.strictObject({ p2p: port, rpc: port, metrics: port }),
  peerId: z.string().min(1),
});
const markShape = z.strictObject({ pid: z.int().min(2), startTicks: z.string() });
const stateShape = z.strictObject({
  format: z.literal('watchbill/local/1'),
  network: z.string(),
  /** SHA-256 of the chain specification, or the name of the chain. */
  chain: z.string(),
  seats: z.record(z.string(), seatShape),
  /** Session keys that were put into keystores, by node: never again, and never into another's. */
  keySets: z.record(z.string(), z.string()),
  /** Programs that a roll-out chose, by node: they go before what the network file says. */
  programs: z.record(z.string(), programShape).default({}),
  /** Processes that were started and not seen to end. */
  running: z.record(z.string(), markShape),
});

export type LocalState = z.output<typeof stateShape>;

/** The folder of one network, held by one process at a time. */
export interface LocalFolder {
  readonly path: string;
  readonly state: () => LocalState;
  /** Durable when it returns. */
  readonly change: (how: (state: LocalState) => LocalState) => void;
  readonly release: () => void;
}

/**
 * Opens a folder, or makes it. Throws a LocalFault where another process holds it, where it is of another network or chain, or where
 * what stands in it cannot be read: then nothing is begun anew over keys and chains.
 */
export function openLocalFolder(path: string, network: string, chain: string): LocalFolder {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const release = hold(join(path, 'lock'));
  try {
    const file = join(path, 'state.json');
    let state = existsSync(file) ? readState(file) : freshState(network, chain);
    if (state.network !== network)
      throw new LocalFault(
        'other-network',
        `${path} is of the network ${state.network}`,
        'name another folder with --folder',
      );
    if (state.chain !== chain)
      throw new LocalFault(
        'other-network',
        `${path} has another chain than the file: its specification was changed`,
        'take the old specification, or another folder; the old chain stays where it is',
      );
    const change: LocalFolder['change'] = (how) => {
      state = how(state);
      writeWhole(file, `${JSON.stringify(state, null, 2)}\n`);
    };
    change((same) => same);
    return { path, state: () => state, change, release };
  } catch (error) {
    release();
    throw error;
  }
}

function freshState(network: string, chain: string): LocalState {
  return { format: 'watchbill/local/1', network, chain, seats: {}, keySets: {}, programs: {}, running: {} };
}

function readState(file: string): LocalState {
  const read = stateShape.safeParse(parsed(file));
  if (read.success) return read.data;
  throw new LocalFault(
    'folder',
    `${file} cannot be read as the state of a network: ${read.error.issues[0]?.message}`,
    'restore it; or name another folder (this one keeps its keys and chains)',
  );
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/** A file that names this process; one that names a process that is gone is taken over. */
function hold(file: string): () => void {
  const mine = processMark(process.pid);
  if (mine === null)
    throw new LocalFault('folder', 'this system does not tell which processes run', 'use Linux');
  for (let tries = 0; tries < 3; tries += 1) {
    try {
      const handle = openSync(file, 'wx', 0o600);
      writeSync(handle, JSON.stringify(mine));
      fsyncSync(handle);
      closeSync(handle);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new LocalFault(
          'folder',
          `${file} cannot be written`,
          'check the folder and its permissions',
          error,
        );
    }
    const read = markShape.safeParse(parsed(file));
    const holder: ProcessMark | null = read.success ? read.data : null;
    if (holder !== null && sameProcess(holder))
      throw new LocalFault(
        'in-use',
        `the network of this folder runs already, held by process ${holder.pid}`,
        'stop that one first, or name another folder: two would sign with one key',
      );
    rmSync(file, { force: true });
  }
  throw new LocalFault('in-use', `${file} is fought over`, 'start one at a time');
}

function writeWhole(file: string, text: string): void {
  const draft = `${file}.new`;
  const handle = openSync(draft, 'w', 0o600);
  writeSync(handle, text);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(draft, file);
}
