import { damagedFault } from './faults.ts';
import type { Peer, RegionEpoch, Region as RegionMessage } from './gen/metapb_pb.js';
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

/** The region that PD describes. Throws `damaged` if it is an impossible one. */
export function regionOf({ region, leader }: GetRegionResponse): Region {
  const peers = region?.peers ?? [];
  const asked = peers.find(({ id }) => id === leader?.id) ?? peers[0];
  const made = region === undefined || asked === undefined ? null : regionUnder(region, asked);
  if (made === null) throw damagedFault('PD described an impossible region');
  return made;
}

/** The region of a message, with this leader; null if the message is not usable. */
export function regionUnder(message: RegionMessage, leader: Peer): Region | null {
  const { id, regionEpoch: epoch, peers } = message;
  const start = bound(message.startKey);
  const end = bound(message.endKey);
  if (epoch === undefined || start === null || end === null) return null;
  return { id, epoch, start, end, peers, leader };
}

function bound(encoded: Uint8Array): Uint8Array | null {
  return encoded.length === 0 ? new Uint8Array() : decodeOrdered(encoded);
}

export function holds({ start, end }: Region, key: Uint8Array): boolean {
  return Buffer.compare(start, key) <= 0 && (end.length === 0 || Buffer.compare(key, end) < 0);
}

export function overlaps(one: Region, other: Region): boolean {
  const before = one.end.length > 0 && Buffer.compare(one.end, other.start) <= 0;
  const after = other.end.length > 0 && Buffer.compare(other.end, one.start) <= 0;
  return !before && !after;
}
