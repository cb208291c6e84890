import {
  create,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import {
  type FakeEnd,
  type FakeServer,
  type FakeServerOptions,
  fakeServer,
} from '../../grpc/testing/fake-grpc.ts';
import type { ErrorSchema, Error as RegionError } from '../gen/errorpb_pb.js';
import type { Context } from '../gen/kvrpcpb_pb.js';
import { type Region, RegionSchema } from '../gen/metapb_pb.js';
import { PD } from '../gen/pdpb_pb.js';
import { Tikv } from '../gen/tikvpb_pb.js';
import { compareBytes } from '../keys.ts';
import { decodeOrdered, encodeOrdered } from '../ordered.ts';
import { timestampOf } from '../timestamp.ts';
import { type FakePercolator, fakePercolator } from './fake-percolator.ts';

/** The fate that a test gives a call to PD or a store. */
export type FakeFate =
  | 'pass'
  /** It never arrives. */
  | 'lose-request'
  /** The server handles it, and its answer is lost. */
  | 'lose-answer'
  /** The connection breaks before it arrives, or after it was done. */
  | 'break-before'
  | 'break-after'
  | { readonly regionError: MessageInitShape<typeof ErrorSchema> }
  | { readonly status: number; readonly text: string }
  /** Another answer instead. */
  | { readonly answer: object };

export interface FakeCall {
  /** `KvPrewrite`, `GetRegion`, `Tso`, … */
  readonly method: string;
  /** Index of the member of PD or of the store. */
  readonly at: number;
  readonly request: unknown;
  /** The number of earlier calls of this method. */
  readonly before: number;
}

export interface FakeRegion {
  readonly id: bigint;
  readonly version: bigint;
  readonly start: string;
  readonly end: string;
  /** Index of the store that leads. */
  leader: number;
}

/** Three members of PD and three stores over one memory, on loopback. For tests. */
export interface FakeCluster {
  /** Of PD. */
  readonly endpoints: readonly string[];
  readonly memory: FakePercolator;
  readonly calls: FakeCall[];
  clusterId: bigint;
  pdLeader: number;
  /** Added to this machine's clock, in milliseconds, for the timestamps. */
  skewMs: number;
  regions: readonly FakeRegion[];
  fate: (call: FakeCall) => FakeFate;
  /** The next timestamp of its oracle: above all earlier ones. */
  timestamp(): bigint;
  /** Calls of a method so far. */
  count(method: string): number;
  /** How many connections were ever made to the stores. */
  connections(): number;
  /** End one server for good. */
  stop(kind: 'pd' | 'store', at: number): Promise<void>;
  close(): Promise<void>;
}

const SIZE = 3;
const PD_METHODS = new Map<string, DescMethod>(
  PD.methods.map((method) => [`/pdpb.PD/${method.name}`, method]),
);
const KV_METHODS = new Map<string, DescMethod>(
  Tikv.methods.map((method) => [`/tikvpb.Tikv/${method.name}`, method]),
);

export async function fakeCluster(options: FakeServerOptions = {}): Promise<FakeCluster> {
  const calls: FakeCall[] = [];
  const memory = fakePercolator();
  const scheme = options.tls === undefined ? 'http' : 'https';
  let last = 0n;
  const pds: FakeServer[] = [];
  const stores: FakeServer[] = [];

  const answerOf = (method: DescMethod, request: never, at: number): object => {
    if (method.parent.typeName === PD.typeName) return ofPd(method.name, request, at);
    return ofStore(method.name, request, at);
  };

  function serverOf(methods: ReadonlyMap<string, DescMethod>, at: number): Promise<FakeServer> {
    return fakeServer((path, message) => {
      const method = methods.get(path);
      if (method === undefined) return { status: 12, text: `unknown method ${path}` };
      const request = fromBinary(method.input, message);
      const before = calls.filter((call) => call.method === method.name).length;
      const call = { method: method.name, at, request, before };
      calls.push(call);
      return ended(method, cluster.fate(call), () => answerOf(method, request as never, at));
    }, options);
  }

  function member(at: number) {
    return { name: `pd${at}`, memberId: BigInt(at + 1), clientUrls: [`${scheme}://${pds[at]?.address}`] };
  }

  function ofPd(name: string, request: MessageShape<typeof PD.method.getRegion.input>, at: number): object {
    const header = { clusterId: cluster.clusterId };
    if (name === 'GetMembers') {
      return { header, members: [0, 1, 2].map(member), leader: member(cluster.pdLeader) };
    }
    if (at !== cluster.pdLeader) throw new FakeStatus(14, 'not leader');
    const asked = request.header?.clusterId;
    if (asked !== cluster.clusterId) {
      throw new FakeStatus(9, `mismatch cluster id, need ${cluster.clusterId} but got ${asked}`);
    }
    if (name === 'Tso') return { header, ...timestamps(request as never) };
    if (name === 'GetRegion') return { header, ...regionAt(request.regionKey) };
    if (name === 'GetStore')
      return { header, store: storeOf((request as never as { storeId: bigint }).storeId) };
    return { header, stores: [1n, 2n, 3n].map(storeOf) };
  }

  function storeOf(id: bigint) {
    return { id, address: stores[Number(id) - 1]?.address ?? '' };
  }

  function advance(count: number): bigint {
    const now = timestampOf(BigInt(Date.now() + cluster.skewMs), 0n);
    last = (now > last ? now : last) + BigInt(count);
    return last;
  }

  function timestamps({ count }: { readonly count: number }): object {
    advance(count);
    return { count, timestamp: { physical: last >> 18n, logical: last & ((1n << 18n) - 1n) } };
  }

  function regionAt(key: Uint8Array): object {
    const raw = decodeOrdered(key) ?? key;
    const found = cluster.regions.find((region) => holds(region, raw));
    if (found === undefined) throw new FakeStatus(14, 'no region');
    const region = regionMessage(found);
    return { region, leader: region.peers[found.leader] };
  }

  function ofStore(name: string, request: { readonly context?: Context }, at: number): object {
    const { context } = request;
    const region = cluster.regions.find(({ id }) => id === context?.regionId);
    const regionError = refusalOf(region, context, at, cluster.regions);
    if (regionError !== null) return { regionError };
    const any = request as never;
    if (name === 'KvPrewrite') return { errors: memory.prewrite(any) };
    if (name === 'KvCommit') return errorOf(memory.commit(any));
    if (name === 'KvBatchGet') return { pairs: memory.batchGet(any) };
    if (name === 'KvScan') return { pairs: memory.scan(any, Buffer.from(region?.end ?? '')) };
    if (name === 'KvCheckTxnStatus') return memory.checkStatus(any);
    if (name === 'KvResolveLock') memory.resolve(any);
    if (name === 'KvBatchRollback') memory.rollback(any);
    return {};
  }

  const cluster: Omit<FakeCluster, 'endpoints'> & { endpoints: readonly string[] } = {
    endpoints: [],
    memory,
    calls,
    clusterId: 77n,
    pdLeader: 0,
    skewMs: 0,
    regions: [{ id: 10n, version: 1n, start: '', end: '', leader: 0 }],
    fate: () => 'pass',
    timestamp: () => advance(1),
    count: (method) => calls.filter((call) => call.method === method).length,
    connections: () => stores.reduce((sum, server) => sum + server.connections(), 0),
    stop: async (kind, at) => (kind === 'pd' ? pds : stores)[at]?.close(),
    close: async () => {
      await Promise.all([...pds, ...stores].map((server) => server.close()));
    },
  };
  for (let at = 0; at < SIZE; at += 1) {
    pds.push(await serverOf(PD_METHODS, at));
    stores.push(await serverOf(KV_METHODS, at));
  }
  cluster.endpoints = pds.map(({ address }) => address);
  return cluster;
}

class FakeStatus extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

function ended(method: DescMethod, fate: FakeFate, run: () => object): FakeEnd {
  if (fate === 'lose-request') return 'silence';
  if (fate === 'break-before') return 'destroy';
  if (typeof fate === 'object' && 'status' in fate) return fate;
  try {
    const answer = typeof fate === 'object' ? replaced(fate) : run();
    if (fate === 'lose-answer') return 'silence';
    if (fate === 'break-after') return 'destroy';
    return { message: toBinary(method.output, create(method.output, answer as never)) };
  } catch (error) {
    if (error instanceof FakeStatus) return { status: error.status, text: error.message };
    throw error;
  }
}

function replaced(fate: { readonly answer: object } | { readonly regionError: object }): object {
  return 'answer' in fate ? fate.answer : { regionError: fate.regionError };
}

function errorOf(error: object | null): object {
  return error === null ? {} : { error };
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

function holds({ start, end }: FakeRegion, key: Uint8Array): boolean {
  const after = compareBytes(key, Buffer.from(start)) >= 0;
  return after && (end === '' || compareBytes(key, Buffer.from(end)) < 0);
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
