import { StoreFault } from '../port.ts';
import type { Error as RegionError } from './gen/errorpb_pb.js';
import type { Region } from './region.ts';
import type { Regions } from './regions.ts';

/** The effect of a store's refusal on the request, and the next step. */
export interface Refusal {
  /** Whether it is certain that the store did not take the request. */
  readonly certain: boolean;
  /** The shortest wait that the store asks for, in milliseconds; null: no wait is needed. */
  readonly pauseMs: number | null;
  /** The failure to report if it never gets better. */
  readonly fault: StoreFault;
  /** Not to be repeated: no later attempt can succeed. */
  readonly final: boolean;
}

/**
 * Correct the cached regions, and judge. Refusals that a store sends before it proposes are certain: wrong
 * place, wrong range, too busy, disk full. A command that became stale may have been proposed, and a region
 * that was removed may have taken it before: these are not certain, nor is any error that is not listed here.
 */
export function takeRefusal(error: RegionError, region: Region, regions: Regions): Refusal {
  if (error.notLeader !== undefined) return notLeader(error, region, regions);
  if (error.epochNotMatch !== undefined) {
    regions.replaced(region, error.epochNotMatch.currentRegions);
    return again('its range was split or merged', true, null);
  }
  if (error.keyNotInRegion !== undefined) {
    regions.forget(region);
    return again('the key is in another region', true, null);
  }
  if (error.storeNotMatch !== undefined) {
    regions.forgetStore(region.leader.storeId);
    regions.forget(region);
    return again('another store answers at its address', true, 0);
  }
  if (error.serverIsBusy !== undefined) {
    const { reason, backoffMs } = error.serverIsBusy;
    return again(`the store is busy (${reason})`, true, Number(backoffMs));
  }
  if (error.diskFull !== undefined) return full(error);
  if (error.raftEntryTooLarge !== undefined) return tooLarge(error);
  if (error.maxTimestampNotSynced !== undefined || error.proposalInMergingMode !== undefined) {
    return again(error.message, true, 0);
  }
  // Region not found, stale command, a read index that is not ready, and errors of newer stores.
  regions.forget(region);
  return again(error.message === '' ? 'the store refused the region' : error.message, false, 0);
}

function notLeader(error: RegionError, region: Region, regions: Regions): Refusal {
  const leader = error.notLeader?.leader;
  if (leader === undefined || leader.storeId === 0n) {
    regions.next(region);
    return again('the region has no leader', true, 0);
  }
  regions.moved(region, leader);
  return again('the leader moved', true, null);
}

function again(why: string, certain: boolean, pauseMs: number | null): Refusal {
  const fault = new StoreFault(
    'unavailable',
    `TiKV did not serve in time: ${why}`,
    'if this lasts, check that a majority of the stores of every region runs',
  );
  return { certain, pauseMs, fault, final: false };
}

function full(error: RegionError): Refusal {
  const stores = error.diskFull?.storeId.join(', ') ?? '';
  const fault = new StoreFault(
    'full',
    `TiKV has no room: the disk of store ${stores} is full`,
    'free space on that machine, or add a store and let PD move regions to it',
  );
  return { certain: true, pauseMs: 0, fault, final: true };
}

function tooLarge(error: RegionError): Refusal {
  const fault = new StoreFault(
    'refused',
    `TiKV refused an entry of ${error.raftEntryTooLarge?.entrySize ?? 0n} bytes`,
    'raise raftstore.raft-entry-max-size on every store, or write smaller values',
  );
  return { certain: true, pauseMs: null, fault, final: true };
}
