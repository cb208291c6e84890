import { create } from '@bufbuild/protobuf';
import { StoreFault } from '../port.ts';
import type { Budget } from './budget.ts';
import { damagedFault } from './faults.ts';
import { type Peer, type RegionEpoch, type Region as RegionMessage, StoreState } from './gen/metapb_pb.js';
import { GetRegionRequestSchema, type GetRegionResponse, PD } from './gen/pdpb_pb.js';
import { compareBytes } from './keys.ts';
import { decodeOrdered, encodeOrdered } from './ordered.ts';
import type { Pd } from './pd.ts';

/** Pause between two requests for a region that PD does not know yet. */
const UNKNOWN_REGION_PAUSE_MS = 100;

/** A range of keys that one group of peers holds, as last heard. */
export interface Region {
  readonly id: bigint;
  readonly epoch: RegionEpoch;
  /** Keys as callers have them; `end` is exclusive, and empty means without end. */
  readonly start: Uint8Array;
  readonly end: Uint8Array;
  readonly peers: readonly Peer[];
  /** The peer to ask. */
  readonly leader: Peer;
}

/**
 * Finds the region of a key. A cached region may be stale: the stores report it, and then it is forgotten or
 * corrected.
 */
export interface Regions {
  /** The cached region, without a request. */
  known(key: Uint8Array): Region | undefined;
  locate(key: Uint8Array, budget: Budget): Promise<Region>;
  /** Host and port of a store. */
  addressOf(storeId: bigint, budget: Budget): Promise<string>;
  /** The store named this peer as the leader. */
  moved(region: Region, leader: Peer): void;
  /** The leader did not serve, and the new one is not known: ask another peer. After all peers, ask PD. */
  next(region: Region): void;
  /** The store reported that the ranges changed; these are the regions that it knows. */
  replaced(region: Region, now: readonly RegionMessage[]): void;
  forget(region: Region): void;
  forgetStore(storeId: bigint): void;
}

export function openRegions(pd: Pd): Regions {
  /** Sorted by start, without overlap. */
  let known: readonly Region[] = [];
  const addresses = new Map<bigint, string>();
  const lookups = new Map<string, Promise<Region>>();
  /** How many peers in a row did not serve. */
  const turns = new Map<bigint, number>();

  function find(key: Uint8Array): Region | undefined {
    let low = 0;
    let high = known.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const region = known[middle];
      if (region !== undefined && compareBytes(region.start, key) <= 0) low = middle + 1;
      else high = middle;
    }
    const region = known[low - 1];
    return region !== undefined && holds(region, key) ? region : undefined;
  }

  function put(region: Region): void {
    const others = known.filter((one) => !overlaps(one, region));
    known = [...others, region].sort((one, other) => compareBytes(one.start, other.start));
  }

  function drop(region: Region): void {
    known = known.filter((one) => one.id !== region.id);
    turns.delete(region.id);
  }

  async function lookUp(key: Uint8Array, budget: Budget): Promise<Region> {
    const region = regionOf(await askUntilKnown(pd, encodeOrdered(key), budget));
    if (!holds(region, key)) throw damagedFault('PD named a region that does not hold the requested key');
    put(region);
    return region;
  }

  function setLeader(region: Region, leader: Peer): void {
    if (!known.includes(region)) return;
    known = known.map((one) => (one === region ? { ...region, leader } : one));
  }

  return {
    known: find,
    locate: (key, budget) => {
      const found = find(key);
      if (found !== undefined) return Promise.resolve(found);
      // Callers under the same prefix mostly need the same region: one of them asks.
      const name = known.length === 0 ? '' : Buffer.from(key).toString('latin1');
      const under = lookups.get(name);
      if (under !== undefined)
        return under.then((region) => (holds(region, key) ? region : lookUp(key, budget)));
      const asked = lookUp(key, budget).finally(() => lookups.delete(name));
      lookups.set(name, asked);
      return asked;
    },
    addressOf: async (storeId, budget) => {
      const address = addresses.get(storeId);
      if (address !== undefined) return address;
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
      addresses.set(storeId, store.address);
      return store.address;
    },
    moved: (region, leader) => {
      turns.delete(region.id);
      const peer = region.peers.find(({ storeId }) => storeId === leader.storeId);
      if (peer === undefined) drop(region);
      else setLeader(region, peer);
    },
    next: (region) => {
      if (!known.includes(region)) return;
      const turn = (turns.get(region.id) ?? 0) + 1;
      const at = region.peers.findIndex(({ id }) => id === region.leader.id);
      const peer = region.peers[(at + 1) % region.peers.length];
      if (peer === undefined || turn >= region.peers.length) return drop(region);
      turns.set(region.id, turn);
      setLeader(region, peer);
    },
    replaced: (region, now) => {
      drop(region);
      for (const message of now) {
        const { peers } = message;
        const leader = peers.find(({ storeId }) => storeId === region.leader.storeId) ?? peers[0];
        const made = leader === undefined ? null : cut(message, leader);
        if (made !== null) put(made);
      }
    },
    forget: drop,
    forgetStore: (storeId) => {
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

function regionOf({ region, leader }: GetRegionResponse): Region {
  const peers = region?.peers ?? [];
  const asked = peers.find(({ id }) => id === leader?.id) ?? peers[0];
  const made = region === undefined || asked === undefined ? null : cut(region, asked);
  if (made === null) throw damagedFault('PD described an impossible region');
  return made;
}

/** Null if the message is not usable. */
function cut(message: RegionMessage, leader: Peer): Region | null {
  const { id, regionEpoch: epoch, peers } = message;
  const start = bound(message.startKey);
  const end = bound(message.endKey);
  if (epoch === undefined || start === null || end === null) return null;
  return { id, epoch, start, end, peers, leader };
}

function bound(encoded: Uint8Array): Uint8Array | null {
  return encoded.length === 0 ? new Uint8Array() : decodeOrdered(encoded);
}

function holds({ start, end }: Region, key: Uint8Array): boolean {
  return compareBytes(start, key) <= 0 && (end.length === 0 || compareBytes(key, end) < 0);
}

function overlaps(one: Region, other: Region): boolean {
  const before = one.end.length > 0 && compareBytes(one.end, other.start) <= 0;
  const after = other.end.length > 0 && compareBytes(other.end, one.start) <= 0;
  return !before && !after;
}
