import type { Thresholds } from '@watchbill/kit/alerts';
import { type Alert, type AlertGroup, type ExpectedNode, WHO } from '@watchbill/kit/alerts';

/**
 * Every alert of one node. Metrics are those of polkadot-sdk (`substrate_…`); a node that is down has none,
 * so its own alert comes first. Prometheus does not look for a pod that is gone, so an alert on the expected
 * nodes reports it.
 */
export function nodeAlerts(limits: Thresholds, expected: readonly ExpectedNode[]): AlertGroup {
  return {
    name: 'watchbill-node',
    about: 'one node by itself',
    alerts: [...presenceAlerts(expected), ...chainAlerts(limits), ...loadAlerts(limits)],
  };
}

function presenceAlerts(expected: readonly ExpectedNode[]): readonly Alert[] {
  return [
    {
      name: 'NodeDown',
      severity: 'page',
      // A target with a role is a node: exporters and gateways have other alerts.
      expr: 'up{network!="",role!=""} == 0',
      for: '3m',
      summary: `${WHO} does not answer`,
      means:
        'The process does not run, or Prometheus does not reach it. A signer that is down signs nothing.',
      todo: 'check whether its process runs, and read the end of its log; never start a signer a second time elsewhere',
    },
    ...(expected.length === 0 ? [] : [gone(expected)]),
  ];
}

function chainAlerts({ bestMinutes, finalityLagBlocks, leastPeers }: Thresholds): readonly Alert[] {
  return [
    {
      name: 'NoNewBlocks',
      severity: 'page',
      expr: `changes(substrate_block_height{status="best",network!=""}[${bestMinutes}m]) == 0`,
      for: '1m',
      summary: `${WHO} has seen no new block for ${bestMinutes} minutes`,
      means: 'The node does not follow the chain, or the chain makes no blocks.',
      todo: 'compare with other nodes: if no node sees new blocks, the chain has stopped; else look at its peers, clock and disk',
    },
    {
      name: 'NoNewFinality',
      severity: 'page',
      expr: `changes(substrate_block_height{status="finalized",network!=""}[${bestMinutes}m]) == 0`,
      for: '1m',
      summary: `${WHO} has seen no newly finalised block for ${bestMinutes} minutes`,
      means: 'Votes of two thirds of the validators are missing, or they do not reach the node.',
      todo: 'a third of the validators may be away, or this node is cut from those that vote: look at its peers',
    },
    {
      name: 'FinalityLags',
      severity: 'ticket',
      expr: `substrate_block_height{status="best",network!=""} - ignoring(status) substrate_block_height{status="finalized",network!=""} > ${finalityLagBlocks}`,
      for: '8m',
      summary: `${WHO} is {{ $value }} blocks from its last final one`,
      means:
        'The chain makes blocks that are not finalised: validators do not vote, or their votes do not arrive.',
      todo: 'check whether all nodes report this; then look for validators that cast no votes',
    },
    {
      name: 'FewPeers',
      severity: 'page',
      expr: `substrate_sub_libp2p_peers_count{network!=""} < ${leastPeers}`,
      for: '10m',
      summary: `${WHO} has {{ $value }} peers`,
      means: 'With so few peers, one bad peer can delay the node, and its blocks spread slowly.',
      todo: 'look at the firewall of its p2p port and at its boot nodes',
    },
    {
      name: 'NobodyConnects',
      severity: 'ticket',
      expr: 'increase(substrate_sub_libp2p_incoming_connections_total{network!="",role=~"boot|rpc|archive"}[1h]) == 0',
      for: '30m',
      summary: `no peer has connected to ${WHO} for an hour`,
      means: 'Other nodes cannot reach a node that should accept connections.',
      todo: 'check whether its p2p port can be reached from outside, and the address that it announces',
    },
  ];
}

function loadAlerts(limits: Thresholds): readonly Alert[] {
  const { channelItems } = limits;
  return [
    {
      name: 'ChannelFills',
      severity: 'ticket',
      expr: `substrate_unbounded_channel_size{network!=""} >= ${channelItems}`,
      for: '5m',
      summary: `a queue inside ${WHO} holds {{ $value }} items ({{ $labels.entity }})`,
      means: 'A part of the node does not keep up with its work.',
      todo: 'the node is overloaded or stuck: look at its CPU, disk and log; restart it if it does not empty',
    },
    {
      name: 'TransactionsPile',
      severity: 'ticket',
      expr: `substrate_ready_transactions_number{network!=""} > ${limits.readyTransactions}`,
      for: '15m',
      summary: `{{ $value }} transactions wait at ${WHO}`,
      means: 'More transactions arrive than blocks include.',
      todo: 'look at the fees and at the blocks: the cause is a flood of transactions, or blocks that include none',
    },
    {
      name: 'RestartsOften',
      severity: 'page',
      expr: 'changes(substrate_process_start_time_seconds{network!=""}[30m]) > 2',
      for: '1m',
      summary: `${WHO} was started {{ $value }} times in half an hour`,
      means: 'The process ends again and again: a crash, a full disk, a wrong binary or a damaged database.',
      todo: 'read the end of its log before each start',
    },
  ];
}

/** The rule adds the label `place`: without a hub, the series of a cluster do not have it. */
function gone(expected: readonly ExpectedNode[]): Alert {
  const absent = ({ network, pool, role, node, place }: ExpectedNode) =>
    `label_replace(absent(up{network="${network}",pool="${pool}",role="${role}",instance="${node}"}), "place", "${place}", "instance", ".*")`;
  return {
    name: 'NodeGone',
    severity: 'page',
    expr: expected.map(absent).join(' or '),
    for: '5m',
    summary: `${WHO} has no metrics: Prometheus reads no target of its name`,
    means: 'Prometheus has no series of an expected node, for example because its pod is gone.',
    todo: 'in a cluster check whether its pod exists; elsewhere check whether Prometheus reads it. If the node was removed on purpose, render the rules anew',
  };
}
