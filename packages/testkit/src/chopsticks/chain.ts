import { connectNode, type NodeRpc } from '@watchbill/chain';
import { CHAINS, type ChainName } from './chains.ts';
import type { RawStorage } from './genesis.ts';
import { type Messages, type ServingProcess, serveChain } from './process.ts';
import { genesisFile } from './spec.ts';

export interface ChopsticksOptions {
  /** 0, the default, for any free port. */
  readonly port?: number;
  /** Default: a block only on request. */
  readonly blockMode?: 'Manual' | 'Instant' | 'Batch';
  /** Solves elections of Asset Hub. Default false. */
  readonly offchainWorker?: boolean;
  /** Written into the genesis. */
  readonly storage?: RawStorage;
}

/** Values by pallet and item as polkadot.js writes them, or pairs of raw keys and values. */
export type StorageChange =
  | Readonly<Record<string, Readonly<Record<string, unknown>>>>
  | readonly (readonly [key: string, value: string | null])[];

/** A real runtime with real RPC in a separate process. Its best block is also final. */
export interface ChopsticksChain {
  readonly name: ChainName;
  /** Of the WebSocket. */
  readonly url: string;
  readonly httpUrl: string;
  readonly pid: number;
  readonly slotMs: number;
  /** A client of it, which closes with the chain. */
  readonly node: NodeRpc;
  /**
   * Makes blocks; settles to the hash of the last one. `onRelay`: the height of the relay block under a
   * parachain's block.
   */
  readonly newBlock: (count?: number, transactions?: readonly string[], onRelay?: number) => Promise<string>;
  /** Changes the state of the newest block and keeps its hash; the next block is built on it. */
  readonly setStorage: (change: StorageChange) => Promise<void>;
  /**
   * The result of an extrinsic on the newest block: bytes of `ApplyExtrinsicResult`. Rejects if the runtime
   * traps.
   */
  readonly dryRun: (extrinsic: string) => Promise<string>;
  readonly carry: (messages: Messages) => Promise<void>;
  readonly running: () => boolean;
  readonly output: () => string;
  /** SIGSTOP: connections stay open, but get no answers. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Ends it and removes its files. A chain keeps no data, so it gets SIGKILL. Idempotent. */
  readonly stop: () => Promise<void>;
}

const CALL_TIMEOUT_MS = 120_000;
/** A block of Asset Hub that solves an election takes seconds, and a minute on an overloaded machine. */
const BLOCK_TIMEOUT_MS = 300_000;
const MOST_BLOCKS = 1_000;

/**
 * Runs one chain from its raw specification. Chains with the same specification and the same blocks have the
 * same hashes.
 */
export async function startChopsticks(
  name: ChainName,
  options: ChopsticksOptions = {},
): Promise<ChopsticksChain> {
  const serving = await serveChain({
    genesis: genesisFile(name, options.storage),
    port: options.port ?? 0,
    blockMode: options.blockMode ?? 'Manual',
    offchainWorker: options.offchainWorker ?? false,
  });
  const url = `ws://127.0.0.1:${serving.port}`;
  const node = connectNode(url, { timeoutMs: CALL_TIMEOUT_MS });
  return chopsticksChain(name, url, serving, node);
}

/** A chain that made a block, and stops when the test ends. */
export async function chainOf(
  context: { after(work: () => Promise<void>): void },
  name: ChainName,
  options: ChopsticksOptions = {},
): Promise<ChopsticksChain> {
  const chain = await startChopsticks(name, options);
  context.after(() => chain.stop());
  await chain.newBlock();
  return chain;
}

function chopsticksChain(
  name: ChainName,
  url: string,
  serving: ServingProcess,
  node: NodeRpc,
): ChopsticksChain {
  return {
    name,
    url,
    httpUrl: url.replace('ws:', 'http:'),
    pid: serving.pid,
    slotMs: CHAINS[name].slotMs,
    node,
    newBlock: async (count = 1, transactions = [], onRelay) => {
      if (!Number.isInteger(count) || count < 1 || count > MOST_BLOCKS)
        throw new RangeError(`${count} blocks are not from 1 to ${MOST_BLOCKS}`);
      let hash = '';
      // One call each, so that each has a separate deadline.
      for (let made = 0; made < count; made += 1) {
        const order = {
          ...(made === 0 && transactions.length > 0 ? { transactions } : {}),
          ...(onRelay === undefined ? {} : { relayParentNumber: onRelay }),
        };
        hash = await node.call<string>('dev_newBlock', [order], { timeoutMs: BLOCK_TIMEOUT_MS });
      }
      return hash;
    },
    setStorage: async (change) => {
      await node.call('dev_setStorage', [change]);
    },
    dryRun: (extrinsic) => node.call<string>('system_dryRun', [extrinsic]),
    carry: serving.carry,
    running: serving.running,
    output: serving.output,
    pause: () => serving.signal('SIGSTOP'),
    resume: () => serving.signal('SIGCONT'),
    stop: async () => {
      node.close();
      await serving.kill();
    },
  };
}
