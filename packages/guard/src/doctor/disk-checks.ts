import type { DiskFacts } from './facts.ts';
import { type Check, type EarlierDisk, found, GOOD, type Outcome, on } from './finding.ts';

/** Checks of the disk of the database. */
export const DISK_CHECKS: readonly Check[] = [
  {
    id: 'disk-space',
    group: 'disk',
    title: 'the disk has space',
    look: ({ disk, atMs }, before) => on(disk, (now) => space(now, daysLeft({ atMs, disk: now }, before))),
  },
];

const DAY_MS = 86_400_000;
/** A shorter time says little about the growth of a database. */
const LEAST_GROWTH_MS = 3_600_000;

/** Days until the disk is full, by an earlier report on the same folder. Null if that is not known. */
export function daysLeft(now: EarlierDisk, before: EarlierDisk | null): number | null {
  if (before === null || before.disk.path !== now.disk.path) return null;
  const [passedMs, used] = [now.atMs - before.atMs, before.disk.freeBytes - now.disk.freeBytes];
  if (passedMs < LEAST_GROWTH_MS || used <= 0) return null;
  return now.disk.freeBytes / (used / (passedMs / DAY_MS));
}

const LOW_SHARE = 0.05;
const LOW_DAYS = 14;
const NO_DAYS = 2;

function space({ path, freeBytes, totalBytes }: DiskFacts, days: number | null): Outcome {
  const share = freeBytes / totalBytes;
  const isLow = share < LOW_SHARE || (days !== null && days < LOW_DAYS);
  if (!isLow) return GOOD;
  const gib = (freeBytes / 2 ** 30).toFixed(1);
  return found({
    letter: freeBytes === 0 || (days !== null && days < NO_DAYS) ? 'D' : 'C',
    subject: path,
    what: days === null ? 'the disk is nearly full' : `the disk is full in ${days.toFixed(1)} days`,
    evidence: [`${gib} GiB are free, ${(100 * share).toFixed(1)} %`],
    cost: 'the node stops when it cannot write; a vote that was not stored can be cast again in another way',
    mend: 'remove old files, grow the volume, or prune the database',
  });
}
