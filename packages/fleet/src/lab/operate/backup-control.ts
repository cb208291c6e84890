import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FleetNode, Network } from '../../file/normalise/index.ts';
import type { NodeControl } from '../../run/backup/index.ts';
import { BackupFault, declaredKeys, factsOver, hashOver, withRpc } from '../../run/backup/index.ts';
import { type NodeHere, OperationFault } from '../../run/operations/index.ts';
import { connectLocal } from '../local/connect.ts';
import type { ControlledNode, LocalControl } from '../local/control.ts';
import { LocalFault } from '../local/local-fault.ts';

const STOP_MS = 60_000;

/**
 * Opens a node of the network that runs from a folder on this machine, for operations on backups. Throws an
 * OperationFault if the network or the node does not run there.
 */
export async function openNodeHere(top: string, network: Network, node: FleetNode): Promise<NodeHere> {
  const control = await connected(top);
  const nodes = await control.nodes();
  const found = nodes.find(({ name }) => name === node.name);
  if (found === undefined) {
    control.close();
    throw new OperationFault('usage', 'usage', [
      {
        what: `${node.name} does not run from ${top}`,
        remedy: 'name the folder of the network of this file',
        where: 'flag --local',
      },
    ]);
  }
  const others = nodes.filter(({ name, state }) => name !== node.name && state === 'running');
  return {
    control: localControl(control, network.name, found, node),
    folder: found.folder,
    lockFile: `${top}/${node.name}.copy.lock`,
    genesisOfOthers: (signal) => genesisOf(others, signal),
    close: control.close,
  };
}

async function connected(top: string): ReturnType<typeof connectLocal> {
  try {
    return await connectLocal(top);
  } catch (error) {
    if (!(error instanceof LocalFault)) throw error;
    const { code, kind, message: what, remedy } = error;
    throw new OperationFault(`local-${code}`, kind, [{ what, where: top, remedy }], error);
  }
}

/** The first block, if all of these nodes agree on it; otherwise null. */
async function genesisOf(nodes: readonly ControlledNode[], signal: AbortSignal): Promise<string | null> {
  const answers = await Promise.all(
    nodes.map(({ rpcUrl }) =>
      withRpc(rpcUrl, (ask) => ask('chain_getBlockHash', [0], signal)).catch(() => null),
    ),
  );
  const known = new Set(answers.filter((one) => one !== null));
  const [only] = known;
  return known.size === 1 && typeof only === 'string' ? only : null;
}

/** A node of a network that runs on this machine. `declared`: the node in the network file. */
function localControl(
  local: LocalControl,
  network: string,
  first: Pick<ControlledNode, 'name' | 'pool' | 'role'>,
  declared: FleetNode,
): NodeControl {
  const { name: node, pool, role } = first;
  const now = async (): Promise<ControlledNode> => {
    const found = (await local.nodes()).find(({ name }) => name === node);
    if (found !== undefined) return found;
    throw new BackupFault('node', `${node} does not run here`, 'see `watchbill fleet local up --local`');
  };
  return {
    network,
    node,
    pool,
    role,
    pruning: declared.settings.pruning,
    running: async () => {
      const { state } = await now();
      // A node that keeps restarting is neither up nor certainly down.
      if (state === 'running') return 'yes';
      return state === 'waiting' ? 'unknown' : 'no';
    },
    signing: async () => {
      const { folder, keystore, keySet } = await now();
      return {
        signs: keySet !== null,
        keys: [...declaredKeys(declared), ...filesIn(keystore), ...filesIn(folder).filter(isInKeystore)],
      };
    },
    facts: async (signal) => withRpc((await now()).rpcUrl, (ask) => factsOver(ask, signal)),
    hashOf: async (number, signal) => withRpc((await now()).rpcUrl, (ask) => hashOver(ask, number, signal)),
    stop: async (signal) => {
      signal.throwIfAborted();
      await local.stop(node, STOP_MS);
    },
    start: async () => {
      const { state } = await now();
      if (state !== 'running' && state !== 'waiting') await local.start(node);
    },
  };
}

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));
}

/** Nodes without a separate keystore have their keys beside the database. */
function isInKeystore(path: string): boolean {
  return path.includes('/keystore/');
}
