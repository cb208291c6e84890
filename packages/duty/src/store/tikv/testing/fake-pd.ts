import type { MessageShape } from '@bufbuild/protobuf';
import type { PD } from '../gen/pdpb_pb.js';
import { decodeOrdered } from '../ordered.ts';
import { timestampOf } from '../timestamp.ts';
import { type FakeRegion, holds, regionMessage } from './fake-region.ts';

/** The cluster as the members of PD see it. */
export interface PdView {
  readonly clusterId: bigint;
  /** Index of the member that leads. */
  readonly pdLeader: number;
  /** Added to this machine's clock, in milliseconds, for the timestamps. */
  readonly skewMs: number;
  readonly regions: readonly FakeRegion[];
}

export interface FakePd {
  /** The answer of the member of this index. Throws a {@link FakeStatus}. */
  answer(method: string, request: RegionRequest, at: number): object;
  /** The last of `count` new timestamps: above all earlier ones. */
  advance(count: number): bigint;
}

/** Of the methods, the one with a key; requests of the others are cast. */
type RegionRequest = MessageShape<typeof PD.method.getRegion.input>;

/** A failure of a call, as gRPC has it. */
export class FakeStatus extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/** `urlOf`: of a member, by its index; `addressOf`: of a store, by its id. */
export function fakePd(
  cluster: PdView,
  urlOf: (at: number) => string,
  addressOf: (storeId: bigint) => string,
): FakePd {
  let last = 0n;

  function advance(count: number): bigint {
    const now = timestampOf(BigInt(Date.now() + cluster.skewMs), 0n);
    last = (now > last ? now : last) + BigInt(count);
    return last;
  }

  const member = (at: number) => ({ name: `pd${at}`, memberId: BigInt(at + 1), clientUrls: [urlOf(at)] });
  const storeOf = (id: bigint) => ({ id, address: addressOf(id) });

  return {
    advance,
    answer: (name, request, at) => {
      const header = { clusterId: cluster.clusterId };
      if (name === 'GetMembers') {
        return { header, members: [0, 1, 2].map(member), leader: member(cluster.pdLeader) };
      }
      if (at !== cluster.pdLeader) throw new FakeStatus(14, 'not leader');
      const asked = request.header?.clusterId;
      if (asked !== cluster.clusterId) {
        throw new FakeStatus(9, `mismatch cluster id, need ${cluster.clusterId} but got ${asked}`);
      }
      if (name === 'Tso') return { header, ...timestamps(request as never, advance) };
      if (name === 'GetRegion') return { header, ...regionAt(cluster, request.regionKey) };
      if (name === 'GetStore')
        return { header, store: storeOf((request as never as { storeId: bigint }).storeId) };
      return { header, stores: [1n, 2n, 3n].map(storeOf) };
    },
  };
}

function timestamps({ count }: { readonly count: number }, advance: FakePd['advance']): object {
  const last = advance(count);
  return { count, timestamp: { physical: last >> 18n, logical: last & ((1n << 18n) - 1n) } };
}

function regionAt({ regions }: PdView, key: Uint8Array): object {
  const raw = decodeOrdered(key) ?? key;
  const found = regions.find((region) => holds(region, raw));
  if (found === undefined) throw new FakeStatus(14, 'no region');
  const region = regionMessage(found);
  return { region, leader: region.peers[found.leader] };
}
