import type { Alert, AlertGroup, Thresholds } from '@watchbill/kit/alerts';

const BY_CHAIN = 'by (network, chain)';

/**
 * The network as a whole, each chain of it by itself: a parachain and its relay chain may be in one file.
 * Nodes put the id of their chain on each of their series; the relay chain inside a collator has its own.
 */
export function fleetAlerts(limits: Thresholds): AlertGroup {
  return {
    name: 'watchbill-fleet',
    about: 'all nodes of a network together',
    alerts: [...chainAlerts(limits), ...releaseAlerts(), ...rpcAlerts(limits)],
  };
}

function chainAlerts({
  lowPeersShare,
  slowShare,
  leastPeers,
  finalityLagBlocks,
}: Thresholds): readonly Alert[] {
  const by = BY_CHAIN;
  return [
    {
      name: 'ChainStands',
      severity: 'page',
      expr: `max ${by} (changes(substrate_block_height{status="finalized",network!=""}[10m])) == 0`,
      for: '1m',
      summary:
        'no node of {{ $labels.network }} has seen a newly finalised block on {{ $labels.chain }} for ten minutes',
      means: 'The chain does not finalise, or the whole network is cut off. A failover does not help.',
      todo: 'ask other operators before you restart a node: the chain does not finalise, or the whole network is cut off',
    },
    {
      name: 'ManyFewPeers',
      severity: 'ticket',
      expr: `count ${by} (substrate_sub_libp2p_peers_count{network!=""} < ${leastPeers}) / count ${by} (substrate_sub_libp2p_peers_count{network!=""}) > ${lowPeersShare}`,
      for: '10m',
      summary:
        '{{ $value | humanizePercentage }} of the nodes of {{ $labels.network }} on {{ $labels.chain }} have few peers',
      means: 'Many nodes lost peers together, so the cause is shared: a firewall, a place or a boot node.',
      todo: 'look for a shared cause: a firewall, a place, a boot node',
    },
    {
      name: 'ManyLag',
      severity: 'page',
      expr: `count ${by} (substrate_block_height{status="best",network!=""} - ignoring(status) substrate_block_height{status="finalized",network!=""} > ${finalityLagBlocks}) / count ${by} (substrate_block_height{status="best",network!=""}) > ${slowShare}`,
      for: '10m',
      summary:
        'finality lags at {{ $value | humanizePercentage }} of the nodes of {{ $labels.network }} on {{ $labels.chain }}',
      means: 'Finality lags at many nodes together: votes are missing on the chain, or do not travel.',
      todo: 'look at the validators of the network, and whether votes travel between places',
    },
  ];
}

function releaseAlerts(): readonly Alert[] {
  return [
    {
      name: 'VersionsDiffer',
      severity: 'ticket',
      expr: VERSIONS,
      for: '24h',
      summary:
        '{{ $value }} versions of one program have run in {{ $labels.network }}, {{ $labels.chain }}{{ $labels.pool }}, for a day',
      means: 'A roll-out was not finished, or a node was left behind.',
      todo: 'finish the roll-out, or roll it back',
    },
    {
      name: 'RuntimesDiffer',
      severity: 'ticket',
      expr: 'max by (network, runtime) (watchbill_fleet_runtime_version) - min by (network, runtime) (watchbill_fleet_runtime_version) > 0',
      for: '30m',
      summary:
        'nodes of {{ $labels.network }} have final blocks of different versions of {{ $labels.runtime }}',
      means: 'A node did not follow an upgrade of the runtime.',
      todo: 'one of them is behind the upgrade of the runtime: look at its height, and whether its version can run the new one',
    },
  ];
}

function rpcAlerts({ rpcErrorShare }: Thresholds): readonly Alert[] {
  return [
    {
      name: 'SlowRpc',
      severity: 'ticket',
      expr: `histogram_quantile(0.95, sum by (network, chain, le) (rate(substrate_rpc_calls_time_bucket{network!=""}[10m]))) > 2e6`,
      for: '10m',
      summary:
        'a twentieth of the RPC calls of {{ $labels.network }} on {{ $labels.chain }} take more than two seconds',
      means: 'Clients wait: a method is expensive, or the nodes are overloaded.',
      todo: 'find the slow methods; let the gateway refuse them or raise their cost',
    },
    {
      name: 'GatewayDown',
      severity: 'page',
      expr: 'up{job="watchbill-gateway"} == 0',
      for: '3m',
      summary: 'the gateway {{ $labels.instance }} does not answer',
      means: 'Clients of this gateway get no answer at all.',
      todo: 'check whether its process runs, and read the end of its log',
    },
    {
      name: 'GatewayHasNoNode',
      severity: 'page',
      expr: 'sum by (instance) (watchbill_gateway_backend_state{state="ready"}) == 0',
      for: '2m',
      summary: 'the gateway {{ $labels.instance }} has no node in sync',
      means: 'Clients of this gateway get no answer at all.',
      todo: 'look at /readyz of the gateway: it has the reason for each node',
    },
    {
      name: 'GatewayErrors',
      severity: 'ticket',
      expr: `sum by (instance) (rate(watchbill_gateway_node_seconds_count{outcome="error"}[10m])) / sum by (instance) (rate(watchbill_gateway_node_seconds_count[10m])) > ${rpcErrorShare}`,
      for: '10m',
      summary:
        '{{ $value | humanizePercentage }} of the calls of the gateway {{ $labels.instance }} got no answer',
      means: 'Nodes behind the gateway fail or time out.',
      todo: 'look at /readyz of the gateway, and at the logs of the nodes',
    },
  ];
}

/**
 * One program runs a chain. The collator's program runs the relay chain inside a collator, so that one is
 * left out. The exporter's series have no chain: there the nodes of a pool are identical.
 */
const VERSIONS = [
  'count by (network, chain) (count by (network, chain, version) (substrate_build_info{network!="",endpoint!="relay-metrics"})) > 1',
  'count by (network, pool) (count by (network, pool, version) (watchbill_fleet_node_info)) > 1',
].join(' or ');
