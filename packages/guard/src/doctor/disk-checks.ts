import { shellWord } from '@watchbill/kit/ssh';
import type { PublicKey } from '../custody/key-name.ts';
import type { DoctorFacts } from '../inspect/inspect.ts';
import { type Look, notAsked, seen } from '../inspect/look.ts';
import { checksOf, fault, keyText, on } from './finding.ts';
import { isInKeystore } from './keystore-checks.ts';
import type { Report } from './report.ts';

const [check, speed] = [checksOf('disk'), checksOf('speed')];
/** Votes and blocks wait for the disk, each a few times. */
const SLOW_SYNC_MS = 100;
const LATE_SYNC_MS = 1_000;
/** A running node writes with each block. Clocks of two machines, and the start of a slot, differ by less. */
const SLACK_MS = 120_000;
const LOW_SHARE = 0.05;
const LOW_DAYS = 14;
const NO_DAYS = 2;

export const DISK_CHECKS = [
  speed('disk-sync', 'the disk makes a write durable in time', 'diskSync', ({ path, samples, p99Ms }) => {
    if (p99Ms <= SLOW_SYNC_MS) return null;
    return fault(p99Ms > LATE_SYNC_MS ? 'D' : 'C', path, {
      what: `a durable write takes up to ${Math.round(p99Ms)} ms`,
      evidence: [`99 of 100 of ${samples} writes of 4 KiB took at most that long`],
      cost: 'votes and blocks wait for the disk and come late; the node falls behind under load',
      mend: 'look for another program that writes (iostat -x 1), or move the database to a local NVMe disk',
    });
  }),
  check(
    'database-age',
    'the database is not older than the last signature of its keys',
    'database',
    (own, facts) => {
      const { path, newestMs } = own;
      if (newestMs + SLACK_MS >= facts.atMs) return null;
      const signed = lastSigned(facts);
      if (!signed.looked) return signed;
      if (signed.value === null || signed.value.atMs <= newestMs + SLACK_MS) return null;
      const { key, atMs, how } = signed.value;
      const held = isInKeystore(facts, key);
      if (!held.looked) return held;
      if (!held.value) return null;
      return fault('E', path, {
        what: 'the database is older than what its keys have signed',
        evidence: [
          `its newest file was written at ${new Date(newestMs).toISOString()}`,
          `${keyText(key)} ${how} at ${new Date(atMs).toISOString()}`,
        ],
        cost: 'a node that starts from it does not know these signatures, and signs the same rounds again in another way',
        mend: 'do not start this node with these keys: remove them, sync the database, and place the keys after a set change, or use watchbill guard',
      });
    },
  ),
  check('disk-space', 'the disk has space', 'disk', (disk, { atMs }, before) => {
    const { path, freeBytes, totalBytes } = disk;
    const days = daysLeft(atMs, disk, before);
    const share = freeBytes / totalBytes;
    if (share >= LOW_SHARE && (days === null || days >= LOW_DAYS)) return null;
    return fault(freeBytes === 0 || (days !== null && days < NO_DAYS) ? 'D' : 'C', path, {
      what: days === null ? 'the disk is nearly full' : `the disk is full in ${days.toFixed(1)} days`,
      evidence: [`${gibText(freeBytes)}, ${(100 * share).toFixed(1)} %`],
      cost: 'the node stops when it cannot write; a vote that was not stored can be cast again in another way',
      mend: 'remove old files, grow the volume, or prune the database',
    });
  }),
  /**
   * On a full disk a database loses the vote that its node sent last, and the node ends: started again, it
   * votes in that round for another block. A longer RestartSec does not help while the round is open.
   */
  check(
    'full-disk-restart',
    'systemd does not restart the node on a disk that is nearly full',
    'disk',
    (disk, facts) =>
      on(facts.unit, (unit) => {
        const { path, freeBytes, totalBytes } = disk;
        if (unit.guarded || unit.restart === 'no' || freeBytes / totalBytes >= LOW_SHARE) return null;
        return fault('E', unit.name, {
          what: 'systemd restarts the node when its disk is full',
          evidence: [`Restart=${unit.restart}`, `${path}: ${gibText(freeBytes)}`],
          cost: 'on a full disk the database loses the vote that was sent last, and the restarted node votes again in that round',
          mend: `remove old files or grow the volume; until then systemctl edit ${shellWord(unit.name)} and set Restart=no, or run the node under watchbill guard`,
        });
      }),
  ),
];

/** The last signature of an own key that was seen; null if the validator is not in the set. */
function lastSigned({ blocks, votes, atMs }: DoctorFacts): Look<{
  readonly key: PublicKey;
  readonly atMs: number;
  readonly how: string;
} | null> {
  if (votes.looked && votes.value.own !== null && votes.value.votedLater > 0) {
    const key = { kind: 'gran', publicKey: votes.value.own };
    return seen({ key, atMs: atMs - votes.value.listenedMs, how: 'voted' });
  }
  if (!blocks.looked) return blocks;
  const { engine, own, lastAuthoredMs } = blocks.value;
  if (own === null) return seen(null);
  if (lastAuthoredMs !== null)
    return seen({ key: { kind: engine, publicKey: own }, atMs: lastAuthoredMs, how: 'made a block' });
  return notAsked('no signature of the own key was seen; give a longer --listen, or more --blocks');
}

const DAY_MS = 86_400_000;
/** A shorter time says little about the growth of a database. */
const LEAST_GROWTH_MS = 3_600_000;

/** Days until the disk is full, by an earlier report on the same folder. Null if that is not known. */
function daysLeft(atMs: number, disk: NonNullable<Report['disk']>, before: Report | null): number | null {
  if (before?.disk?.path !== disk.path) return null;
  const [passedMs, used] = [atMs - before.atMs, before.disk.freeBytes - disk.freeBytes];
  if (passedMs < LEAST_GROWTH_MS || used <= 0) return null;
  return disk.freeBytes / (used / (passedMs / DAY_MS));
}

const gibText = (freeBytes: number): string => `${(freeBytes / 2 ** 30).toFixed(1)} GiB are free`;
