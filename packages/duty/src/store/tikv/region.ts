import { damagedFault } from './faults.ts';
import type { Peer, RegionEpoch } from './gen/metapb_pb.js';
import type { GetRegionResponse } from './gen/pdpb_pb.js';
import { decodeOrdered } from './ordered.ts';

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
 * The region that PD describes. If PD has not heard who leads, any peer is asked, and names the leader; which
 * one, `spread` decides. Throws `damaged` if the region is an impossible one.
 */
export function regionOf({ region, leader }: GetRegionResponse, spread: () => number): Region {
  const peers = region?.peers ?? [];
  const any = peers[Math.floor(spread() * peers.length)];
  const asked = peers.find(({ id }) => id === leader?.id) ?? any;
  const start = bound(region?.startKey);
  const end = bound(region?.endKey);
  const epoch = region?.regionEpoch;
  if (region === undefined || asked === undefined || epoch === undefined || start === null || end === null)
    throw damagedFault('PD described an impossible region');
  return { id: region.id, epoch, start, end, peers, leader: asked };
}

function bound(encoded: Uint8Array = new Uint8Array()): Uint8Array | null {
  return encoded.length === 0 ? encoded : decodeOrdered(encoded);
}

export function holds({ start, end }: Region, key: Uint8Array): boolean {
  return Buffer.compare(start, key) <= 0 && (end.length === 0 || Buffer.compare(key, end) < 0);
}

export function overlaps(one: Region, other: Region): boolean {
  const before = one.end.length > 0 && Buffer.compare(one.end, other.start) <= 0;
  const after = other.end.length > 0 && Buffer.compare(other.end, one.start) <= 0;
  return !before && !after;
}
