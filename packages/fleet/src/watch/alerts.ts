import type { Thresholds } from './thresholds.ts';

/** How soon somebody must look: `page` at any hour, `ticket` in the daytime. */
export type Severity = 'page' | 'ticket';

/** One alert: what it looks at, when it counts, and what to do. */
export interface Alert {
  readonly name: string;
  readonly severity: Severity;
  readonly expr: string;
  /** For so long without a pause. */
  readonly for: string;
  /** One sentence; `{{ $labels.instance }}` and `{{ $value }}` stand for what fired. */
  readonly summary: string;
  readonly todo: string;
}

/** Groups of alerts. Nodes have the labels `network`, `pool`, `role` and `instance`, as our scrape configuration gives them. */
export interface AlertGroup {
  readonly name: string;
  readonly about: string;
  readonly alerts: readonly Alert[];
}

const WHO = '{{ $labels.instance }} of {{ $labels.network }}';

/** Every alert of one node. Metrics are those of polkadot-sdk (`substrate_…`); a node that is down has none, so its own alert comes first. */
export function nodeAlerts(limits: Thresholds): AlertGroup {
  const { bestMinutes, finalityLagBlocks, leastPeers, channelItems } = limits;
  return {
    name: 'watchbill-node',
    about: 'one node by itself',
    alerts: [
      {
        name: 'NodeDown',
        severity: 'page',
        expr: 'up{network!=""} == 0',
        for: '3m',
        summary: `${WHO} does not answer`,
        todo: 'look whether its process runs and what its log says last; a signer must never be started a second time elsewhere',
      },
      {
        name: 'NoNewBlocks',
        severity: 'page',
        expr: `changes(substrate_block_height{status="best",network!=""}[${bestMinutes}m]) == 0`,
        for: '1m',
        summary: `${WHO} has seen no new block for ${bestMinutes} minutes`,
        todo: 'compare with other nodes: if all stand still the chain does; else look at its peers, clock and disk',
      },
      {
        name: 'NoNewFinality',
        severity: 'page',
        expr: `changes(substrate_block_height{status="finalized",network!=""}[${bestMinutes}m]) == 0`,
        for: '1m',
        summary: `${WHO} has seen nothing finalised for ${bestMinutes} minutes`,
        todo: 'a third of the validators may be away, or this node is cut from those that vote: look at its peers',
      },
      {
        name: 'FinalityLags',
        severity: 'ticket',
        expr: `substrate_block_height{status="best",network!=""} - ignoring(status) substrate_block_height{status="finalized",network!=""} > ${finalityLagBlocks}`,
        for: '8m',
        summary: `${WHO} is {{ $value }} blocks from its last final one`,
        todo: 'look whether all nodes say so; then at validators that cast no votes',
      },
      {
        name: 'FewPeers',
        severity: 'page',
        expr: `substrate_sub_libp2p_peers_count{network!=""} < ${leastPeers}`,
        for: '10m',
        summary: `${WHO} has {{ $value }} peers`,
        todo: 'look at the firewall of its p2p port and at its boot nodes',
      },
      {
        name: 'NobodyConnects',
        severity: 'ticket',
        expr: 'increase(substrate_sub_libp2p_incoming_connections_total{network!="",role=~"boot|rpc|archive"}[1h]) == 0',
        for: '30m',
        summary: `nobody has connected to ${WHO} for an hour`,
        todo: 'look whether its p2p port can be reached from outside, and at the address that it tells others',
      },
      {
        name: 'ChannelFills',
        severity: 'ticket',
        expr: `substrate_unbounded_channel_size{network!=""} >= ${channelItems}`,
        for: '5m',
        summary: `a queue inside ${WHO} holds {{ $value }} items ({{ $labels.entity }})`,
        todo: 'the node is overloaded or stuck: look at its CPU, disk and log; restart it if it does not empty',
      },
      {
        name: 'TransactionsPile',
        severity: 'ticket',
        expr: `substrate_ready_transactions_number{network!=""} > ${limits.readyTransactions}`,
        for: '15m',
        summary: `{{ $value }} transactions wait at ${WHO}`,
        todo: 'a flood, or blocks that take none: look at the fees and at the blocks',
      },
      {
        name: 'RestartsOften',
        severity: 'page',
        expr: 'changes(substrate_process_start_time_seconds{network!=""}[30m]) > 2',
        for: '1m',
        summary: `${WHO} was started {{ $value }} times in half an hour`,
        todo: 'read the end of its log before each start',
      },
    ],
  };
}

/** Nodes that sign: what they owe, and nobody else tells. */
export function signerAlerts(limits: Thresholds): AlertGroup {
  const { authorMinutes, voteMinutes } = limits;
  return {
    name: 'watchbill-signer',
    about: 'validators and collators',
    alerts: [
      {
        name: 'AuthorsNothing',
        severity: 'page',
        expr: `increase(substrate_proposer_block_constructed_count{role=~"validator|collator"}[${authorMinutes}m]) == 0 and on (instance) changes(substrate_block_height{status="best"}[${authorMinutes}m]) > 0`,
        for: '1m',
        summary: `${WHO} has made no block for ${authorMinutes} minutes while the chain went on`,
        todo: 'look whether it is in the active set, and whether its keys are those that the chain has for it',
      },
      {
        name: 'VotesNot',
        severity: 'page',
        expr: `increase(substrate_finality_grandpa_prevotes_total{role="validator"}[${voteMinutes}m]) == 0 and on (instance) changes(substrate_block_height{status="finalized"}[${voteMinutes}m]) > 0`,
        for: '1m',
        summary: `${WHO} has cast no vote for ${voteMinutes} minutes while finality went on`,
        todo: 'look whether it is in the active set; with a gate, ask the permission service why it denies',
      },
      {
        name: 'NoTrustedPeers',
        severity: 'page',
        expr: `substrate_sub_libp2p_peers_count{role=~"validator|collator"} == 0`,
        for: '1m',
        summary: `${WHO} has no peers: what it signs reaches nobody`,
        todo: 'look at its network; if it is cut off for good, relieve it',
      },
    ],
  };
}

/** The network as a whole. */
export function fleetAlerts({
  lowPeersShare,
  slowShare,
  leastPeers,
  finalityLagBlocks,
  rpcErrorShare,
}: Thresholds): AlertGroup {
  const by = 'by (network)';
  return {
    name: 'watchbill-fleet',
    about: 'all nodes of a network together',
    alerts: [
      {
        name: 'ChainStands',
        severity: 'page',
        expr: `max ${by} (changes(substrate_block_height{status="finalized",network!=""}[10m])) == 0`,
        for: '1m',
        summary: 'no node of {{ $labels.network }} has seen anything finalised for ten minutes',
        todo: 'the chain stands, or the whole network is cut off: ask other operators before anything is restarted',
      },
      {
        name: 'ManyFewPeers',
        severity: 'ticket',
        expr: `count ${by} (substrate_sub_libp2p_peers_count{network!=""} < ${leastPeers}) / count ${by} (substrate_sub_libp2p_peers_count{network!=""}) > ${lowPeersShare}`,
        for: '10m',
        summary: '{{ $value | humanizePercentage }} of the nodes of {{ $labels.network }} have few peers',
        todo: 'look at what they share: a firewall, a place, a boot node',
      },
      {
        name: 'ManyLag',
        severity: 'page',
        expr: `count ${by} (substrate_block_height{status="best",network!=""} - ignoring(status) substrate_block_height{status="finalized",network!=""} > ${finalityLagBlocks}) / count ${by} (substrate_block_height{status="best",network!=""}) > ${slowShare}`,
        for: '10m',
        summary: 'finality lags at {{ $value | humanizePercentage }} of the nodes of {{ $labels.network }}',
        todo: 'look at the validators of the network, and whether votes travel between places',
      },
      {
        name: 'VersionsDiffer',
        severity: 'ticket',
        expr: `count ${by} (count by (network, version) (substrate_build_info{network!=""})) > 1`,
        for: '24h',
        summary: '{{ $value }} versions of the node have run in {{ $labels.network }} for a day',
        todo: 'finish the roll-out, or take it back',
      },
      {
        name: 'SlowRpc',
        severity: 'ticket',
        expr: `histogram_quantile(0.95, sum by (network, le) (rate(substrate_rpc_calls_time_bucket{network!=""}[10m]))) > 2e6`,
        for: '10m',
        summary: 'a twentieth of the RPC calls of {{ $labels.network }} take more than two seconds',
        todo: 'look at which methods take so long; let the gateway refuse or price them',
      },
      {
        name: 'GatewayHasNoNode',
        severity: 'page',
        expr: 'sum by (instance) (watchbill_gateway_backend_state{state="ready"}) == 0',
        for: '2m',
        summary: 'the gateway {{ $labels.instance }} has no node that is in step',
        todo: 'see /readyz of the gateway: it says of each node why not',
      },
      {
        name: 'GatewayErrors',
        severity: 'ticket',
        expr: `sum by (instance) (rate(watchbill_gateway_node_seconds_count{outcome="error"}[10m])) / sum by (instance) (rate(watchbill_gateway_node_seconds_count[10m])) > ${rpcErrorShare}`,
        for: '10m',
        summary:
          '{{ $value | humanizePercentage }} of what the gateway {{ $labels.instance }} asked was not answered',
        todo: 'see /readyz of the gateway, and the logs of the nodes',
      },
    ],
  };
}

/** What is around the nodes; the metrics are of node_exporter and of the gateway. */
export function machineAlerts({ diskDays, certificateDays, clockSkewSeconds }: Thresholds): AlertGroup {
  return {
    name: 'watchbill-machine',
    about: 'disks, clocks, certificates',
    alerts: [
      {
        name: 'DiskFullSoon',
        severity: 'ticket',
        expr: `predict_linear(node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs"}[24h], ${diskDays} * 86400) < 0 and node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs"} / node_filesystem_size_bytes < 0.5`,
        for: '1h',
        summary: `{{ $labels.mountpoint }} of {{ $labels.instance }} is full within ${diskDays} days`,
        todo: 'let the volume grow, or prune more; a node whose disk is full stops',
      },
      {
        name: 'DiskFull',
        severity: 'page',
        expr: 'node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs"} / node_filesystem_size_bytes < 0.05',
        for: '5m',
        summary: '{{ $labels.mountpoint }} of {{ $labels.instance }} has less than 5 % left',
        todo: 'let the volume grow now',
      },
      {
        name: 'ClockIsOff',
        severity: 'page',
        expr: `abs(node_timex_offset_seconds) > ${clockSkewSeconds} or node_timex_sync_status == 0`,
        for: '10m',
        summary: 'the clock of {{ $labels.instance }} is off, or not kept by anything',
        todo: 'look at its time service: slots are told by the clock',
      },
      {
        name: 'CertificateEnds',
        severity: 'ticket',
        expr: `watchbill_gateway_certificate_end_seconds - time() < ${certificateDays} * 86400`,
        for: '1h',
        summary: `the certificate of the gateway {{ $labels.instance }} ends within ${certificateDays} days`,
        todo: 'renew it, and restart the gateway',
      },
    ],
  };
}

/** Fires always: whoever gets it no more knows that nobody watches. */
export const HEARTBEAT: AlertGroup = {
  name: 'watchbill-heartbeat',
  about: 'that anybody watches at all',
  alerts: [
    {
      name: 'Watching',
      severity: 'ticket',
      expr: 'vector(1)',
      for: '0m',
      summary:
        'Prometheus evaluates rules and Alertmanager delivers: it is the end of this message that means something',
      todo: 'nothing, while it comes',
    },
  ],
};
