import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NodeNetwork, startNodeNetwork } from '../nodes/network.ts';
import { type Observer, startObserver } from '../nodes/observer/index.ts';
import type { NodePlan } from '../nodes/plan.ts';
import type { RunningNode } from '../nodes/running-node.ts';
import { type ChainKind, DEVNET } from './kinds.ts';
import { plainPlans, watcherPlan } from './machines.ts';

export interface ScenarioChainOptions {
  readonly binary: string;
  /** Raw chain specification of that kind. */
  readonly spec: string;
  /** Default: the development chain. */
  readonly kind?: ChainKind;
  /** Started beside the plain validators and the watcher. */
  readonly machines?: readonly NodePlan[];
}

/**
 * The chain of a scenario without the machines of the identity: plain validators, a watcher, an observer.
 */
export interface ScenarioChain {
  readonly folder: string;
  readonly network: NodeNetwork;
  readonly observer: Observer;
  readonly watcher: RunningNode;
  /** Hash of block 0. */
  readonly genesis: string;
  /** Parts that `close` ends before the chain, last added first. */
  endFirst(end: () => Promise<unknown>): void;
  close(): Promise<void>;
}

export async function startScenarioChain(options: ScenarioChainOptions): Promise<ScenarioChain> {
  const { binary, spec, kind = DEVNET, machines = [] } = options;
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-scenario-'));
  const ends: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const nodes = [...plainPlans(kind), watcherPlan(kind), ...machines];
    const place = join(folder, 'nodes');
    const network = await startNodeNetwork({ binary, spec, nodes, folder: place, namespaces: true });
    ends.push(() => network.close());
    const watcher = network.node('watcher');
    const observer = await startObserver({
      nodes: [watcher, network.node('alice')],
      dueFrom: ['watcher'],
      votesFile: `${watcher.folder}/votes.jsonl`,
      blocksFile: `${watcher.folder}/blocks.jsonl`,
    });
    ends.push(() => observer.close());
    const genesis = await watcher.rpc.call<string>('chain_getBlockHash', [0]);
    return { folder, network, observer, watcher, genesis, endFirst: (end) => ends.push(end), close };
  } catch (error) {
    await close();
    throw error;
  }
}
