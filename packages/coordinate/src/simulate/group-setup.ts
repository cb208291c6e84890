import { createHash } from 'node:crypto';
import { operatorKeyFrom } from '../keys/operator-key.ts';
import type { OperatorKey, VerifySignature } from '../keys/port.ts';
import { verifySignature } from '../keys/verify.ts';
import type { QuorumGroup, QuorumSchedule, ScheduleVersion } from '../quorum/group.ts';
import { verifyOnce } from '../quorum/verify-once.ts';
import type { Settings } from './options.ts';

/**
 * The group of a run. The last seats are Byzantine. The rank that they lead changes from window to window.
 */
export interface GroupSetup {
  readonly group: QuorumGroup;
  readonly keys: readonly OperatorKey[];
  readonly honest: readonly number[];
  readonly byzantine: readonly number[];
  /** All versions of the whole run. */
  readonly schedule: QuorumSchedule;
  /** Real signatures. Each valid one is verified once for all members. */
  readonly verify: VerifySignature;
}

/**
 * Short, so that thousands of windows fit a test: four ranks of three blocks, three for certificates, five of
 * quiet.
 */
export const WINDOWS = { frequencyBlocks: 20n, rankBlocks: 3n, rankCount: 4, certificateBlocks: 3n } as const;

/** Windows between two versions of the schedule. */
export const VERSION_WINDOWS = 40;

export const TOOL = 'turn';
export const RARE = 'drill';
/** Ends before the next window begins, so that the lease does not stop any member. */
const SHORT_LEASE = 4n;
/** Reaches into the next window, whose members must not give a second one. */
const LONG_LEASE = 30n;

const GOOD_SIGNATURES = 100_000;
const MAX_VERSIONS = 10_000;

export function groupSetupOf(settings: Settings): GroupSetup {
  const { seed, members, byzantine, windows } = settings;
  const seats = Array.from({ length: members }, (_, seat) => seat);
  const keys = seats.map((seat) => operatorKeyFrom('ed25519', hash(`${seed}/key/${seat}`)));
  return {
    group: {
      name: 'simulated',
      genesis: hash(`${seed}/genesis`),
      resource: 'stage',
      windows: WINDOWS,
      members: keys.map(({ scheme, publicKey }, seat) => ({ name: `member-${seat}`, scheme, publicKey })),
    },
    keys,
    honest: seats.slice(0, members - byzantine),
    byzantine: seats.slice(members - byzantine),
    schedule: Array.from({ length: versionCount(windows) }, (_, i) => versionOf(i + 1)),
    verify: verifyOnce(verifySignature, GOOD_SIGNATURES),
  };
}

/**
 * A version whose agenda differs from that of all others; `twist` makes another one under the same number.
 */
export function versionOf(version: number, twist = ''): ScheduleVersion {
  const parameters = JSON.stringify({ version: `${version}${twist}` });
  const fromHeight = BigInt(version - 1) * BigInt(VERSION_WINDOWS) * WINDOWS.frequencyBlocks;
  const often = { kind: 'drawn', perMillion: 800_000 } as const;
  const agenda = [
    {
      action: RARE,
      cadence: { kind: 'every', windows: 7n, offset: 3n },
      validityBlocks: LONG_LEASE,
      parameters,
    },
    { action: TOOL, cadence: often, validityBlocks: SHORT_LEASE, parameters },
  ] as const;
  return { version, fromHeight, seedSource: 'block-hash', stageBlocks: 2n, agenda };
}

function versionCount(windows: number): number {
  return Math.min(MAX_VERSIONS, Math.floor(windows / VERSION_WINDOWS) + 1);
}

export function hash(text: string): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(text).digest());
}
