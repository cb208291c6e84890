import {
  type Case,
  COLLATOR,
  firing,
  height,
  INSIDE,
  node,
  pair,
  quiet,
  RPC,
  rising,
  SIGNER,
  still,
} from './case.ts';

/** One node by itself, and those that sign, by what they serve. */
export const NODE_CASES: readonly Case[] = [
  ...pair('NodeDown', 10, { [`up{${RPC}}`]: still(0) }, { [`up{${RPC}}`]: '1 0 0 1+0x100' }),
  ...pair(
    'NodeGone',
    20,
    // Its pod is gone, and with it its series; the other one is there.
    { [`up{${node('a')}}`]: '1+0x5', [`up{${node('b')}}`]: still(1) },
    // One that is down is there, and has an alert of its own.
    { [`up{${node('a')}}`]: still(0), [`up{${node('b')}}`]: still(1) },
  ),
  // What the exporter tells of it is not the node.
  firing('NodeGone', 20, {
    [`watchbill_fleet_node_answers{${node('a')}}`]: still(1),
    [`up{${node('b')}}`]: still(1),
  }),
  ...pair(
    'NoNewBlocks',
    20,
    { [height('best', RPC)]: still(7) },
    { [height('best', RPC)]: '0 0 1 1 2 2 3 3 4 4 5 5 6 6 7 7 8 8 9 9 10 10 11' },
  ),
  ...pair(
    'NoNewFinality',
    20,
    { [height('finalized', RPC)]: still(7) },
    { [height('finalized', RPC)]: rising(1) },
  ),
  ...pair(
    'FinalityLags',
    30,
    { [height('best', RPC)]: '21+10x600', [height('finalized', RPC)]: rising(10) },
    { [height('best', RPC)]: '20+10x600', [height('finalized', RPC)]: rising(10) },
  ),
  ...pair(
    'FewPeers',
    20,
    { [`substrate_sub_libp2p_peers_count{${RPC}}`]: still(2) },
    { [`substrate_sub_libp2p_peers_count{${RPC}}`]: '2+0x8 3+0x600' },
  ),
  ...pair(
    'NobodyConnects',
    120,
    { [`substrate_sub_libp2p_incoming_connections_total{${RPC}}`]: still(9) },
    {
      [`substrate_sub_libp2p_incoming_connections_total{${RPC}}`]: rising(1),
      // A validator behind its firewall is met by nobody, and that is as it should be.
      [`substrate_sub_libp2p_incoming_connections_total{${SIGNER}}`]: still(0),
    },
  ),
  ...pair(
    'ChannelFills',
    20,
    { [`substrate_unbounded_channel_size{entity="x",${RPC}}`]: still(200) },
    { [`substrate_unbounded_channel_size{entity="x",${RPC}}`]: still(199) },
  ),
  ...pair(
    'TransactionsPile',
    40,
    { [`substrate_ready_transactions_number{${RPC}}`]: still(1_001) },
    { [`substrate_ready_transactions_number{${RPC}}`]: '5000+0x10 0+0x600' },
  ),
  ...pair(
    'RestartsOften',
    40,
    { [`substrate_process_start_time_seconds{${RPC}}`]: '1+0x10 2+0x5 3+0x5 4+0x600' },
    { [`substrate_process_start_time_seconds{${RPC}}`]: '1+0x10 2+0x600' },
  ),
  ...pair(
    'AuthorsNothing',
    300,
    {
      [`substrate_proposer_block_constructed_count{${SIGNER}}`]: still(4),
      [height('best', SIGNER)]: rising(10),
    },
    // The whole chain stands: that is another alert.
    {
      [`substrate_proposer_block_constructed_count{${SIGNER}}`]: still(4),
      [height('best', SIGNER)]: still(7),
    },
  ),
  // The parachain stands while its relay chain goes on: the collator is not to blame.
  quiet('AuthorsNothing', 300, {
    [`substrate_proposer_block_constructed_count{${COLLATOR}}`]: still(4),
    [height('best', COLLATOR)]: still(7),
    [height('best', INSIDE)]: rising(10),
  }),
  quiet('AuthorsNothing', 300, {
    [`substrate_proposer_block_constructed_count{${SIGNER}}`]: '0+0x100 1+0x500',
    [height('best', SIGNER)]: rising(10),
  }),
  ...pair(
    'VotesNot',
    60,
    {
      [`substrate_finality_grandpa_prevotes_total{${SIGNER}}`]: still(4),
      [height('finalized', SIGNER)]: rising(10),
    },
    {
      [`substrate_finality_grandpa_prevotes_total{${SIGNER}}`]: rising(1),
      [height('finalized', SIGNER)]: rising(10),
      // Nodes that owe no votes cast none.
      [`substrate_finality_grandpa_prevotes_total{${RPC}}`]: still(0),
      [height('finalized', RPC)]: rising(10),
    },
  ),
  ...pair(
    'NoTrustedPeers',
    5,
    { [`substrate_sub_libp2p_peers_count{${SIGNER}}`]: still(0) },
    {
      [`substrate_sub_libp2p_peers_count{${SIGNER}}`]: still(1),
      [`substrate_sub_libp2p_peers_count{${RPC}}`]: still(0),
    },
  ),
];
