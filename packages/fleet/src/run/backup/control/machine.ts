import { type Clock, jsonOrNull } from '@watchbill/kit';
import { shellWord } from '@watchbill/kit/ssh';
import { z } from 'zod';
import {
  homeOf,
  memoryKeystore,
  portsOf,
  sharedGroupOf,
  unitName,
  userOf,
} from '../../../file/emit/index.ts';
import type { FleetNode, MachinePlace, Network } from '../../../file/normalise/index.ts';
import { type Machine, type RunScript, sshMachine } from '../../machines/ssh.ts';
import { BackupFault } from '../backup-fault.ts';
import { type AskRpc, factsOver, hashOver } from '../facts.ts';
import { outputOf } from '../host.ts';
import type { NodeControl } from '../port.ts';
import type { Running } from '../run-state.ts';
import { machineSigning } from './machine-signing.ts';

/** Folder of a node on its machine: `data`, `relay` and `keys` are in it. */
export function machineFolder(network: Pick<Network, 'name'>, node: Pick<FleetNode, 'name'>): string {
  return `${homeOf(network as Network)}/${node.name}`;
}

/** Runs long scripts on a machine over ssh. Does not connect yet. */
export function openMachine(
  { host, port, user }: MachinePlace,
  options: { readonly configFile: string | null; readonly timeoutMs: number; readonly clock: Clock },
): Machine {
  return sshMachine({ host, port, user, ...options });
}

/**
 * Runs scripts as the user of a node, with the group by which it reads what the network shares. `run`: as
 * root.
 */
export function asNodeUser(run: RunScript, network: Network, node: FleetNode): RunScript {
  const user = shellWord(userOf(network, node));
  const as = `runuser -u ${user} -g ${user} -G ${shellWord(sharedGroupOf(network))} -- sh -s`;
  return (script, signal) => run(`${as} <<'AS_NODE_USER'\nset -eu\n${script}\nAS_NODE_USER`, signal);
}

/** A node on a machine with systemd: units are stopped and started, and RPC is asked there, on loopback. */
export function machineControl(run: RunScript, network: Network, fleetNode: FleetNode): NodeControl {
  const { name: node, pool, role, settings } = fleetNode;
  const unit = shellWord(unitName(network.name, node));
  const { rpc } = portsOf(fleetNode, 'machine');
  const asked = (what: string) =>
    ({
      what: `${what} ${node}`,
      code: 'node',
      remedy: `see \`systemctl status ${unitName(network.name, node)}\` on the machine`,
    }) as const;
  const ask = askOn(run, rpc);
  return {
    network: network.name,
    node,
    pool,
    role,
    pruning: settings.pruning,
    running: async (signal) =>
      runningOf(await run(`systemctl show --property=ActiveState --value ${unit}`, signal)),
    signing: (signal) =>
      machineSigning(
        run,
        {
          node: fleetNode,
          unit: unitName(network.name, node),
          folder: machineFolder(network, fleetNode),
          memory: memoryKeystore(network, fleetNode),
        },
        signal,
      ),
    facts: (signal) => factsOver(ask, signal),
    hashOf: (number, signal) => hashOver(ask, number, signal),
    stop: async (signal) => {
      const script = `systemctl stop ${unit}\ns=$(systemctl show --property=ActiveState --value ${unit})\ncase $s in inactive|failed) ;; *) echo "it is $s" >&2; exit 1 ;; esac`;
      await outputOf(run, script, asked('stopping'), signal);
    },
    start: async (signal) => {
      await outputOf(run, `systemctl start ${unit}`, asked('starting'), signal);
    },
  };
}

function runningOf(ran: Awaited<ReturnType<RunScript>>): Running {
  if (ran.kind !== 'ended' || ran.code !== 0) return 'unknown';
  const state = ran.out.trim();
  if (state === 'active') return 'yes';
  return state === 'inactive' || state === 'failed' ? 'no' : 'unknown';
}

const replies = z.array(z.object({ id: z.int(), result: z.unknown(), error: z.unknown().optional() }));

interface Waiting {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Questions that are asked at the same moment go over ssh together: a session for each would take longer than
 * the answers.
 */
function askOn(run: RunScript, port: number): AskRpc {
  let waiting: Waiting[] = [];

  async function flush(signal: AbortSignal): Promise<void> {
    const asked = waiting;
    waiting = [];
    try {
      const calls = asked.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params }));
      const found = await answersOn(run, port, calls, signal);
      for (const [id, { method, resolve, reject }] of asked.entries()) {
        const one = found.find((reply) => reply.id === id);
        if (one !== undefined && one.error === undefined) resolve(one.result ?? null);
        else reject(new BackupFault('node', `the node refuses ${method}`, 'see its log'));
      }
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }

  return (method, params, signal) =>
    new Promise((resolve, reject) => {
      waiting.push({ method, params, resolve, reject });
      if (waiting.length === 1) queueMicrotask(() => void flush(signal));
    });
}

async function answersOn(run: RunScript, port: number, calls: readonly object[], signal: AbortSignal) {
  const body = shellWord(JSON.stringify(calls));
  const script = `curl --silent --show-error --max-time 10 --header 'content-type: application/json' --data ${body} http://127.0.0.1:${port}`;
  const ran = await run(script, signal);
  if (ran.kind === 'ended' && ran.code === 0) {
    const read = replies.safeParse(jsonOrNull(ran.out));
    if (read.success) return read.data;
  }
  throw new BackupFault(
    'node',
    'the node returned an unusable answer',
    'check that it runs and serves RPC on loopback',
  );
}
