import type { Budget } from '../grpc/budget.ts';
import { StoreFault } from '../port.ts';
import { damagedFault } from './faults.ts';
import { StoreState } from './gen/metapb_pb.js';
import { type GetRegionResponse, PD } from './gen/pdpb_pb.js';
import { encodeOrdered } from './ordered.ts';
import type { Pd } from './pd.ts';
import { holds, overlaps, type Region, regionOf } from './region.ts';

/** Pause between two requests for a region that PD does not know yet. */
const UNKNOWN_REGION_PAUSE_MS = 100;

/**
 * Finds the region of a key, and remembers it. A remembered region may be stale: the store that gets a
 * request for it says so, and then it is forgotten and PD is asked again.
 */
export type Regions = ReturnType<typeof openRegions>;

export function openRegions(pd: Pd, spread: () => number) {
  /** They never overlap: a newer one takes the place of those in its way. */
  let known: readonly Region[] = [];
  const addresses = new Map<bigint, string>();

  return {
    locate: async (key: Uint8Array, budget: Budget): Promise<Region> => {
      const found = known.find((region) => holds(region, key));
      if (found !== undefined) return found;
      const region = regionOf(await askUntilKnown(pd, encodeOrdered(key), budget), spread);
      if (!holds(region, key)) throw damagedFault('PD named a region that does not hold the requested key');
      known = [...known.filter((one) => !overlaps(one, region)), region];
      return region;
    },
    /** Host and port of a store. */
    addressOf: async (storeId: bigint, budget: Budget): Promise<string> => {
      const address = addresses.get(storeId) ?? (await askAddress(pd, storeId, budget));
      addresses.set(storeId, address);
      return address;
    },
    /** A request for the region was not served where it was sent. */
    forget: (region: Region): void => {
      known = known.filter((one) => one !== region);
      addresses.delete(region.leader.storeId);
    },
    /** The store named another one as the leader, of which PD may not have heard yet. */
    moved: (region: Region, storeId: bigint): void => {
      const leader = region.peers.find((peer) => peer.storeId === storeId);
      const now = leader === undefined ? [] : [{ ...region, leader }];
      known = known.flatMap((one) => (one === region ? now : [one]));
    },
  };
}

/**
 * A PD that has just begun to lead may not know a region yet: the adapter asks again until the budget ends.
 */
async function askUntilKnown(pd: Pd, regionKey: Uint8Array, budget: Budget): Promise<GetRegionResponse> {
  for (;;) {
    const answer = await pd.ask(PD.method.getRegion, (header) => ({ header, regionKey }), budget);
    if (answer.region !== undefined && answer.region.peers.length > 0) return answer;
    const what = 'PD does not know yet which stores hold a key';
    budget.trouble(new StoreFault('unavailable', what, 'no action is needed: the store asks PD again'));
    await budget.pause(UNKNOWN_REGION_PAUSE_MS);
    budget.check();
  }
}

async function askAddress(pd: Pd, storeId: bigint, budget: Budget): Promise<string> {
  const { store } = await pd.ask(PD.method.getStore, (header) => ({ header, storeId }), budget);
  if (store === undefined || store.address === '')
    throw damagedFault(`PD knows no address of store ${storeId}`);
  if (store.state === StoreState.Tombstone) {
    throw new StoreFault(
      'unavailable',
      `store ${storeId} was removed from the cluster`,
      'no action is needed: the store asks PD again',
    );
  }
  return store.address;
}
