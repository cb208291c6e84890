import type { Network } from '../../file/normalise/index.ts';
import { developmentChain } from './chain.ts';
import { serveControl } from './control-server.ts';
import { type LocalFolder, openLocalFolder } from './folder.ts';
import { endLeftovers, type Keeper, type KeeperEvent, keeper } from './keeper.ts';
import { keyNotesFolder } from './key-holds.ts';
import { type LocalNode, type LocalSeat, layoutOf, localArguments } from './layout.ts';
import { LocalFault } from './local-fault.ts';
import { handsOn } from './node-control.ts';
import { binaryOf, chainOf, prepareNodes } from './prepare.ts';
import { relayPart } from './relay-part.ts';
import { refuseRealSeeds } from './seeds.ts';
import { type NodeReading, type NodeWatch, watchNode } from './watch.ts';

export interface LocalOptions {
  readonly network: Network;
  /** Texts of the files that the network file names. */
  readonly files: ReadonlyMap<string, string>;
  /** The folder of this network's chains and keys. */
  readonly folder: string;
  /** Folder of secrets: `SECRET/ENTRY`, as a cluster mounts them; null for none. */
  readonly secrets: string | null;
  /** Leaves the boot nodes of a chain specification out; otherwise one with boot nodes is refused. */
  readonly withoutBootNodes: boolean;
  /**
   * The user's environment, which names the records of keys in use: two networks that would sign with one key
   * refuse each other. Null for a throw-away network with public keys.
   */
  readonly env: NodeJS.ProcessEnv | null;
  readonly tell: (event: KeeperEvent) => void;
}

/** One node of a running network, as it is shown. */
export interface LocalStatus {
  readonly name: string;
  readonly role: string;
  readonly pid: number | null;
  readonly state: ReturnType<Keeper['state']>;
  readonly restarts: number;
  readonly rpcUrl: string;
  readonly metricsUrl: string;
  readonly logFile: string;
  readonly reading: NodeReading | null;
}

/** A network that runs on this machine as processes of this one. */
export interface LocalNetwork {
  readonly nodes: readonly LocalNode[];
  readonly seat: (name: string) => LocalSeat;
  readonly status: () => Promise<readonly LocalStatus[]>;
  /** Stops all nodes, signers first, and releases the folder. */
  readonly stop: (deadlineMs: number) => Promise<void>;
}

/** Nodes that have just started have little to save. */
const FAILED_STOP_MS = 5_000;

/**
 * Starts every node of a network file on this machine; of parachains their relay chain, with a stand-in for
 * each of their nodes. Accepts development chains and development seeds only.
 * Throws a {@link LocalFault}; then no process of it runs.
 */
export async function upLocal({
  network: whole,
  files,
  folder: path,
  secrets,
  withoutBootNodes,
  env,
  tell,
}: LocalOptions): Promise<LocalNetwork> {
  const { network, standIns } = relayPart(whole);
  const layout = layoutOf(network, path, secrets);
  if (!layout.ok) {
    const texts = layout.problems.map(({ node, what }) => `${node}: ${what}`);
    throw new LocalFault('start', texts.join('; '), layout.problems[0]?.remedy ?? '');
  }
  const chain = developmentChain(network, files, withoutBootNodes);
  refuseRealSeeds(layout.nodes);
  for (const node of standIns) tell({ kind: 'stand-in', node });
  const folder = openLocalFolder(path, network.name, 'name' in chain ? chain.name : chain.sha256);
  try {
    await endLeftovers(folder, tell);
    const file = chainOf(path, chain);
    const notes = env === null ? null : () => keyNotesFolder(env);
    const releaseKeys = await prepareNodes(folder, layout.nodes, file, notes);
    const release = () => {
      releaseKeys();
      folder.release();
    };
    try {
      return await running(folder, layout.nodes, file, tell, release);
    } catch (error) {
      releaseKeys();
      throw error;
    }
  } catch (error) {
    folder.release();
    throw error;
  }
}

async function running(
  folder: LocalFolder,
  nodes: readonly LocalNode[],
  chain: string,
  tell: (event: KeeperEvent) => void,
  release: () => void,
): Promise<LocalNetwork> {
  const seats = new Map(Object.entries(folder.state().seats));
  const seat = (name: string): LocalSeat => {
    const found = seats.get(name);
    if (found === undefined) throw new Error(`there is no node ${name}`);
    return found;
  };
  const kept = nodes.map((node) => {
    const args = () => localArguments({ node, seats, all: nodes, chain });
    const program = () => binaryOf(folder, node).source;
    const one = keeper({ name: node.name, program, args, logFile: node.logFile }, folder, tell);
    return { node, keeper: one, watch: watchNode(seat(node.name)) };
  });
  const control = await serveControl(folder.path, handsOn(folder, kept, seat, chain));
  try {
    for (const each of kept) each.keeper.start();
  } catch (error) {
    // The folder and the keys are released, so no user of them may continue.
    await control.close();
    await Promise.all(kept.map((each) => each.keeper.stop(FAILED_STOP_MS)));
    throw error;
  }
  return {
    nodes,
    seat,
    status: () => Promise.all(kept.map((each) => statusOf(each, seat(each.node.name)))),
    stop: async (deadlineMs) => {
      await control.close();
      const signers = kept.filter(({ node }) => node.keySet !== null);
      const others = kept.filter(({ node }) => node.keySet === null);
      for (const group of [signers, others])
        await Promise.all(group.map((each) => each.keeper.stop(deadlineMs)));
      for (const { watch } of kept) watch.close();
      release();
    },
  };
}

async function statusOf(
  {
    node,
    keeper: one,
    watch,
  }: { readonly node: LocalNode; readonly keeper: Keeper; readonly watch: NodeWatch },
  { ports }: LocalSeat,
): Promise<LocalStatus> {
  return {
    name: node.name,
    role: node.role,
    pid: one.pid(),
    state: one.state(),
    restarts: one.restarts(),
    rpcUrl: `ws://127.0.0.1:${ports.rpc}`,
    metricsUrl: `http://127.0.0.1:${ports.metrics}/metrics`,
    logFile: node.logFile,
    reading: one.state() === 'running' ? await watch.read() : null,
  };
}
