import { join, resolve } from 'node:path';
import { faultOf } from '@watchbill/kit/command/fault-text';
import type { Io } from '@watchbill/kit/command/io';
import { personOf } from '@watchbill/kit/command/person';
import type { Command } from 'commander';
import type { FleetNode } from '../../file/index.ts';
import type { AccessEntry, NodeAccess } from '../../run/access/index.ts';
import { addTargetOptions, STATE_FOLDER, type TargetFlags } from '../command-ports.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';

export interface AccessFlags extends TargetFlags {
  readonly file: string;
  readonly local?: string;
  readonly audit?: string;
}

/** Flags of all commands that reach a node. */
export function addAccessFlags(command: Command): Command {
  return addTargetOptions(command)
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option('--local <folder>', 'folder of the network that runs on this machine (fleet local up --local)')
    .option('--audit <file>', `file that records each use (default: ${join(STATE_FOLDER, 'access.jsonl')})`);
}

/** A use of a node: the checks before it, and the work. */
export interface Use {
  readonly verb: AccessEntry['verb'];
  readonly what: string | null;
  /** Throws a fault if the use is not allowed. */
  readonly check: (node: FleetNode) => void;
  readonly work: (access: NodeAccess, signal: AbortSignal) => Promise<void>;
}

/** Finds the node, checks and records the use, and only then connects. Ctrl-C ends it. */
export async function useNode(io: Io, name: string, flags: AccessFlags, use: Use): Promise<void> {
  const fleet = await import('../../run/access/index.ts');
  const controller = new AbortController();
  const forgetStop = io.onStopSignal(() => controller.abort());
  // Work on a node continues when its output is closed (`| head`). Logs end then.
  const forgetReader = use.verb === 'logs' ? io.onOutputGone(() => controller.abort()) : () => undefined;
  try {
    const { network } = await readGraph(io, flags.file);
    const node = fleet.nodeNamed(network, name);
    use.check(node);
    const audit =
      flags.audit === undefined
        ? join(resolve(io.cwd, flags.file), '..', STATE_FOLDER, 'access.jsonl')
        : resolve(io.cwd, flags.audit);
    fleet.writeAudit(audit, {
      at: new Date(io.clock.nowMs()).toISOString(),
      who: personOf(io),
      network: network.name,
      node: name,
      verb: use.verb,
      what: use.what,
    });
    const access = await openAccess(io, network, node, flags);
    try {
      await use.work(access, controller.signal);
    } finally {
      access.close();
    }
  } catch (error) {
    if (!(error instanceof fleet.AccessFault)) throw error;
    throw faultOf('access', error, name);
  } finally {
    forgetStop();
    forgetReader();
  }
}

type ReadNetwork = Awaited<ReturnType<typeof readGraph>>['network'];

async function openAccess(
  io: Io,
  network: ReadNetwork,
  node: FleetNode,
  { local, kubeconfig, sshConfig }: AccessFlags,
): Promise<NodeAccess> {
  const pathOf = (path: string | undefined) => (path === undefined ? null : resolve(io.cwd, path));
  if (local !== undefined) {
    const { localAccess } = await import('../../lab/operate/index.ts');
    return localAccess(node, resolve(io.cwd, local), io.clock.nowMs);
  }
  const fleet = await import('../../run/access/index.ts');
  const place = network.places.get(node.place);
  if (place === undefined) throw new Error(`${node.name} is nowhere`);
  if (place.target === 'machine')
    return fleet.machineAccess({ network, node, place, sshConfigFile: pathOf(sshConfig), clock: io.clock });
  if (kubeconfig === undefined) {
    const { expectKubeconfig } = await import('../../run/operations/index.ts');
    expectKubeconfig(io, place.name, network.name);
  }
  return fleet.clusterAccess({ node, place, kubeconfigFile: pathOf(kubeconfig) });
}
