import type { Clock } from '@watchbill/kit';
import { type FleetMemory, livesElsewhere } from '../../run/operations/index.ts';
import type { KeeperEvent } from '../local/keeper.ts';
import { LocalFault } from '../local/local-fault.ts';
import { type LocalNetwork, type LocalOptions, type LocalStatus, upLocal } from '../local/up.ts';

/** The world around a local network. */
export interface UpPorts {
  readonly clock: Clock;
  /** The memory of the fleet. A network that runs elsewhere does not run here. */
  readonly memory: Pick<FleetMemory, 'where' | 'remembered'>;
  /** Opens a gateway before the RPC nodes; null for none. */
  readonly openGateway: ((local: LocalNetwork) => Promise<UpGateway>) | null;
}

export interface UpGateway {
  readonly url: string;
  readonly close: (deadlineMs: number) => Promise<void>;
}

export interface UpInput extends Omit<LocalOptions, 'tell'> {
  /** The interval of `status` events. */
  readonly everyMs: number;
  readonly onEvent: (event: UpEvent) => void;
  /** Ends the network, which stops its signers first. */
  readonly signal: AbortSignal;
}

export type UpEvent =
  | KeeperEvent
  | { readonly kind: 'gateway'; readonly url: string }
  | { readonly kind: 'up'; readonly network: string; readonly folder: string; readonly count: number }
  | { readonly kind: 'status'; readonly nodes: readonly LocalStatus[] }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'stopped' };

const STOP_MS = 20_000;
const GATEWAY_STOP_MS = 2_000;

/**
 * Runs a network on this machine until the signal. Resolves when none of its processes runs any more. Throws
 * a LocalFault if it does not start, for example if the network runs elsewhere.
 */
export async function runLocalNetwork(ports: UpPorts, input: UpInput): Promise<void> {
  const { network, folder, onEvent, everyMs, signal } = input;
  const elsewhere = await livesElsewhere(ports.memory, network.name);
  if (elsewhere !== null) throw new LocalFault('elsewhere', elsewhere.what, elsewhere.remedy);
  const local = await upLocal({ ...input, tell: onEvent });
  try {
    const gateway = ports.openGateway === null ? null : await ports.openGateway(local);
    if (gateway !== null) onEvent({ kind: 'gateway', url: gateway.url });
    onEvent({ kind: 'up', network: network.name, folder, count: local.nodes.length });
    while (!signal.aborted) {
      await ports.clock.sleep(everyMs, signal);
      if (!signal.aborted) onEvent({ kind: 'status', nodes: await local.status() });
    }
    await gateway?.close(GATEWAY_STOP_MS);
  } finally {
    onEvent({ kind: 'stopping' });
    await local.stop(STOP_MS);
    onEvent({ kind: 'stopped' });
  }
}
