import { create } from '@bufbuild/protobuf';
import { type Region, RegionSchema } from '../gen/metapb_pb.js';
import { encodeOrdered } from '../ordered.ts';

export interface FakeRegion {
  readonly id: bigint;
  readonly version: bigint;
  readonly start: string;
  readonly end: string;
  /** Index of the store that leads. */
  leader: number;
}

export function regionMessage({ id, version, start, end }: FakeRegion): Region {
  const bound = (text: string): Uint8Array =>
    text === '' ? new Uint8Array() : encodeOrdered(Buffer.from(text));
  return create(RegionSchema, {
    id,
    startKey: bound(start),
    endKey: bound(end),
    regionEpoch: { confVer: 1n, version },
    peers: [1n, 2n, 3n].map((storeId) => ({ id: id * 10n + storeId, storeId })),
  });
}

export function holds({ start, end }: FakeRegion, key: Uint8Array): boolean {
  const after = Buffer.compare(key, Buffer.from(start)) >= 0;
  return after && (end === '' || Buffer.compare(key, Buffer.from(end)) < 0);
}
