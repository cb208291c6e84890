import { useOf } from '@watchbill/fleet/file/graph';
import { maySignTwice } from '@watchbill/fleet/file/signers';
import { type Case, DAY, firing, NODE, pair, quiet, rising, still } from './case.ts';

const KEYS = 'network="n",place="east",pool="v",role="validator",node="v1",stash="5S"';
const held = (labels: string, keys: string) => `watchbill_fleet_keys_held{${labels},keys="${keys}"}`;
const inSet = (set: string, labels = KEYS) => `watchbill_fleet_in_set{${labels},set="${set}",expected="yes"}`;
const second = KEYS.replace('node="v1"', 'node="v2"');
const counted = (what: 'blocks_authored' | 'slots_missed') =>
  `watchbill_fleet_${what}_total{${KEYS},claim="secondary"}`;
const backup = (series: string) => `watchbill_fleet_backup_${series}{network="n",node="backup-0"}`;

/** What a kubelet tells of a volume, with the place as a hub has it. */
const claim = (what: string, namespace = 'n', place = 'east') =>
  `kubelet_volume_stats_${what}_bytes{namespace="${namespace}",persistentvolumeclaim="data-v-east-0-0",place="${place}"}`;

/** Labels of a node that asks these permission services; the empty string: none. */
const asking = (labels: string, services: string) =>
  services === '' ? labels : `${labels},duty="${services}"`;

function pairsOf(all: readonly string[]): readonly (readonly [string, string])[] {
  return all.flatMap((one) => all.map((two) => [one, two] as const));
}

/** The law about two nodes that hold the same keys, by the permission services that each asks. */
function bothMaySign(one: string, two: string): boolean {
  const holder = (id: string, services: string) => ({
    id,
    use: useOf('5S', services === '' ? null : services),
    seen: { keys: ['0x88dc'], isComplete: true },
  });
  return maySignTwice(holder('v1', one), holder('v2', two)).answer !== 'no';
}

/** What the exporter tells, backups, volumes in clusters. */
export const EXPORTER_CASES: readonly Case[] = [
  ...pair('NotInSet', 20, { [inSet('current')]: still(0) }, { [inSet('current')]: '0 0 0 1+0x100' }),
  // It only waits, and nobody expects it there.
  quiet('NotInSet', 20, { [inSet('current').replace('"yes"', '"no"')]: still(0) }),
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
  // The other node may have them: nobody knows.
  quiet('KeysMissing', 10, {
    [held(KEYS, 'current')]: still(0),
    [`watchbill_fleet_unknown{${second},keys="current",what="keys-held"}`]: still(1),
  }),
  quiet('KeysMissing', 10, {
    [held(KEYS, 'current')]: still(0),
    [`watchbill_fleet_unknown{${second},keys="current",what="keys-not-asked"}`]: still(1),
  }),
  ...pair(
    'KeysHeldTwice',
    10,
    { [held(KEYS, 'current')]: still(1), [held(second, 'current')]: still(1) },
    {
      // A validator that moves has other keys at either end; two exporters may tell of one node.
      [held(KEYS, 'current')]: still(1),
      [held(KEYS.replace('east', 'west'), 'current')]: still(1),
      [held(second, 'current')]: still(0),
      [held(second, 'registered')]: still(1),
      // The same account as a collator has keys of another chain.
      [held(KEYS.replace('"validator"', '"collator"').replace('v1', 'c1'), 'current')]: still(1),
    },
  ),
  // Whether it fires is what the law of one signer answers.
  ...pairsOf(['', 'one', 'two']).map(
    ([one, two]): Case => ({
      alert: 'KeysHeldTwice',
      fires: bothMaySign(one, two),
      series: {
        [held(asking(KEYS, one), 'current')]: still(1),
        [held(asking(second, two), 'current')]: still(1),
      },
      minutes: 10,
    }),
  ),
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
  // Two may be chance.
  quiet('SlotsMissed', 300, {
    [counted('slots_missed')]: '0+0x100 1+0x100 2+0x400',
    [counted('blocks_authored')]: still(0),
  }),
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
    'ClaimFullSoon',
    DAY + 120,
    {
      [claim('available')]: `400000000000-600000000x${DAY}`,
      [claim('capacity')]: still(1e12, DAY * 2),
    },
    {
      [claim('available')]: `400000000000-100000000x${DAY}`,
      [claim('capacity')]: still(1e12, DAY * 2),
    },
  ),
  ...pair(
    'ClaimFull',
    20,
    { [claim('available')]: still(4), [claim('capacity')]: still(100) },
    {
      [claim('available')]: still(5),
      [claim('capacity')]: still(100),
      // Of somebody else.
      [claim('available', 'shop')]: still(0),
      [claim('capacity', 'shop')]: still(100),
    },
  ),
  ...pair(
    'ClaimsUnknown',
    120,
    // One cluster of two tells nothing.
    { [claim('capacity')]: still(100), [claim('capacity', 'shop')]: still(100) },
    { [claim('capacity')]: still(100), [claim('capacity', 'n', 'west')]: still(100) },
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
  // Told by two exporters, of which one reads an old file: the newest counts.
  quiet('BackupOld', 26 * 60 + 40, {
    [`${backup('finished_timestamp_seconds').slice(0, -1)},place="east"}`]: still(0),
    [`${backup('finished_timestamp_seconds').slice(0, -1)},place="west"}`]: still(3_600),
  }),
  ...pair(
    'BackupFails',
    400,
    { [backup('tried_timestamp_seconds')]: still(200), [backup('finished_timestamp_seconds')]: still(100) },
    {
      [backup('tried_timestamp_seconds')]: still(200),
      [backup('finished_timestamp_seconds')]: '100+0x300 260+0x300',
    },
  ),
  // None was ever finished.
  firing('BackupFails', 400, { [backup('tried_timestamp_seconds')]: still(200) }),
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
  // It answers, and has nothing to say.
  firing('ExporterBlind', 10, {
    'up{job="watchbill-exporter",network="n",instance="exporter-east"}': still(1),
  }),
  // An exporter is not a node.
  quiet('NodeDown', 10, { 'up{job="watchbill-exporter",network="n",instance="exporter-east"}': still(0) }),
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
