import { measureCoordinate } from '../../coordinate/bench/coordinate.ts';
import { measureFinalities } from '../../coordinate/bench/finality.ts';
import { measureQuorum, measureQuorumMemory } from '../../coordinate/bench/quorum.ts';
import { measureCapacity } from '../../duty/bench/capacity.ts';
import { measureEmbedded } from '../../duty/bench/embedded.ts';
import { measureGate } from '../../duty/bench/gate.ts';
import { measureGrants } from '../../duty/bench/grant.ts';
import { measureGrowth } from '../../duty/bench/growth.ts';
import { measureMemory } from '../../duty/bench/memory.ts';
import { measurePeers } from '../../duty/bench/peers.ts';
import { measureProfile } from '../../duty/bench/profile.ts';
import { measureStartup } from '../../duty/bench/startup.ts';
import { measureTikv } from '../../duty/bench/tikv.ts';
import { measureTrouble } from '../../duty/bench/trouble.ts';
import { measureFleet } from '../../fleet/bench/fleet.ts';
import { measureGateway } from '../../fleet/bench/gateway.ts';
import { measureGuard } from '../../guard/bench/guard.ts';
import { measureNominateApi } from '../../nominate/bench/api.ts';
import { measureNominate } from '../../nominate/bench/plan.ts';
import { measureNominateRound } from '../../nominate/bench/round.ts';
import type { Options } from './options.ts';
import type { Report } from './report.ts';
import type { Stage } from './stage.ts';

type Bench = readonly [measure: (stage: Stage, options: Options) => Promise<Report>, about: string];

/** Each bench by its name, with a line for the help. */
export const BENCHES: Readonly<Record<string, Bench>> = {
  grant: [measureGrants, 'grants through the service on three etcd members, against bare etcd'],
  embedded: [measureEmbedded, 'grants on the embedded store: rate, and latency at a fixed rate'],
  memory: [
    measureMemory,
    'memory and start of the packed service: idle, and with 1,000 keys and 1,000,000 past grants',
  ],
  startup: [measureStartup, 'processor time of --help and status of the packed command, against bare Node'],
  coordinate: [measureCoordinate, '10,000 windows of RFC 12: seed, leader and checklist for 100 operators'],
  quorum: [measureQuorum, '31 members over libp2p: from proposal to certificate against bare gossip'],
  'quorum-memory': [
    measureQuorumMemory,
    'memory of one member, and of a group of four, over 100,000 windows',
  ],
  nominate: [measureNominate, '1,200 candidates of a snapshot, checked and scored'],
  'nominate-api': [measureNominateApi, 'the API of a programme of 1,200 candidates at 200 requests/s'],
  'nominate-round': [
    measureNominateRound,
    "the jobs on snapshots and a round at Polkadot's size: 20 nominators, 22,000 voters",
  ],
  fleet: [measureFleet, 'a network file of 1,000 nodes planned, from its text to the text of the plan'],
  finality: [measureFinalities, 'import to finality of blocks in networks of 1, 2, 4 and 6 real validators'],
  gate: [measureGate, 'what asking adds to blocks and votes of a real node, counted in the node'],
  guard: [
    measureGuard,
    'memory and processor of the guard beside an idle node, its time to place keys, and the time of doctor',
  ],
  gateway: [measureGateway, 'the RPC of a real node through the gateway, against the node by itself'],
  'gateway-least': [
    measureGateway,
    "HAProxy that only passes bytes on in the gateway's place: the least that a second hop costs",
  ],
  tikv: [measureTikv, 'transactions on TiKV: against the Go reference client, and etcd beside them'],
  peers: [measurePeers, 'beside services that you could write instead, on PostgreSQL, etcd and SQLite'],
  profile: [measureProfile, 'which part of the service uses how much of the processor for a grant'],
  growth: [
    measureGrowth,
    'the cost of a grant with 10 to 10,000 keys, 10^3 to 10^7 past grants, and 1 to 5 services on etcd',
  ],
  capacity: [
    measureCapacity,
    'processor time for each request of a validator, and how many validators one core serves',
  ],
  trouble: [
    measureTrouble,
    'the longest time without a grant while the leader of etcd is killed, and while disks stall',
  ],
};
