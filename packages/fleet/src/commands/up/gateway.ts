import { fault, usageFault } from '@watchbill/kit';
import type { Network } from '../../file/index.ts';
import type { Gateway } from '../../gateway/index.ts';
import type { LocalNetwork } from '../../lab/local/index.ts';

/** The methods of a trial network that every user of this machine may call. */
const SAFE = [
  'chain_*',
  'state_*',
  'system_*',
  'author_submit*',
  'author_pendingExtrinsics',
  'chainHead_*',
  'chainSpec_*',
  'transaction_*',
  'archive_*',
  'rpc_methods',
  'payment_*',
];

/**
 * Port of a gateway before the nodes of this network. Throws a usage fault; asked for before anything is
 * started.
 */
export function portOf(text: string, { pools }: Network): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65_535)
    throw usageFault(
      `--gateway takes a port, not ${text}`,
      'a number up to 65535, 0 for a free one',
      'flag --gateway',
    );
  if (!pools.some(({ nodes }) => nodes.some(isBehind)))
    throw usageFault(
      'the network has no RPC nodes for a gateway',
      'add a pool with role: rpc',
      'flag --gateway',
    );
  return port;
}

function isBehind({ role }: { readonly role: string }): boolean {
  return role === 'rpc' || role === 'archive';
}

/** A gateway on loopback before the RPC nodes of a local network. */
export async function openRpcGateway(local: LocalNetwork, port: number): Promise<Gateway> {
  const rpc = local.nodes.filter(isBehind);
  const { GatewayFault, gatewayShape, openGateway } = await import('../../gateway/index.ts');
  const { pino } = await import('pino');
  const settings = gatewayShape.parse({
    listen: { port },
    backends: rpc.map(({ name }) => ({ name, url: `ws://127.0.0.1:${local.seat(name).ports.rpc}` })),
    pool: { checkIntervalMs: 1_000 },
    tiers: { local: { methods: SAFE, requestsPerSecond: 10_000, burst: 10_000, connections: 256 } },
    anonymous: 'local',
  });
  try {
    return await openGateway(settings, { log: pino({ level: 'silent' }) });
  } catch (error) {
    if (!(error instanceof GatewayFault)) throw error;
    throw fault(
      'gateway',
      'usage',
      { what: error.message, where: 'flag --gateway', remedy: error.remedy },
      error,
    );
  }
}
