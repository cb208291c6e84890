import { StoreFault } from '../port.ts';
import type { Error as RegionError } from './gen/errorpb_pb.js';
import type { Region } from './region.ts';
import type { Regions } from './regions.ts';

/** The effect of a request without an answer. */
export interface Refusal {
  /** Whether it is certain that the store did not take the request. */
  readonly certain: boolean;
  /** The shortest wait that the store asks for, in milliseconds. */
  readonly pauseMs: number;
  /** The failure to report if it never gets better. Only `unavailable` may get better. */
  readonly fault: StoreFault;
}

/**
 * Refusals that a store sends before it proposes: wrong place, wrong range, too busy. A command that became
 * stale may have been proposed, and a region that was removed may have taken it before: these are not
 * certain, nor is any error that is not listed here.
 */
const CERTAIN = {
  notLeader: 'the region has no leader, or another one',
  epochNotMatch: 'its range was split or merged',
  keyNotInRegion: 'the key is in another region',
  storeNotMatch: 'another store answers at its address',
  serverIsBusy: 'the store is busy',
  maxTimestampNotSynced: 'the leader does not know the newest timestamp yet',
  proposalInMergingMode: 'its range is being merged',
} as const satisfies Partial<Record<keyof RegionError, string>>;
const KINDS = Object.keys(CERTAIN) as (keyof typeof CERTAIN)[];

/** Judge a store's refusal, and forget the region or correct its leader. */
export function takeRefusal(error: RegionError, region: Region, regions: Regions): Refusal {
  const leader = error.notLeader?.leader?.storeId ?? 0n;
  if (leader === 0n) regions.forget(region);
  else regions.moved(region, leader);
  const final = full(error) ?? tooLarge(error);
  if (final !== null) return { certain: true, pauseMs: 0, fault: final };
  const kind = KINDS.find((one) => error[one] !== undefined);
  const { reason = '', backoffMs = 0n } = error.serverIsBusy ?? {};
  const why = kind === undefined ? error.message || 'the store refused the region' : CERTAIN[kind];
  const fault = new StoreFault(
    'unavailable',
    `TiKV did not serve in time: ${why}${reason === '' ? '' : ` (${reason})`}`,
    'if this lasts, check that a majority of the stores of every region runs',
  );
  return { certain: kind !== undefined, pauseMs: Number(backoffMs), fault };
}

function full({ diskFull }: RegionError): StoreFault | null {
  if (diskFull === undefined) return null;
  return new StoreFault(
    'full',
    `TiKV has no room: the disk of store ${diskFull.storeId.join(', ')} is full`,
    'free space on that machine, or add a store and let PD move regions to it',
  );
}

function tooLarge({ raftEntryTooLarge }: RegionError): StoreFault | null {
  if (raftEntryTooLarge === undefined) return null;
  return new StoreFault(
    'refused',
    `TiKV refused an entry of ${raftEntryTooLarge.entrySize} bytes`,
    'raise raftstore.raft-entry-max-size on every store, or write smaller values',
  );
}
