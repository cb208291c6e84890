import { height, rising, still } from './case.ts';
import { SIGNER } from './healthy.ts';

/** An incident that operators of Polkadot, Kusama or Cosmos reported, as Prometheus would have seen it. */
export interface Incident {
  readonly what: string;
  /** These replace series of a healthy day. */
  readonly series: Readonly<Record<string, string>>;
  /** When it is looked at. */
  readonly minutes: number;
  /** Every alert that fires then, and no other. */
  readonly fires: readonly string[];
}

const RPC = 'network="n",pool="rpc",role="rpc",instance="r1",chain="c"';
const EACH = ['s1', 's2', 's3'].map((name) => `instance="${name}",job="watchbill"`);
const KEY = 'chain="0xc",key="0xk"';
const stash = (node: string) => `network="n",place="east",pool="v",role="validator",node="${node}",stash="S"`;
const forEach = (series: (at: string) => string, values: string) =>
  Object.fromEntries(EACH.map((at) => [series(at), values]));
const decided = (reason: string) =>
  `watchbill_decisions_total{instance="s1",job="watchbill",duty="grandpa",outcome="denied",reason="${reason}"}`;
/** Best and finalised height of both nodes. */
const heights = (best: string, finalized: string) =>
  Object.fromEntries(
    [SIGNER, RPC].flatMap((labels) => [
      [height('best', labels), best],
      [height('finalized', labels), finalized],
    ]),
  );

/** A restart in the middle of a parachain validation (September 2022) leaves no trace in metrics: no case. */
export const INCIDENTS: readonly Incident[] = [
  {
    what: 'a machine was cloned with its keys (first slash on Polkadot; Kusama era 3329)',
    series: forEach((at) => `watchbill_key_frozen{${at},${KEY}}`, '0+0x10 1+0x600'),
    minutes: 30,
    fires: ['WatchbillKeyFrozen'],
  },
  {
    what: 'the keystore was copied to a new server, and both run without a gate (Polkadot era 774)',
    series: { [`watchbill_fleet_keys_held{${stash('v2')},keys="current"}`]: still(1) },
    minutes: 30,
    fires: ['KeysHeldTwice'],
  },
  {
    what: 'a power cut, and the validator starts again by itself (Kusama era 6131)',
    series: {
      'up{network="n",pool="v",role="validator",instance="v1"}': '1+0x9 0+0x40 1+0x600',
      [decided('digest-differs')]: '0+0x49 1+1x600',
    },
    minutes: 40,
    fires: ['NodeDown'],
  },
  {
    what: 'a node that was down for a day casts a stale vote (Kusama era 7126)',
    series: { [decided('digest-differs')]: '0+0x9 1+1x600' },
    minutes: 30,
    fires: ['WatchbillDenials'],
  },
  {
    what: 'the slashing protection was restored from an old backup or cut short (Blockscape; substrate #7372)',
    series: {
      ...forEach((at) => `watchbill_session_state{${at},state="behind"}`, '0+0x9 1+0x600'),
      ...forEach((at) => `watchbill_ready{${at}}`, '1+0x9 0+0x600'),
    },
    minutes: 30,
    fires: ['WatchbillNobodyGrants', 'WatchbillServiceNotReady', 'WatchbillStoreBehind'],
  },
  {
    what: 'zombie nodes: the process runs, and casts no votes (Kusama era 4543)',
    series: { [`substrate_finality_grandpa_prevotes_total{${SIGNER}}`]: still(500) },
    minutes: 60,
    fires: ['VotesNot'],
  },
  {
    what: 'a dispute storm stops finality, and blocks go on (Kusama, May 2025)',
    series: heights(rising(10), still(7)),
    minutes: 40,
    fires: ['ChainStands', 'FinalityLags', 'ManyLag', 'NoNewFinality'],
  },
  {
    what: 'an update to a binary for another network: the node crashes at each start (May 2025)',
    series: { [`substrate_process_start_time_seconds{${SIGNER}}`]: '1+0x20 100 200 300 400 500+0x600' },
    minutes: 30,
    fires: ['RestartsOften'],
  },
  {
    what: 'a damaged database: the node runs and imports no block',
    series: { [height('best', RPC)]: still(7), [height('finalized', RPC)]: still(7) },
    minutes: 30,
    fires: ['NoNewBlocks', 'NoNewFinality'],
  },
  {
    what: 'the chain makes no blocks for eleven minutes: no alert asks for a fail-over (Kusama, August 2025)',
    series: heights('0+10x20 200+0x600', '0+10x20 200+0x600'),
    minutes: 32,
    fires: ['ChainStands', 'NoNewBlocks', 'NoNewFinality'],
  },
  {
    what: 'chilled for too little self-stake, first in the next set (Asset Hub, June 2026)',
    series: { [`watchbill_fleet_in_set{${stash('v1')},set="next",expected="yes"}`]: '1+0x9 0+0x600' },
    minutes: 30,
    fires: ['LeavesSet'],
  },
  {
    what: 'chilled, and out of the set (Asset Hub, June 2026)',
    series: {
      [`watchbill_fleet_in_set{${stash('v1')},set="current",expected="yes"}`]: '1+0x9 0+0x600',
      [`watchbill_fleet_in_set{${stash('v1')},set="next",expected="yes"}`]: '0+0x600',
    },
    minutes: 30,
    fires: ['NotInSet'],
  },
  {
    what: 'a copy of the state folder of a member runs on another machine',
    series: { 'watchbill_coordinate_own_key_elsewhere{group="g",member="m1"}': '0+0x9 1+0x600' },
    minutes: 30,
    fires: ['CoordinateOwnKeyElsewhere'],
  },
];
