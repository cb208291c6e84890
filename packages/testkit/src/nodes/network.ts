import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from '../at-exit.ts';
import { copyDatabase } from './copy-database.ts';
import { putKeys } from './keystore.ts';
import { createNamespaceNet } from './namespaces.ts';
import type { NodePlan } from './plan.ts';
import { type RunningNode, runningNode } from './running-node.ts';
import { argumentsOf, type Ground, takeSeat } from './seat.ts';

export interface NodeNetworkOptions {
  /** The node program. */
  readonly binary: string;
  /** Raw chain specification, a file. */
  readonly spec: string;
  readonly nodes: readonly NodePlan[];
  /** Kept after `close`. Default: a temporary folder, which goes with the network. */
  readonly folder?: string;
  /** Machine code of runtimes, shared by all runs. Default: a cache in the home folder. */
  readonly wasmCache?: string;
  /**
   * Each node in a separate network namespace, so that tests can cut off peers; see `namespacesMissing`.
   * Default false.
   */
  readonly namespaces?: boolean;
  /** Added to the command line of every node. */
  readonly args?: readonly string[];
  /** Default true: start all nodes. */
  readonly start?: boolean;
}

/** Real nodes of one chain on this machine. */
export interface NodeNetwork {
  readonly folder: string;
  /** All nodes, in the order in which they were added. */
  nodes(): readonly RunningNode[];
  /** Throws if there is no such node. */
  node(name: string): RunningNode;
  /** Another node, not started. From its start on it knows the others, and they meet it then. */
  add(plan: NodePlan): Promise<RunningNode>;
  /** Start all that do not run. */
  startAll(): Promise<void>;
  /** Kill all and remove everything. Idempotent; runs by itself when the process ends. */
  close(): Promise<void>;
}

interface NetworkGround extends Ground {
  readonly options: NodeNetworkOptions;
  readonly nodes: RunningNode[];
}

const NAME = /^[a-z0-9][a-z0-9-]{0,40}$/i;
const WASM_CACHE = join(homedir(), '.cache', 'watchbill', 'wasm');

/** Start a network. If a node does not start, it ends and removes everything and rejects. */
export async function startNodeNetwork(options: NodeNetworkOptions): Promise<NodeNetwork> {
  checkFiles(options);
  const ground = makeGround(options);
  const release = closeAtExit(ground);
  const network = networkOf(ground, release);
  try {
    for (const plan of options.nodes) await addNode(ground, plan);
    if (options.start !== false) await network.startAll();
    return network;
  } catch (error) {
    await network.close();
    throw error;
  }
}

function makeGround(options: NodeNetworkOptions): NetworkGround {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'watchbill-nodes-'));
  const wasmCache = options.wasmCache ?? WASM_CACHE;
  for (const each of [folder, wasmCache]) mkdirSync(each, { recursive: true });
  const namespaces = options.namespaces === true ? createNamespaceNet() : null;
  const { spec, args = [] } = options;
  return { options, spec, args, folder, wasmCache, namespaces, nodes: [], lines: [], addresses: new Map() };
}

function checkFiles({ binary, spec }: NodeNetworkOptions): void {
  const needed = [
    { path: binary, mode: constants.X_OK, what: 'the node program' },
    { path: spec, mode: constants.R_OK, what: 'the chain specification' },
  ];
  for (const { path, mode, what } of needed) {
    try {
      accessSync(path, mode);
    } catch {
      throw new Error(`${what} is missing or cannot be used: ${path}`);
    }
  }
}

function networkOf(ground: NetworkGround, release: () => void): NodeNetwork {
  return {
    folder: ground.folder,
    nodes: () => [...ground.nodes],
    node: (name) => {
      const found = ground.nodes.find((node) => node.name === name);
      if (found === undefined) throw new Error(`the network has no node ${name}`);
      return found;
    },
    add: (plan) => addNode(ground, plan),
    startAll: async () => {
      const [first, ...rest] = ground.nodes.filter((node) => !node.running());
      // The first one compiles the runtime into the cache if it is not there yet.
      await first?.start();
      await Promise.all(rest.map((node) => node.start()));
    },
    close: async () => {
      for (const node of ground.nodes) node.rpc.close();
      await Promise.all(ground.nodes.map((node) => node.kill()));
      await Promise.all(ground.lines.splice(0).map((line) => line.close()));
      removeGround(ground);
      release();
    },
  };
}

async function addNode(ground: NetworkGround, plan: NodePlan): Promise<RunningNode> {
  if (!NAME.test(plan.name) || ground.addresses.has(plan.name))
    throw new Error(`a node needs a unique name of letters, digits and dashes; got ${plan.name}`);
  const seat = await takeSeat(ground, plan);
  putKeys(seat.place.keystorePath, plan.keys ?? []);
  const node: RunningNode = runningNode({
    ...seat,
    binary: plan.binary ?? ground.options.binary,
    arguments: () => argumentsOf(ground, seat),
    clone: async (name, changes = {}) => {
      const withKeys = changes.keys === undefined;
      const copy = await addNode(ground, { ...plan, ...changes, name, keys: changes.keys ?? [] });
      await copyDatabase(node, copy, withKeys);
      return copy;
    },
  });
  ground.nodes.push(node);
  return node;
}

function removeGround(ground: NetworkGround): void {
  ground.namespaces?.close();
  if (ground.options.folder === undefined) rmSync(ground.folder, { recursive: true, force: true });
}

/** Kill by pid and remove, synchronously. Returns a function that calls it off. */
function closeAtExit(ground: NetworkGround): () => void {
  return atExit(() => {
    for (const node of ground.nodes) void node.kill();
    removeGround(ground);
  });
}
