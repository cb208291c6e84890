import type { Peer, Region as RegionMessage } from './gen/metapb_pb.js';
import { holds, overlaps, type Region, regionUnder } from './region.ts';

/** The regions heard of so far. They never overlap: a newer one takes the place of those in its way. */
export function knownRegions() {
  /** Sorted by start, without overlap. */
  let known: readonly Region[] = [];
  /** How many peers in a row did not serve. */
  const turns = new Map<bigint, number>();

  function put(region: Region): void {
    const others = known.filter((one) => !overlaps(one, region));
    known = [...others, region].sort((one, other) => Buffer.compare(one.start, other.start));
  }

  function drop(region: Region): void {
    known = known.filter((one) => one.id !== region.id);
    turns.delete(region.id);
  }

  function setLeader(region: Region, leader: Peer): void {
    if (!known.includes(region)) return;
    known = known.map((one) => (one === region ? { ...region, leader } : one));
  }

  return {
    isEmpty: (): boolean => known.length === 0,
    /** The region of a key, without a request. */
    find: (key: Uint8Array): Region | undefined => regionAt(known, key),
    put,
    drop,
    /** The store named this peer as the leader. */
    moved: (region: Region, leader: Peer): void => {
      turns.delete(region.id);
      const peer = region.peers.find(({ storeId }) => storeId === leader.storeId);
      if (peer === undefined) drop(region);
      else setLeader(region, peer);
    },
    /** The leader did not serve: the next peer counts as the leader. After all, the region is dropped. */
    next: (region: Region): void => {
      if (!known.includes(region)) return;
      const turn = (turns.get(region.id) ?? 0) + 1;
      const at = region.peers.findIndex(({ id }) => id === region.leader.id);
      const peer = region.peers[(at + 1) % region.peers.length];
      if (peer === undefined || turn >= region.peers.length) drop(region);
      else {
        turns.set(region.id, turn);
        setLeader(region, peer);
      }
    },
    /** The ranges changed: these are the regions that a store knows in the place of this one. */
    replaced: (region: Region, now: readonly RegionMessage[]): void => {
      drop(region);
      for (const message of now) {
        const { peers } = message;
        const leader = peers.find(({ storeId }) => storeId === region.leader.storeId) ?? peers[0];
        const made = leader === undefined ? null : regionUnder(message, leader);
        if (made !== null) put(made);
      }
    },
  };
}

/** Regions are sorted by their start. */
function regionAt(regions: readonly Region[], key: Uint8Array): Region | undefined {
  let low = 0;
  let high = regions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const region = regions[middle];
    if (region !== undefined && Buffer.compare(region.start, key) <= 0) low = middle + 1;
    else high = middle;
  }
  const region = regions[low - 1];
  return region !== undefined && holds(region, key) ? region : undefined;
}
