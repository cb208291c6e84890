import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonOrNullSync, replaceFileSync } from '@watchbill/kit/files';
import { z } from 'zod';
import { type Lock, markShape, processMark, takeLock } from '../../run/lock/index.ts';
import { programShape } from './control.ts';
import { LocalFault } from './local-fault.ts';

const port = z.int().min(1).max(65_535);
const seatShape = z.strictObject({
  ports: z.strictObject({ p2p: port, rpc: port, metrics: port }),
  peerId: z.string().min(1),
});
const stateShape = z.strictObject({
  format: z.literal('watchbill/local/1'),
  network: z.string(),
  /** SHA-256 of the chain specification, or the name of the chain. */
  chain: z.string(),
  seats: z.record(z.string(), seatShape),
  /**
   * Session keys that were put into keystores, by node. They are never put there again, nor into another
   * node's keystore.
   */
  keySets: z.record(z.string(), z.string()),
  /** Names of the keys that are being put into a keystore, by node. All, some or none of them are in it. */
  putting: z.record(z.string(), z.array(z.string())).default({}),
  /** Programs that a roll-out chose, by node. They take precedence over the network file. */
  programs: z.record(z.string(), programShape).default({}),
  /** Processes that were started and whose end was not seen. */
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
 * Opens a folder, or creates it. Throws a LocalFault if another process holds it, if it belongs to another
 * network or chain, or if its content is unreadable: then it never starts anew over keys and chains.
 */
export function openLocalFolder(path: string, network: string, chain: string): LocalFolder {
  if (processMark(process.pid) === null)
    throw new LocalFault('folder', 'this system does not show whether a process still runs', 'use Linux');
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const release = hold(join(path, 'lock'));
  try {
    const file = join(path, 'state.json');
    let state = existsSync(file) ? readState(file) : freshState(network, chain);
    if (state.network !== network)
      throw new LocalFault(
        'other-network',
        `${path} belongs to the network ${state.network}`,
        'name another folder with --folder',
      );
    if (state.chain !== chain)
      throw new LocalFault(
        'other-network',
        `${path} belongs to another chain: the chain specification of the network file was changed`,
        'use the old specification, or name another folder with --folder; this folder keeps the old chain',
      );
    const change: LocalFolder['change'] = (how) => {
      state = how(state);
      replaceFileSync({ path: file, text: `${JSON.stringify(state, null, 2)}\n`, mode: 0o600 });
    };
    change((same) => same);
    return { path, state: () => state, change, release };
  } catch (error) {
    release();
    throw error;
  }
}

function freshState(network: string, chain: string): LocalState {
  return {
    format: 'watchbill/local/1',
    network,
    chain,
    seats: {},
    keySets: {},
    putting: {},
    programs: {},
    running: {},
  };
}

function readState(file: string): LocalState {
  const read = stateShape.safeParse(readJsonOrNullSync(file));
  if (read.success) return read.data;
  throw new LocalFault(
    'folder',
    `${file} cannot be read as the state of a network: ${read.error.issues[0]?.message}`,
    'restore it; or name another folder (this one keeps its keys and chains)',
  );
}

function hold(file: string): () => void {
  let lock: Lock;
  try {
    lock = takeLock(file);
  } catch (error) {
    throw new LocalFault(
      'folder',
      `${file} cannot be written`,
      'check the folder and its permissions',
      error,
    );
  }
  if (lock.ok) return lock.release;
  throw new LocalFault(
    'in-use',
    lock.pid === null
      ? `the network of this folder may already run: ${lock.detail}`
      : `the network of this folder already runs, in process ${lock.pid}`,
    'stop that network first. From another folder, run only a network with other keys: otherwise two nodes would sign with one key',
  );
}
