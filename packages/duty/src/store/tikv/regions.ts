import { create } from '@bufbuild/protobuf';
import { StoreFault } from '../port.ts';
import type { Budget } from './budget.ts';
import { damagedFault } from './faults.ts';
import { StoreState } from './gen/metapb_pb.js';
import { GetRegionRequestSchema, type GetRegionResponse, PD } from './gen/pdpb_pb.js';
import { knownRegions } from './known-regions.ts';
import { encodeOrdered } from './ordered.ts';
import type { Pd } from './pd.ts';
import { holds, type Region, regionOf } from './region.ts';

/** Pause between two requests for a region that PD does not know yet. */
const UNKNOWN_REGION_PAUSE_MS = 100;

/**
 * Finds the region of a key. A cached region may be stale: the stores report it, and then it is forgotten or
 * corrected.
 */
export type Regions = ReturnType<typeof openRegions>;

export function openRegions(pd: Pd) {
  const known = knownRegions();
  const addresses = new Map<bigint, string>();
  const lookups = new Map<string, Promise<Region>>();

  async function lookUp(key: Uint8Array, budget: Budget): Promise<Region> {
    const region = regionOf(await askUntilKnown(pd, encodeOrdered(key), budget));
    if (!holds(region, key)) throw damagedFault('PD named a region that does not hold the requested key');
    known.put(region);
    return region;
  }

  return {
    /** The cached region, without a request. */
    known: known.find,
    locate: (key: Uint8Array, budget: Budget): Promise<Region> => {
      const found = known.find(key);
      if (found !== undefined) return Promise.resolve(found);
      // Callers under the same prefix mostly need the same region: one of them asks.
      const name = known.isEmpty() ? '' : Buffer.from(key).toString('latin1');
      const under = lookups.get(name);
      if (under !== undefined)
        return under.then((region) => (holds(region, key) ? region : lookUp(key, budget)));
      const asked = lookUp(key, budget).finally(() => lookups.delete(name));
      lookups.set(name, asked);
      return asked;
    },
    /** Host and port of a store. */
    addressOf: async (storeId: bigint, budget: Budget): Promise<string> => {
      const address = addresses.get(storeId) ?? (await askAddress(pd, storeId, budget));
      addresses.set(storeId, address);
      return address;
    },
    moved: known.moved,
    next: known.next,
    replaced: known.replaced,
    forget: known.drop,
    forgetStore: (storeId: bigint): void => {
      addresses.delete(storeId);
    },
  };
}

/**
 * A PD that has just begun to lead may not know a region yet: the adapter asks again until the budget ends.
 */
async function askUntilKnown(pd: Pd, regionKey: Uint8Array, budget: Budget): Promise<GetRegionResponse> {
  for (;;) {
    const answer = await pd.ask(
      PD.method.getRegion,
      (header) => create(GetRegionRequestSchema, { header, regionKey }),
      budget,
    );
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
