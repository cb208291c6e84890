import type { FleetNode, FleetPool, Network } from '../../file/normalise/index.ts';
import { LocalFault } from './local-fault.ts';

/** The part of a network that runs on this machine. */
export interface RelayPart {
  readonly network: Network;
  /** Names of nodes of parachains, in whose place a node of the relay chain runs. */
  readonly standIns: readonly string[];
}

/**
 * The relay chain of a network with parachains. Collators do not run on this machine: in place of each node
 * of a parachain a full node of the relay chain runs, with the program of the relay chain's nodes and without
 * keys, which makes no blocks. A network without relay chain stays as it is. Throws a LocalFault `start` if
 * no pool runs the relay chain.
 */
export function relayPart(network: Network): RelayPart {
  const { relay } = network.chain;
  if (relay === undefined) return { network, standIns: [] };
  const nodes = network.pools.flatMap((pool) => pool.nodes);
  const model = nodes.find(({ runs }) => runs === 'relay');
  if (model === undefined)
    throw new LocalFault(
      'start',
      'no pool runs the relay chain of these parachains, so no node would make its blocks',
      'add validators of the relay chain: `relay: {role: validator, count: 2}`; or use a cluster',
    );
  const pools = network.pools.map((pool): FleetPool => {
    const isRelay = pool.runs === 'relay';
    const own = pool.nodes.map((node) => (isRelay ? { ...node, runs: 'chain' } : standIn(node, model)));
    return { ...pool, runs: 'chain', role: isRelay ? pool.role : 'rpc', nodes: own };
  });
  const standIns = nodes.filter(({ runs }) => runs !== 'relay').map(({ name }) => name);
  return { network: { ...network, chain: relay, pools }, standIns };
}

function standIn(node: FleetNode, model: FleetNode): FleetNode {
  const { keys } = node.settings;
  const settings: FleetNode['settings'] = {
    ...node.settings,
    software: model.settings.software,
    // Flags of a collator's program may be unknown to that of the relay chain.
    flags: model.settings.flags,
    customFlags: model.settings.customFlags,
    duty: null,
    keys: {
      session: { ...keys.session, source: 'born', secret: null, set: null },
      node: { ...keys.node, source: 'born', secret: null },
    },
  };
  return { ...node, runs: 'chain', role: 'rpc', settings };
}
