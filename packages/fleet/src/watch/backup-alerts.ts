import type { Thresholds } from '@watchbill/kit/alerts';
import { type Alert, type AlertGroup, NODE } from '@watchbill/kit/alerts';
import { BACKUP_SERIES } from '../run/backup/index.ts';

/** One node of which backups are expected. */
export interface BackedUp {
  readonly network: string;
  readonly node: string;
}

/** The age of backups. For a node with expected backups there is also an alert if no backup was ever seen. */
export function backupAlerts(
  { backupHours, drillDays }: Thresholds,
  expected: readonly BackedUp[],
): AlertGroup {
  const { finished, tried, drilled } = BACKUP_SERIES;
  const newest = (series: string) => `max by (network, node) (${series})`;
  return {
    name: 'watchbill-backup',
    about: 'the age of backups, and whether they were restored as a trial',
    alerts: [
      {
        name: 'BackupOld',
        severity: 'ticket',
        expr: `time() - ${newest(finished)} > ${backupHours} * 3600`,
        for: '10m',
        summary: `the newest complete backup of ${NODE} is older than ${backupHours} hours`,
        means: 'A restore would lose more blocks than planned.',
        todo: 'run `watchbill fleet backup run` by hand and read its output',
        run: 'watchbill fleet backup run',
      },
      {
        name: 'BackupFails',
        severity: 'ticket',
        // Also if none was ever finished.
        expr: `${newest(tried)} > ${newest(finished)} or ${newest(tried)} unless ${newest(finished)}`,
        for: '6h',
        summary: `backups of ${NODE} begin and do not finish`,
        means: 'Backups begin and do not end, so the newest one gets older.',
        todo: 'read the log of the backup: store, space and credentials are the usual causes',
      },
      {
        name: 'DrillOld',
        severity: 'ticket',
        expr: `time() - ${newest(drilled)} > ${drillDays} * 86400`,
        for: '1h',
        summary: `no backup of ${NODE} was restored as a trial for ${drillDays} days`,
        means: 'A backup that was not restored for this long may not work when you need it.',
        todo: 'run `watchbill fleet backup drill`: only a restore shows that a backup works',
        run: 'watchbill fleet backup drill',
      },
      ...(expected.length === 0 ? [] : [never(expected, finished)]),
    ],
  };
}

function never(expected: readonly BackedUp[], series: string): Alert {
  const absent = ({ network, node }: BackedUp) => `absent(${series}{network="${network}",node="${node}"})`;
  return {
    name: 'BackupUnknown',
    severity: 'ticket',
    expr: expected.map(absent).join(' or '),
    for: '1h',
    summary: `there is no data about a backup of ${NODE}`,
    means: 'There may be no backup of this node at all.',
    todo: 'check whether a backup was ever made, and whether the exporter reads the folder to which it writes its file',
  };
}
