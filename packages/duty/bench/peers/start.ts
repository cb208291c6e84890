import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type EtcdCluster, startEtcdCluster } from '@watchbill/testkit';
import { forkOnStage } from '@watchbill/testkit/bench/child';
import { childWith, parents, withDescendants } from '@watchbill/testkit/bench/cost';
import type { Options } from '@watchbill/testkit/bench/options';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { type PostgresServer, postgresFolder, startPostgres } from '@watchbill/testkit/postgres-server';
import { CHAIN, keyOf } from '@watchbill/testkit/service/ledger-setup';
import { etcdBinaryOf } from '../etcd-binary.ts';
import { type LoadProcess, startHttpLoad } from '../load/process.ts';
import { claimsOf, type ServiceSetUp, setUpKeys, startService } from '../service.ts';
import { checkDecides } from './check-decides.ts';
import { SERVICES, type ServiceName } from './results.ts';

/** The most connections of a phase; each has a separate key. */
const LANES = 256;
/** Connections of the peer to PostgreSQL: as many backend processes. */
export const POSTGRES_CONNECTIONS = 32;
/** About as many bytes as a grant has in the store and in the ledger. */
export const LOG_BYTES: readonly number[] = [1_200, 1_400];
const START_MS = 60_000;
/** As long as a token; peers read none. */
const NO_TOKEN = '-'.repeat(43);

/** A service under load, and the processes whose cost is counted. */
export interface Subject {
  readonly name: ServiceName;
  readonly load: LoadProcess;
  readonly service: number;
  /** Processes of its store, which may change while it runs; empty if the store is in the service. */
  readonly store: () => readonly number[];
}

export interface Subjects {
  readonly all: readonly Subject[];
  readonly etcd: string;
  readonly postgres: string;
}

interface Stores {
  readonly etcd: EtcdCluster;
  /** Both services on etcd ask the member that leads. */
  readonly etcdLeader: string;
  readonly postgres: PostgresServer;
}

/** Start every service with its store and its load. All of them run until the bench ends. */
export async function startSubjects(stage: Stage, options: Options): Promise<Subjects> {
  const cluster = startEtcdCluster({ binary: etcdBinaryOf(options) });
  const etcd = await stage.start(cluster, (started) => started.close());
  const postgres = await stage.start(startPostgres({ fsync: true }), (started) => started.stop());
  const stores = { etcd, etcdLeader: (await etcd.leader()).clientUrl, postgres };
  const all: Subject[] = [];
  for (const name of SERVICES) all.push(await START[name](stage, stores, name));
  return { all, etcd: etcd.version, postgres: postgresVersion() };
}

type Start = (stage: Stage, stores: Stores, name: ServiceName) => Promise<Subject>;

const START: Readonly<Record<ServiceName, Start>> = {
  'watchbill-sqlite': (stage, _, name) => watchbill(stage, name, { store: { kind: 'sqlite' } }),
  'watchbill-etcd': (stage, { etcd, etcdLeader }, name) =>
    watchbill(
      stage,
      name,
      { store: { kind: 'etcd', endpoints: [etcdLeader], prefix: '/watchbill/' } },
      membersOf(etcd),
    ),
  postgres: (stage, { postgres }, name) => {
    const setUp = { url: postgres.newDatabase(), connections: POSTGRES_CONNECTIONS };
    const store = () => withDescendants(postgres.pid(), parents());
    return peer(stage, { name, file: 'postgres.ts', setUp, store });
  },
  etcd: (stage, { etcd, etcdLeader }, name) =>
    peer(stage, { name, file: 'etcd.ts', setUp: { endpoint: etcdLeader }, store: membersOf(etcd) }),
  sqlite: (stage, _, name) =>
    peer(stage, {
      name,
      file: 'sqlite-group-commit.ts',
      setUp: { path: join(stage.folder, 'peer.sqlite') },
    }),
  logs: (stage, _, name) =>
    peer(stage, {
      name,
      file: 'two-logs.ts',
      setUp: { folder: stage.folder, bytes: LOG_BYTES },
      decides: false,
    }),
  http: (stage, _, name) => peer(stage, { name, file: 'http-only.ts', setUp: {}, decides: false }),
};

function membersOf(etcd: EtcdCluster): () => readonly number[] {
  const pids = etcd.members.map(({ dataFolder }) => childWith(`--data-dir=${dataFolder}`));
  return () => pids;
}

async function watchbill(
  stage: Stage,
  name: ServiceName,
  setUp: ServiceSetUp,
  store: Subject['store'] = () => [],
): Promise<Subject> {
  const service = await startService(stage, { ...setUp, dir: join(stage.folder, name) });
  const claims = await claimsOf(service, await setUpKeys(service, LANES), LANES);
  return { name, load: await claims.start(stage, service), service: service.pid, store };
}

interface Peer {
  readonly name: ServiceName;
  readonly file: string;
  readonly setUp: object;
  readonly store?: Subject['store'];
  /** False for a floor, which grants every claim. */
  readonly decides?: boolean;
}

async function peer(stage: Stage, about: Peer): Promise<Subject> {
  const { name, file, setUp, store = () => [], decides = true } = about;
  const started = await forkOnStage(stage, new URL(file, import.meta.url), setUp, START_MS);
  const port = Number(started.setUp);
  if (decides) await checkDecides(name, port);
  const keys = Array.from({ length: LANES }, (_, index) => keyOf(index + 1));
  const load = await startHttpLoad(stage, { port, secret: NO_TOKEN, chain: CHAIN, lanes: LANES, keys });
  return { name, load, service: started.pid, store };
}

function postgresVersion(): string {
  const program = join(postgresFolder() ?? '', 'postgres');
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return /\d+(?:\.\d+)*/.exec(stdout)?.[0] ?? 'unknown';
}
