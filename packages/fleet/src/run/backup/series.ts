import { z } from 'zod';

/**
 * The files that backups write for monitoring: one file in Prometheus' text format for each node,
 * `NETWORK.NODE.prom`, in a folder that the exporter (`backups.folder`) or the textfile collector of
 * node_exporter reads. A rename replaces a file as a whole. The file has times, never ages: the rule computes
 * the age, so that the last backup ages even if no other is made.
 */
export const BACKUP_SERIES = {
  /** When the newest complete backup was finished, in Unix seconds. */
  finished: 'watchbill_fleet_backup_finished_timestamp_seconds',
  /** Time of the last attempt, successful or not, in Unix seconds. */
  tried: 'watchbill_fleet_backup_tried_timestamp_seconds',
  /** The newest final block in it. */
  height: 'watchbill_fleet_backup_height',
  /** Its size in the store, in bytes. */
  bytes: 'watchbill_fleet_backup_bytes',
  /** When one was last restored and started as a trial, in Unix seconds. */
  drilled: 'watchbill_fleet_backup_drill_timestamp_seconds',
} as const;

export type BackupSeries = keyof typeof BACKUP_SERIES;

/** One line of help for each, as in the file. */
export const BACKUP_HELP: Readonly<Record<BackupSeries, string>> = {
  finished: 'Unix time at which the newest complete backup was finished.',
  tried: 'Unix time of the last attempt at a backup, successful or not.',
  height: 'Newest final block in the newest complete backup.',
  bytes: 'Size of the newest complete backup in its store.',
  drilled: 'Unix time at which a backup was last restored and started as a trial.',
};

/** The facts about the backups of one node; absent or null facts are not written. Times in Unix seconds. */
export interface BackupState {
  readonly network: string;
  readonly node: string;
  readonly values: Readonly<Partial<Record<BackupSeries, number | null>>>;
}

const SERIES = Object.keys(BACKUP_SERIES) as readonly BackupSeries[];
/** Names as the network file has them: they need no quoting. */
const LINE = /^(watchbill_fleet_backup_[a-z_]+)\{network="([^"\\]{1,100})",node="([^"\\]{1,100})"\} (\S+)$/;
const value = z.coerce.number().min(0).max(Number.MAX_SAFE_INTEGER);

/** The name of the file of a node. */
export function backupFileName({ network, node }: Pick<BackupState, 'network' | 'node'>): string {
  return `${network}.${node}.prom`;
}

/** The text of the file of a node. */
export function backupText({ network, node, values }: BackupState): string {
  const lines = SERIES.flatMap((series) => {
    const found = values[series] ?? null;
    if (found === null) return [];
    const name = BACKUP_SERIES[series];
    return [
      `# HELP ${name} ${BACKUP_HELP[series]}`,
      `# TYPE ${name} gauge`,
      `${name}{network="${network}",node="${node}"} ${found}`,
    ];
  });
  return `${lines.join('\n')}\n`;
}

/** Reads such a file; null if a line is invalid, so that half a file never counts as a whole one. */
export function readBackupText(text: string): BackupState | null {
  const values: Partial<Record<BackupSeries, number>> = {};
  let of: Pick<BackupState, 'network' | 'node'> | null = null;
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', network = '', node = '', text = ''] = LINE.exec(line) ?? [];
    const series = SERIES.find((one) => BACKUP_SERIES[one] === name);
    const read = value.safeParse(text);
    if (series === undefined || !read.success) return null;
    if (of !== null && (of.network !== network || of.node !== node)) return null;
    of = { network, node };
    values[series] = read.data;
  }
  return of === null ? null : { ...of, values };
}
