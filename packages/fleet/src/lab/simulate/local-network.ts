import { existsSync, readFileSync } from 'node:fs';
import { call } from '@watchbill/kit/call';
import { connectLocal } from '../local/connect.ts';
import type { ControlledNode } from '../local/control.ts';
import type { LocalNetwork } from '../local/up.ts';
import { type NodeWatch, watchNode } from '../local/watch.ts';
import { networkName } from './network-value.ts';
import { SimulationFault } from './simulate-fault.ts';
import type { SimulatedNetwork } from './simulate-ports.ts';

const STOP_MS = 20_000;
const METRICS_MS = 3_000;
const MOST_METRICS_BYTES = 64 * 2 ** 20;

/**
 * The network that runs from a folder on this machine, for the steps of a simulation. Throws a LocalFault if
 * none runs.
 */
export async function localSimulated(
  local: LocalNetwork,
  folder: string,
  names: readonly string[],
): Promise<SimulatedNetwork & { readonly close: () => void }> {
  const control = await connectLocal(folder);
  const watches = new Map<string, NodeWatch>();
  const node = async (name: string): Promise<ControlledNode> => {
    const found = (await control.nodes()).find((one) => one.name === networkName(name));
    if (found !== undefined) return found;
    throw new SimulationFault('start', `${name} does not run here`, 'look at its log');
  };
  const known = new Map(await Promise.all(names.map(async (name) => [name, await node(name)] as const)));
  const of = (name: string): ControlledNode => {
    const found = known.get(name);
    if (found !== undefined) return found;
    throw new SimulationFault('start', `there is no node ${name}`, 'name one of the simulation');
  };
  const signal = async (name: string, what: NodeJS.Signals): Promise<void> => {
    const { pid, state } = await node(name);
    if (pid === null)
      throw new SimulationFault(
        'start',
        `${name} is ${state}: there is no process to signal`,
        'start it first',
      );
    process.kill(pid, what);
  };
  return {
    names,
    pause: (name) => signal(name, 'SIGSTOP'),
    resume: (name) => signal(name, 'SIGCONT'),
    kill: (name) => signal(name, 'SIGKILL'),
    stop: (name) => control.stop(networkName(name), STOP_MS),
    start: (name) => control.start(networkName(name)),
    reading: (name) => {
      const watch = watches.get(name) ?? watchNode(local.seat(networkName(name)));
      watches.set(name, watch);
      return watch.read();
    },
    metrics: async (name) => {
      try {
        return await call(of(name).metricsUrl, { deadlineMs: METRICS_MS, mostBytes: MOST_METRICS_BYTES });
      } catch {
        return null;
      }
    },
    log: (name) => (existsSync(of(name).logFile) ? readFileSync(of(name).logFile, 'utf8') : ''),
    close: () => {
      for (const watch of watches.values()) watch.close();
      control.close();
    },
  };
}
