import { counter, gauge, type MetricSample, metricTable } from '@watchbill/kit/metrics';
import { BACKUP_HELP, BACKUP_SERIES, type BackupSeries } from '../../run/backup/index.ts';

const NODE = ['network', 'place', 'pool', 'role', 'node'] as const;
const STASH = [...NODE, 'stash'] as const;
const HERE = ['network', 'place'] as const;

/**
 * Every series that the exporter serves: those that it computes, and those that backups write. An unknown
 * fact is absent, and `watchbill_fleet_unknown` reports it; 0 never means unknown. Alerts and dashboards are
 * checked against this list.
 */
export const EXPORTER_METRICS = metricTable({
  answers: gauge(
    'watchbill_fleet_node_answers',
    '1 if the RPC of the node answered in the last look, 0 if it did not; missing for nodes that are not asked.',
    NODE,
  ),
  info: gauge('watchbill_fleet_node_info', '1 for the present version of the node.', [...NODE, 'version']),
  runtime: gauge(
    'watchbill_fleet_runtime_version',
    'Version of the runtime at the newest final block of the node.',
    [...NODE, 'runtime'],
  ),
  height: gauge('watchbill_fleet_finalized_height', 'Newest final block of the node.', NODE),
  session: gauge(
    'watchbill_fleet_session_index',
    'Session at the newest final block that was looked at, by runtime.',
    [...HERE, 'runtime'],
  ),
  inSet: gauge(
    'watchbill_fleet_in_set',
    'Whether the stash is in the set of this session (current) or of the next one (next).',
    [...STASH, 'set', 'expected'],
  ),
  registered: gauge(
    'watchbill_fleet_keys_registered',
    'Whether the chain has session keys for the stash.',
    STASH,
  ),
  held: gauge(
    'watchbill_fleet_keys_held',
    'Whether the keystore of the node has all keys of the stash: those of this session (current), of the next (queued), and those registered. duty: stands for the permission services that it asks before it signs; empty: none.',
    [...STASH, 'duty', 'keys'],
  ),
  sessionsLeft: gauge(
    'watchbill_fleet_keys_sessions_left',
    'Sessions that must begin until the registered keys sign: 2, 1 or 0; missing if the stash is not in the next set.',
    STASH,
  ),
  authored: counter(
    'watchbill_fleet_blocks_authored_total',
    'Final blocks of the stash since the exporter began, by the kind of claim to the slot.',
    [...STASH, 'claim'],
  ),
  missed: counter(
    'watchbill_fleet_slots_missed_total',
    'Empty slots of the final chain that are known to have been the stash’s own. Claim primary has no such series: only the key of the stash shows those slots.',
    [...STASH, 'claim'],
  ),
  unknownSlots: counter(
    'watchbill_fleet_slots_without_owner_total',
    'Slots, with or without a block, whose owner is unknown, by runtime.',
    [...HERE, 'runtime'],
  ),
  passed: counter(
    'watchbill_fleet_blocks_passed_over_total',
    'Final blocks that were not looked at because the exporter was too far behind, by runtime.',
    [...HERE, 'runtime'],
  ),
  diskAvailable: gauge(
    'watchbill_fleet_disk_available_bytes',
    'Free space on the volume of the node, for one without node_exporter.',
    [...NODE, 'path'],
  ),
  diskSize: gauge('watchbill_fleet_disk_size_bytes', 'Size of that volume.', [...NODE, 'path']),
  certificateEnd: gauge(
    'watchbill_fleet_certificate_end_timestamp_seconds',
    'Unix time at which the certificate that an endpoint shows ends.',
    [...HERE, 'endpoint'],
  ),
  unknown: gauge('watchbill_fleet_unknown', '1 for each fact that was unknown in the last look.', [
    ...STASH,
    'keys',
    'what',
  ]),
  lookEnd: gauge(
    'watchbill_fleet_look_finished_timestamp_seconds',
    'Unix time at which the last look ended.',
    HERE,
  ),
  lookSeconds: gauge('watchbill_fleet_look_seconds', 'How long the last look took.', HERE),
  errors: counter(
    'watchbill_fleet_look_errors_total',
    'Looks that failed as a whole; the next one begins anew.',
    HERE,
  ),
  ...backups(),
});

export type ExporterSeries = keyof typeof EXPORTER_METRICS;

function backups() {
  const entries = (Object.entries(BACKUP_SERIES) as [BackupSeries, `watchbill_${string}`][]).map(
    ([series, name]) => [`backup-${series}`, gauge(name, BACKUP_HELP[series], [...HERE, 'node'])],
  );
  return Object.fromEntries(entries) as Record<`backup-${BackupSeries}`, ReturnType<typeof gauge<string>>>;
}

/** One value of a series. */
export type Sample = MetricSample<ExporterSeries>;
