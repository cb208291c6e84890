import {
  type Case,
  COLLATOR,
  DAY,
  firing,
  height,
  INSIDE,
  NODE,
  other,
  pair,
  quiet,
  RPC,
  rising,
  SIGNER,
  still,
} from './case.ts';

/** All nodes of a chain together; a parachain and its relay chain are kept apart. */
export const CHAIN_CASES: readonly Case[] = [
  ...pair(
    'ChainStands',
    30,
    { [height('finalized', RPC)]: still(7), [height('finalized', SIGNER)]: still(7) },
    { [height('finalized', RPC)]: still(7), [height('finalized', SIGNER)]: rising(1) },
  ),
  ...pair(
    'ChainStands',
    30,
    // The relay chain goes on, also as collators see it; the parachain does not.
    {
      [height('finalized', COLLATOR)]: still(7),
      [height('finalized', INSIDE)]: rising(1),
      [height('finalized', RPC)]: rising(1),
    },
    { [height('finalized', COLLATOR)]: rising(1), [height('finalized', INSIDE)]: rising(1) },
  ),
  ...pair(
    'ManyFewPeers',
    20,
    {
      [`substrate_sub_libp2p_peers_count{${RPC}}`]: still(1),
      [`substrate_sub_libp2p_peers_count{${other(RPC, 'b')}}`]: still(9),
    },
    {
      [`substrate_sub_libp2p_peers_count{${RPC}}`]: still(1),
      [`substrate_sub_libp2p_peers_count{${other(RPC, 'b')}}`]: still(9),
      [`substrate_sub_libp2p_peers_count{${other(RPC, 'c')}}`]: still(9),
      [`substrate_sub_libp2p_peers_count{${other(RPC, 'd')}}`]: still(9),
    },
  ),
  // All nodes of the parachain are lonely; those of the relay chain are more, and well.
  firing('ManyFewPeers', 20, {
    [`substrate_sub_libp2p_peers_count{${COLLATOR}}`]: still(1),
    ...Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((name) => [`substrate_sub_libp2p_peers_count{${other(RPC, name)}}`, still(9)]),
    ),
  }),
  firing('ManyLag', 30, {
    [height('best', COLLATOR)]: '30+10x600',
    [height('finalized', COLLATOR)]: rising(10),
    [height('best', RPC)]: '3+10x600',
    [height('finalized', RPC)]: rising(10),
  }),
  ...pair(
    'ManyLag',
    30,
    {
      [height('best', RPC)]: '30+10x600',
      [height('finalized', RPC)]: rising(10),
    },
    {
      [height('best', RPC)]: '30+10x600',
      [height('finalized', RPC)]: rising(10),
      [height('best', other(RPC, 'b'))]: '3+10x600',
      [height('finalized', other(RPC, 'b'))]: rising(10),
    },
  ),
  ...pair(
    'VersionsDiffer',
    DAY + 30,
    {
      [`substrate_build_info{version="1",${RPC}}`]: still(1, DAY * 2),
      [`substrate_build_info{version="2",${other(RPC, 'b')}}`]: still(1, DAY * 2),
    },
    {
      [`substrate_build_info{version="1",${RPC}}`]: still(1, DAY * 2),
      [`substrate_build_info{version="1",${other(RPC, 'b')}}`]: still(1, DAY * 2),
    },
  ),
  // Two programs for two chains; the relay chain inside a collator is run by the collator's.
  quiet('VersionsDiffer', DAY + 30, {
    [`substrate_build_info{version="1",${RPC}}`]: still(1, DAY * 2),
    [`substrate_build_info{version="7",${COLLATOR}}`]: still(1, DAY * 2),
    [`substrate_build_info{version="7",${INSIDE}}`]: still(1, DAY * 2),
    [`watchbill_fleet_node_info{${NODE},version="1"}`]: still(1, DAY * 2),
    [`watchbill_fleet_node_info{${NODE.replace('pool="v"', 'pool="col"')},version="7"}`]: still(1, DAY * 2),
  }),
  ...[
    [
      `substrate_build_info{version="7",${COLLATOR}}`,
      `substrate_build_info{version="8",${other(COLLATOR, 'c2')}}`,
    ],
    [
      `watchbill_fleet_node_info{${NODE},version="1"}`,
      `watchbill_fleet_node_info{${NODE.replace('v1', 'v2')},version="2"}`,
    ],
  ].map(
    ([one = '', two = '']): Case => ({
      alert: 'VersionsDiffer',
      fires: true,
      series: { [one]: still(1, DAY * 2), [two]: still(1, DAY * 2) },
      minutes: DAY + 30,
    }),
  ),
  ...pair(
    'SlowRpc',
    30,
    {
      [`substrate_rpc_calls_time_bucket{le="2e6",${RPC}}`]: rising(80),
      [`substrate_rpc_calls_time_bucket{le="4e6",${RPC}}`]: rising(100),
      [`substrate_rpc_calls_time_bucket{le="+Inf",${RPC}}`]: rising(100),
    },
    {
      [`substrate_rpc_calls_time_bucket{le="2e6",${RPC}}`]: rising(96),
      [`substrate_rpc_calls_time_bucket{le="4e6",${RPC}}`]: rising(100),
      [`substrate_rpc_calls_time_bucket{le="+Inf",${RPC}}`]: rising(100),
    },
  ),
];
