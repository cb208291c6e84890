import { BACKUP_HELP, BACKUP_SERIES, type BackupSeries } from '../../run/backup/index.ts';

/** One series that the exporter serves. */
export interface SeriesDefinition {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly labels: readonly string[];
}

const NODE = ['network', 'place', 'pool', 'role', 'node'] as const;
const STASH = [...NODE, 'stash'] as const;
const HERE = ['network', 'place'] as const;

/**
 * Every series that the exporter computes. An unknown fact is absent, and `watchbill_fleet_unknown` reports
 * it; 0 never means unknown. Alerts and dashboards are checked against this list.
 */
const OWN_SERIES = {
  answers: {
    name: 'watchbill_fleet_node_answers',
    type: 'gauge',
    help: '1 if the RPC of the node answered in the last look, 0 if it did not; missing for nodes that are not asked.',
    labels: NODE,
  },
  info: {
    name: 'watchbill_fleet_node_info',
    type: 'gauge',
    help: '1 for the present version of the node.',
    labels: [...NODE, 'version'],
  },
  runtime: {
    name: 'watchbill_fleet_runtime_version',
    type: 'gauge',
    help: 'Version of the runtime at the newest final block of the node.',
    labels: [...NODE, 'runtime'],
  },
  height: {
    name: 'watchbill_fleet_finalized_height',
    type: 'gauge',
    help: 'Newest final block of the node.',
    labels: NODE,
  },
  session: {
    name: 'watchbill_fleet_session_index',
    type: 'gauge',
    help: 'Session at the newest final block that was looked at, by runtime.',
    labels: [...HERE, 'runtime'],
  },
  inSet: {
    name: 'watchbill_fleet_in_set',
    type: 'gauge',
    help: 'Whether the stash is in the set of this session (current) or of the next one (next).',
    labels: [...STASH, 'set', 'expected'],
  },
  registered: {
    name: 'watchbill_fleet_keys_registered',
    type: 'gauge',
    help: 'Whether the chain has session keys for the stash.',
    labels: STASH,
  },
  held: {
    name: 'watchbill_fleet_keys_held',
    type: 'gauge',
    help: 'Whether the keystore of the node has all keys of the stash: those of this session (current), of the next (queued), and those registered. duty: stands for the permission services that it asks before it signs; empty: none.',
    labels: [...STASH, 'duty', 'keys'],
  },
  sessionsLeft: {
    name: 'watchbill_fleet_keys_sessions_left',
    type: 'gauge',
    help: 'Sessions that must begin until the registered keys sign: 2, 1 or 0; missing if the stash is not in the next set.',
    labels: STASH,
  },
  authored: {
    name: 'watchbill_fleet_blocks_authored_total',
    type: 'counter',
    help: 'Final blocks of the stash since the exporter began, by the kind of claim to the slot.',
    labels: [...STASH, 'claim'],
  },
  missed: {
    name: 'watchbill_fleet_slots_missed_total',
    type: 'counter',
    help: 'Empty slots of the final chain that are known to have been the stash’s own. Claim primary has no such series: only the key of the stash shows those slots.',
    labels: [...STASH, 'claim'],
  },
  unknownSlots: {
    name: 'watchbill_fleet_slots_without_owner_total',
    type: 'counter',
    help: 'Slots, with or without a block, whose owner is unknown, by runtime.',
    labels: [...HERE, 'runtime'],
  },
  passed: {
    name: 'watchbill_fleet_blocks_passed_over_total',
    type: 'counter',
    help: 'Final blocks that were not looked at because the exporter was too far behind, by runtime.',
    labels: [...HERE, 'runtime'],
  },
  diskAvailable: {
    name: 'watchbill_fleet_disk_available_bytes',
    type: 'gauge',
    help: 'Free space on the volume of the node, for one without node_exporter.',
    labels: [...NODE, 'path'],
  },
  diskSize: {
    name: 'watchbill_fleet_disk_size_bytes',
    type: 'gauge',
    help: 'Size of that volume.',
    labels: [...NODE, 'path'],
  },
  certificateEnd: {
    name: 'watchbill_fleet_certificate_end_timestamp_seconds',
    type: 'gauge',
    help: 'Unix time at which the certificate that an endpoint shows ends.',
    labels: [...HERE, 'endpoint'],
  },
  unknown: {
    name: 'watchbill_fleet_unknown',
    type: 'gauge',
    help: '1 for each fact that was unknown in the last look.',
    labels: [...STASH, 'keys', 'what'],
  },
  lookEnd: {
    name: 'watchbill_fleet_look_finished_timestamp_seconds',
    type: 'gauge',
    help: 'Unix time at which the last look ended.',
    labels: HERE,
  },
  lookSeconds: {
    name: 'watchbill_fleet_look_seconds',
    type: 'gauge',
    help: 'How long the last look took.',
    labels: HERE,
  },
  errors: {
    name: 'watchbill_fleet_look_errors_total',
    type: 'counter',
    help: 'Looks that failed as a whole; the next one begins anew.',
    labels: HERE,
  },
} as const satisfies Readonly<Record<string, SeriesDefinition>>;

export type ExporterSeries = keyof typeof OWN_SERIES | `backup-${BackupSeries}`;

/** These series, and those that backups write for the exporter to serve. */
export const EXPORTER_SERIES: ReadonlyMap<ExporterSeries, SeriesDefinition> = new Map([
  ...(Object.entries(OWN_SERIES) as [keyof typeof OWN_SERIES, SeriesDefinition][]),
  ...(Object.entries(BACKUP_SERIES) as [BackupSeries, string][]).map(
    ([series, name]): [ExporterSeries, SeriesDefinition] => [
      `backup-${series}`,
      { name, type: 'gauge', help: BACKUP_HELP[series], labels: [...HERE, 'node'] },
    ],
  ),
]);

/** One value of a series. */
export interface Sample {
  readonly series: ExporterSeries;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
