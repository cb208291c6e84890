import { type Alert, type AlertGroup, type ExpectedNode, WHO } from './alerts.ts';
import type { Thresholds } from './thresholds.ts';

/**
 * Every alert of one node. Metrics are those of polkadot-sdk (`substrate_…`); a node that is down has none,
 * so its own alert comes first. Prometheus does not look for a pod that is gone, so an alert on the expected
 * nodes reports it.
 */
export function nodeAlerts(limits: Thresholds, expected: readonly ExpectedNode[]): AlertGroup {
  const { bestMinutes, finalityLagBlocks, leastPeers, channelItems } = limits;
  return {
    name: 'watchbill-node',
    about: 'one node by itself',
    alerts: [
      {
        name: 'NodeDown',
        severity: 'page',
        // A target with a role is a node: exporters and gateways have other alerts.
        expr: 'up{network!="",role!=""} == 0',
        for: '3m',
        summary: `${WHO} does not answer`,
        todo: 'look whether its process runs and what its log says last; a signer must never be started a second time elsewhere',
      },
      ...(expected.length === 0 ? [] : [gone(expected)]),
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
        summary: `no peer has connected to ${WHO} for an hour`,
        todo: 'check whether its p2p port can be reached from outside, and the address that it announces',
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

/** The place is put on by hand: without a hub the series of a cluster have none. */
function gone(expected: readonly ExpectedNode[]): Alert {
  const absent = ({ network, pool, role, node, place }: ExpectedNode) =>
    `label_replace(absent(up{network="${network}",pool="${pool}",role="${role}",instance="${node}"}), "place", "${place}", "instance", ".*")`;
  return {
    name: 'NodeGone',
    severity: 'page',
    expr: expected.map(absent).join(' or '),
    for: '5m',
    summary: `${WHO} is not seen at all: nothing by its name is read`,
    todo: 'in a cluster look whether its pod is there, and why not; elsewhere whether Prometheus reads it. One that was removed on purpose: render the rules anew',
  };
}
