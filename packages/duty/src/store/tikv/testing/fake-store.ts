import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ErrorSchema, Error as RegionError } from '../gen/errorpb_pb.js';
import type { Context } from '../gen/kvrpcpb_pb.js';
import type { FakePercolator } from './fake-percolator.ts';
import { type FakeRegion, regionMessage } from './fake-region.ts';

/** The answer of the store of this index, over the memory that all stores share. */
export function storeAnswer(
  memory: FakePercolator,
  regions: readonly FakeRegion[],
  at: number,
  method: string,
  request: { readonly context?: Context },
): object {
  const { context } = request;
  const region = regions.find(({ id }) => id === context?.regionId);
  const regionError = refusalOf(region, context, at, regions);
  if (regionError !== null) return { regionError };
  const any = request as never;
  if (method === 'KvPrewrite') return { errors: memory.prewrite(any) };
  if (method === 'KvCommit') return errorOf(memory.commit(any));
  if (method === 'KvBatchGet') return { pairs: memory.batchGet(any) };
  if (method === 'KvScan') return { pairs: memory.scan(any, Buffer.from(region?.end ?? '')) };
  if (method === 'KvCheckTxnStatus') return memory.checkStatus(any);
  if (method === 'KvResolveLock') memory.resolve(any);
  if (method === 'KvBatchRollback') memory.rollback(any);
  return {};
}

function errorOf(error: object | null): object {
  return error === null ? {} : { error };
}

/** A store's error for a request that belongs to another one. */
function refusalOf(
  region: FakeRegion | undefined,
  context: Context | undefined,
  at: number,
  all: readonly FakeRegion[],
): MessageInitShape<typeof ErrorSchema> | RegionError | null {
  if (region === undefined) return { message: 'gone', regionNotFound: { regionId: context?.regionId ?? 0n } };
  if (region.leader !== at) {
    const leader = regionMessage(region).peers[region.leader];
    return {
      message: 'not leader',
      notLeader: { regionId: region.id, ...(leader === undefined ? {} : { leader }) },
    };
  }
  if (context?.regionEpoch?.version === region.version) return null;
  return { message: 'epoch', epochNotMatch: { currentRegions: all.map(regionMessage) } };
}
