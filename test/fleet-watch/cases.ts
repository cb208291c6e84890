/**
 * What Prometheus saw, and which alerts must fire then. Values are in promtool's notation, one each minute; in cases of more than a
 * day one each ten minutes, in those of more than a week one each six hours.
 */
export interface Case {
  readonly alert: string;
  readonly fires: boolean;
  readonly series: Readonly<Record<string, string>>;
  /** When it is looked at. */
  readonly minutes: number;
}

const RPC = 'network="n",pool="rpc",role="rpc",instance="a"';
const SIGNER = 'network="n",pool="v",role="validator",instance="v1"';
const other = (labels: string, name: string) => labels.replace(/instance="[^"]+"/, `instance="${name}"`);

/** A metric that goes up by `step` each minute. */
const rising = (step: number, minutes = 600) => `0+${step}x${minutes}`;
const still = (value: number, minutes = 600) => `${value}+0x${minutes}`;
export const DAY = 24 * 60;
export const WEEK = 7 * DAY;

function height(status: string, labels: string): string {
  return `substrate_block_height{status="${status}",chain="c",${labels}}`;
}

function pair(
  alert: string,
  minutes: number,
  bad: Readonly<Record<string, string>>,
  good: Readonly<Record<string, string>>,
): readonly Case[] {
  return [
    { alert, fires: true, series: bad, minutes },
    { alert, fires: false, series: good, minutes },
  ];
}

const KEYS = 'network="n",place="east",pool="v",role="validator",node="v1",stash="5S"';
const held = (labels: string, keys: string) => `watchbill_fleet_keys_held{${labels},keys="${keys}"}`;
const inSet = (set: string, labels = KEYS) => `watchbill_fleet_in_set{${labels},set="${set}",expected="yes"}`;
const second = KEYS.replace('node="v1"', 'node="v2"');
const counted = (what: 'blocks_authored' | 'slots_missed') =>
  `watchbill_fleet_${what}_total{${KEYS},claim="secondary"}`;
const backup = (series: string) => `watchbill_fleet_backup_${series}{network="n",node="backup-0"}`;
const NODE = 'network="n",place="east",pool="v",role="validator",node="v1"';

/** What the exporter tells, and backups. */
const EXPORTER_CASES: readonly Case[] = [
  ...pair('NotInSet', 20, { [inSet('current')]: still(0) }, { [inSet('current')]: '0 0 0 1+0x100' }),
  {
    // It only waits, and nobody expects it there.
    alert: 'NotInSet',
    fires: false,
    series: { [inSet('current').replace('"yes"', '"no"')]: still(0) },
    minutes: 20,
  },
  ...pair(
    'LeavesSet',
    5,
    { [inSet('current')]: still(1), [inSet('next')]: still(0) },
    { [inSet('current')]: still(0), [inSet('next')]: still(0) },
  ),
  ...pair(
    'KeysMissing',
    10,
    {
      [held(KEYS, 'current')]: still(0),
      [held(second, 'registered')]: still(1),
      [`watchbill_fleet_unknown{${second},keys="queued",what="keys-held"}`]: still(1),
    },
    // A validator that moves: the keys are with the other node.
    { [held(KEYS, 'current')]: still(0), [held(second, 'current')]: still(1) },
  ),
  {
    // The other node may have them: nobody knows.
    alert: 'KeysMissing',
    fires: false,
    series: {
      [held(KEYS, 'current')]: still(0),
      [`watchbill_fleet_unknown{${second},keys="current",what="keys-held"}`]: still(1),
    },
    minutes: 10,
  },
  {
    alert: 'KeysMissing',
    fires: false,
    series: {
      [held(KEYS, 'current')]: still(0),
      [`watchbill_fleet_unknown{${second},keys="current",what="keys-not-asked"}`]: still(1),
    },
    minutes: 10,
  },
  ...pair(
    'KeysNotRegistered',
    20,
    { [`watchbill_fleet_keys_registered{${KEYS}}`]: still(0) },
    // Not known is not missing.
    { [`watchbill_fleet_unknown{${KEYS},what="keys-registered"}`]: still(1) },
  ),
  ...pair(
    'KeysLate',
    730,
    { [`watchbill_fleet_keys_sessions_left{${KEYS}}`]: still(1, 900) },
    { [`watchbill_fleet_keys_sessions_left{${KEYS}}`]: '2+0x300 1+0x300 0+0x300' },
  ),
  ...pair(
    'SlotsMissed',
    300,
    { [counted('slots_missed')]: rising(1), [counted('blocks_authored')]: rising(3) },
    { [counted('slots_missed')]: rising(1), [counted('blocks_authored')]: rising(9) },
  ),
  {
    // Two may be chance.
    alert: 'SlotsMissed',
    fires: false,
    series: { [counted('slots_missed')]: '0+0x100 1+0x100 2+0x400', [counted('blocks_authored')]: still(0) },
    minutes: 300,
  },
  ...pair(
    'RuntimesDiffer',
    60,
    {
      [`watchbill_fleet_runtime_version{${NODE},runtime="r"}`]: still(7),
      [`watchbill_fleet_runtime_version{${NODE.replace('v1', 'v2')},runtime="r"}`]: still(8),
    },
    {
      [`watchbill_fleet_runtime_version{${NODE},runtime="r"}`]: still(8),
      [`watchbill_fleet_runtime_version{${NODE.replace('v1', 'v2')},runtime="r"}`]: '7+0x10 8+0x600',
      // The relay chain beside it has a runtime of its own.
      [`watchbill_fleet_runtime_version{${NODE.replace('v1', 'v3')},runtime="relay"}`]: still(1),
    },
  ),
  ...pair(
    'VolumeFullSoon',
    DAY + 120,
    {
      [`watchbill_fleet_disk_available_bytes{${NODE},path="/d"}`]: `400000000000-600000000x${DAY}`,
      [`watchbill_fleet_disk_size_bytes{${NODE},path="/d"}`]: still(1e12, DAY * 2),
    },
    {
      [`watchbill_fleet_disk_available_bytes{${NODE},path="/d"}`]: `400000000000-100000000x${DAY}`,
      [`watchbill_fleet_disk_size_bytes{${NODE},path="/d"}`]: still(1e12, DAY * 2),
    },
  ),
  ...pair(
    'VolumeFull',
    20,
    {
      [`watchbill_fleet_disk_available_bytes{${NODE},path="/d"}`]: still(4),
      [`watchbill_fleet_disk_size_bytes{${NODE},path="/d"}`]: still(100),
    },
    {
      [`watchbill_fleet_disk_available_bytes{${NODE},path="/d"}`]: still(5),
      [`watchbill_fleet_disk_size_bytes{${NODE},path="/d"}`]: still(100),
    },
  ),
  ...pair(
    'EndpointCertificateEnds',
    120,
    { 'watchbill_fleet_certificate_end_timestamp_seconds{network="n",endpoint="rpc"}': still(14 * 86_400) },
    { 'watchbill_fleet_certificate_end_timestamp_seconds{network="n",endpoint="rpc"}': still(15 * 86_400) },
  ),
  ...pair(
    'BackupOld',
    26 * 60 + 40,
    { [backup('finished_timestamp_seconds')]: still(0) },
    { [backup('finished_timestamp_seconds')]: still(3_600) },
  ),
  {
    // Told by two exporters, of which one reads an old file: the newest counts.
    alert: 'BackupOld',
    fires: false,
    series: {
      [`${backup('finished_timestamp_seconds').slice(0, -1)},place="east"}`]: still(0),
      [`${backup('finished_timestamp_seconds').slice(0, -1)},place="west"}`]: still(3_600),
    },
    minutes: 26 * 60 + 40,
  },
  ...pair(
    'BackupFails',
    400,
    { [backup('tried_timestamp_seconds')]: still(200), [backup('finished_timestamp_seconds')]: still(100) },
    {
      [backup('tried_timestamp_seconds')]: still(200),
      [backup('finished_timestamp_seconds')]: '100+0x300 260+0x300',
    },
  ),
  {
    // None was ever finished.
    alert: 'BackupFails',
    fires: true,
    series: { [backup('tried_timestamp_seconds')]: still(200) },
    minutes: 400,
  },
  ...pair(
    'DrillOld',
    35 * DAY + 720,
    { [backup('drill_timestamp_seconds')]: still(0) },
    { [backup('drill_timestamp_seconds')]: still(86_400) },
  ),
  ...pair(
    'BackupUnknown',
    120,
    { [backup('finished_timestamp_seconds')]: still(0) },
    {
      [backup('finished_timestamp_seconds')]: still(0),
      [backup('finished_timestamp_seconds').replace('backup-0', 'backup-1')]: still(0),
    },
  ),
  ...pair(
    'ExporterBlind',
    10,
    { 'up{job="watchbill-exporter",network="n",instance="exporter-east"}': still(0) },
    {
      'up{job="watchbill-exporter",network="n",instance="exporter-east"}': still(1),
      'watchbill_fleet_look_finished_timestamp_seconds{network="n",instance="exporter-east"}': still(1),
    },
  ),
  {
    // It answers, and has nothing to say.
    alert: 'ExporterBlind',
    fires: true,
    series: { 'up{job="watchbill-exporter",network="n",instance="exporter-east"}': still(1) },
    minutes: 10,
  },
  // An exporter is no node.
  {
    alert: 'NodeDown',
    fires: false,
    series: { 'up{job="watchbill-exporter",network="n",instance="exporter-east"}': still(0) },
    minutes: 10,
  },
  ...pair(
    'CannotTell',
    30,
    { [`watchbill_fleet_unknown{${NODE},what="head"}`]: still(1) },
    {
      [`watchbill_fleet_unknown{${NODE},what="missed-primary"}`]: still(1),
      [`watchbill_fleet_unknown{${NODE.replace('v1', 'v2')},what="keys-not-asked"}`]: still(1),
    },
  ),
  ...pair(
    'PlaceSilent',
    10,
    { 'up{network="n",place="west",instance="a"}': still(1) },
    // A node that is down is heard of.
    {
      'up{network="n",place="east",instance="a"}': still(0),
      'up{network="n",place="west",instance="a"}': still(1),
    },
  ),
];

/** For every alert what makes it fire, and what is near to it and must not. */
export const CASES: readonly Case[] = [
  ...EXPORTER_CASES,
  ...pair('NodeDown', 10, { [`up{${RPC}}`]: still(0) }, { [`up{${RPC}}`]: '1 0 0 1+0x100' }),
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
  {
    alert: 'AuthorsNothing',
    fires: false,
    series: {
      [`substrate_proposer_block_constructed_count{${SIGNER}}`]: '0+0x100 1+0x500',
      [height('best', SIGNER)]: rising(10),
    },
    minutes: 300,
  },
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
  ...pair(
    'ChainStands',
    30,
    { [height('finalized', RPC)]: still(7), [height('finalized', SIGNER)]: still(7) },
    { [height('finalized', RPC)]: still(7), [height('finalized', SIGNER)]: rising(1) },
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
  ...pair(
    'GatewayHasNoNode',
    10,
    {
      'watchbill_gateway_backend_state{instance="g",backend="a",state="ready"}': still(0),
      'watchbill_gateway_backend_state{instance="g",backend="b",state="ready"}': still(0),
    },
    {
      'watchbill_gateway_backend_state{instance="g",backend="a",state="ready"}': still(0),
      'watchbill_gateway_backend_state{instance="g",backend="b",state="ready"}': still(1),
    },
  ),
  ...pair(
    'GatewayErrors',
    30,
    {
      'watchbill_gateway_node_seconds_count{instance="g",outcome="error"}': rising(6),
      'watchbill_gateway_node_seconds_count{instance="g",outcome="answer"}': rising(94),
    },
    {
      'watchbill_gateway_node_seconds_count{instance="g",outcome="error"}': rising(5),
      'watchbill_gateway_node_seconds_count{instance="g",outcome="answer"}': rising(95),
    },
  ),
  ...pair(
    'DiskFullSoon',
    DAY + 120,
    {
      'node_filesystem_avail_bytes{instance="m",mountpoint="/",fstype="ext4"}': `400000000000-600000000x${DAY}`,
      'node_filesystem_size_bytes{instance="m",mountpoint="/",fstype="ext4"}': still(1e12, DAY * 2),
    },
    {
      'node_filesystem_avail_bytes{instance="m",mountpoint="/",fstype="ext4"}': `400000000000-100000000x${DAY}`,
      'node_filesystem_size_bytes{instance="m",mountpoint="/",fstype="ext4"}': still(1e12, DAY * 2),
    },
  ),
  ...pair(
    'DiskFull',
    20,
    {
      'node_filesystem_avail_bytes{instance="m",mountpoint="/",fstype="ext4"}': still(4),
      'node_filesystem_size_bytes{instance="m",mountpoint="/",fstype="ext4"}': still(100),
    },
    {
      'node_filesystem_avail_bytes{instance="m",mountpoint="/",fstype="ext4"}': still(5),
      'node_filesystem_size_bytes{instance="m",mountpoint="/",fstype="ext4"}': still(100),
      'node_filesystem_avail_bytes{instance="m",mountpoint="/run",fstype="tmpfs"}': still(0),
      'node_filesystem_size_bytes{instance="m",mountpoint="/run",fstype="tmpfs"}': still(100),
    },
  ),
  ...pair(
    'ClockIsOff',
    20,
    {
      'node_timex_offset_seconds{instance="m"}': still(-0.6),
      'node_timex_sync_status{instance="m"}': still(1),
    },
    {
      'node_timex_offset_seconds{instance="m"}': still(0.4),
      'node_timex_sync_status{instance="m"}': still(1),
    },
  ),
  {
    alert: 'ClockIsOff',
    fires: true,
    series: {
      'node_timex_offset_seconds{instance="m"}': still(0),
      'node_timex_sync_status{instance="m"}': still(0),
    },
    minutes: 20,
  },
  ...pair(
    'CertificateEnds',
    120,
    { 'watchbill_gateway_certificate_end_seconds{instance="g"}': still(14 * 86_400) },
    { 'watchbill_gateway_certificate_end_seconds{instance="g"}': still(15 * 86_400) },
  ),
  { alert: 'Watching', fires: true, series: {}, minutes: 1 },
];
