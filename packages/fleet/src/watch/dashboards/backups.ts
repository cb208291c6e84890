import { type Dashboard, lines, number, table } from '@watchbill/kit/alerts';
import { BACKUP_SERIES } from '../../run/backup/index.ts';

const OF = '{network=~"$network"}';
const newest = (series: string) => `max by (network, node) (${series}${OF})`;

/** Backups: their age, their size, and their trial restores. */
export const BACKUPS: Dashboard = {
  uid: 'watchbill-backups',
  title: 'Watchbill: backups',
  about: 'The age of the newest complete backup of each node, and the time of the last trial restore.',
  choices: [{ name: 'network', series: BACKUP_SERIES.finished, label: 'network' }],
  panels: [
    number(
      'Oldest',
      'Age of the newest backup of the node that has the oldest one.',
      's',
      `max(time() - ${newest(BACKUP_SERIES.finished)})`,
      {
        bad: { at: 26 * 3_600, when: 'above' },
      },
    ),
    number(
      'Longest without a trial',
      'Since a backup was last restored and started.',
      's',
      `max(time() - ${newest(BACKUP_SERIES.drilled)})`,
      {
        bad: { at: 35 * 86_400, when: 'above' },
      },
    ),
    number(
      'Tried and not finished',
      'Nodes whose last attempt made no backup, or is under way.',
      'short',
      `count(${newest(BACKUP_SERIES.tried)} > ${newest(BACKUP_SERIES.finished)}) or vector(0)`,
    ),
    number('Size', 'Of all newest backups together.', 'bytes', `sum(${newest(BACKUP_SERIES.bytes)})`),
    lines('Age', 'Falls to zero with each backup.', 's', [
      { expr: `time() - ${newest(BACKUP_SERIES.finished)}`, legend: '{{node}}' },
    ]),
    lines('Size', 'Of the newest backup of each node.', 'bytes', [
      { expr: newest(BACKUP_SERIES.bytes), legend: '{{node}}' },
    ]),
    table('Height', 'The newest final block in it.', 'short', newest(BACKUP_SERIES.height)),
  ],
};
