import { create, type DescMethod, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { FakeEtcdOptions } from '../../etcd/testing/fake-etcd.ts';
import { type FakeEnd, type FakeServer, fakeServer } from '../../grpc/testing/fake-grpc.ts';
import type { ErrorSchema } from '../gen/errorpb_pb.js';
import { PD } from '../gen/pdpb_pb.js';
import { Tikv } from '../gen/tikvpb_pb.js';
import { FakeStatus, fakePd } from './fake-pd.ts';
import { type FakePercolator, fakePercolator } from './fake-percolator.ts';
import type { FakeRegion } from './fake-region.ts';
import { storeAnswer } from './fake-store.ts';

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

export async function fakeCluster(options: FakeEtcdOptions = {}): Promise<FakeCluster> {
  const calls: FakeCall[] = [];
  const memory = fakePercolator();
  const scheme = options.tls === undefined ? 'http' : 'https';
  const pds: FakeServer[] = [];
  const stores: FakeServer[] = [];
  const cluster: Omit<FakeCluster, 'endpoints'> & { endpoints: readonly string[] } = {
    endpoints: [],
    memory,
    calls,
    clusterId: 77n,
    pdLeader: 0,
    skewMs: 0,
    regions: [{ id: 10n, version: 1n, start: '', end: '', leader: 0 }],
    fate: () => 'pass',
    timestamp: () => pd.advance(1),
    count: (method) => calls.filter((call) => call.method === method).length,
    connections: () => stores.reduce((sum, server) => sum + server.connections(), 0),
    stop: async (kind, at) => (kind === 'pd' ? pds : stores)[at]?.close(),
    close: async () => {
      await Promise.all([...pds, ...stores].map((server) => server.close()));
    },
  };
  const pd = fakePd(
    cluster,
    (at) => `${scheme}://${pds[at]?.address}`,
    (storeId) => stores[Number(storeId) - 1]?.address ?? '',
  );

  function serverOf(methods: ReadonlyMap<string, DescMethod>, at: number): Promise<FakeServer> {
    return fakeServer((path, message) => {
      const method = methods.get(path);
      if (method === undefined) return { status: 12, text: `unknown method ${path}` };
      const request = fromBinary(method.input, message);
      const call = { method: method.name, at, request, before: cluster.count(method.name) };
      calls.push(call);
      const run = (): object =>
        method.parent.typeName === PD.typeName
          ? pd.answer(method.name, request as never, at)
          : storeAnswer(memory, cluster.regions, at, method.name, request as never);
      return ended(method, cluster.fate(call), run);
    }, options);
  }

  for (let at = 0; at < SIZE; at += 1) {
    pds.push(await serverOf(PD_METHODS, at));
    stores.push(await serverOf(KV_METHODS, at));
  }
  cluster.endpoints = pds.map(({ address }) => address);
  return cluster;
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
