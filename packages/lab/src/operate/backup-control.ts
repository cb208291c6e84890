import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FleetNode } from '@watchbill/fleet/normalise';
import type { NodeControl } from '@watchbill/fleet-run/backup';
import { BackupFault, declaredKeys, factsOver, hashOver, withRpc } from '@watchbill/fleet-run/backup';
import type { ControlledNode, LocalControl } from '../local/control.ts';

const STOP_MS = 60_000;

/** A node of a network that runs on this machine. `declared`: the node in the network file. */
export function localControl(
  local: LocalControl,
  network: string,
  first: Pick<ControlledNode, 'name' | 'pool' | 'role'>,
  declared: FleetNode,
): NodeControl {
  const { name: node, pool, role } = first;
  const now = async (): Promise<ControlledNode> => {
    const found = (await local.nodes()).find(({ name }) => name === node);
    if (found !== undefined) return found;
    throw new BackupFault('node', `${node} does not run here`, 'see `watchbill fleet up --local`');
  };
  return {
    network,
    node,
    pool,
    role,
    pruning: declared.settings.pruning,
    running: async () => {
      const { state } = await now();
      // One that is started again and again is neither up nor surely down.
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
