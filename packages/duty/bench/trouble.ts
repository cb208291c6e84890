import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EtcdCluster, startEtcdCluster } from '@watchbill/testkit';
import { atMost, type Budget } from '@watchbill/testkit/bench/budgets';
import { forkOnStage } from '@watchbill/testkit/bench/child';
import type { Options } from '@watchbill/testkit/bench/options';
import type { OpenLoop } from '@watchbill/testkit/bench/pace';
import { type Report, table } from '@watchbill/testkit/bench/report';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { etcdBinaryOf } from './etcd-binary.ts';
import type { PatientLatency } from './load/patient-load.ts';
import { loadSetUp, setUpKeys, startService } from './service.ts';
import { COLLECTIONS_FILE, type Collections } from './trouble/collections.ts';
import { stallingDisk } from './trouble/disk.ts';
import { type Met, TROUBLE_HEADS, troubleRow } from './trouble/rows.ts';

const CONNECTIONS = 32;
const PER_SECOND = 200;
const WARM_UP_MS = 2_000;
/** Defaults of etcd. */
const ELECTION_MS = 1_000;
const HEARTBEAT_MS = 100;
const STALL_MS = 200;
/** From one disturbance to the next: a member that was killed is back in step by then. */
const EVERY_MS = 6_000;
/** How long a member that was killed stays away. */
const AWAY_MS = 3_000;
const SPARE_MS = 60_000;

/** One kind of trouble. */
interface Trouble {
  readonly name: string;
  readonly service: Service;
  /** Once; settles when it is over. */
  readonly disturb: () => Promise<void>;
}

/** A service under load, and the garbage that it collected so far. */
interface Service {
  run(loop: OpenLoop): Promise<PatientLatency>;
  collections(): Collections;
}

/** How long nothing is granted while the leader of etcd dies, and while disks stand still. */
export async function measureTrouble(stage: Stage, options: Options): Promise<Report> {
  const met: Met[] = [];
  for (const trouble of [...(await onSqlite(stage)), ...(await onEtcd(stage, options))]) {
    process.stderr.write(`${trouble.name}\n`);
    met.push(await measure(trouble, options));
  }
  return reportOf(met);
}

async function onSqlite(stage: Stage): Promise<readonly Trouble[]> {
  const disk = await stallingDisk(stage);
  const service = await start(stage, { kind: 'sqlite' }, join(disk.folder, 'service'));
  const stall = async (): Promise<void> => {
    disk.freeze();
    await sleep(STALL_MS);
    disk.thaw();
  };
  return [
    { name: 'SQLite: no trouble', service, disturb: async () => {} },
    { name: `SQLite: the disk stalls for ${STALL_MS} ms`, service, disturb: stall },
  ];
}

async function onEtcd(stage: Stage, options: Options): Promise<readonly Trouble[]> {
  const starting = startEtcdCluster({
    ...{ binary: etcdBinaryOf(options), electionMs: ELECTION_MS, heartbeatMs: HEARTBEAT_MS },
  });
  const cluster = await stage.start(starting, (started) => started.close());
  const store = { kind: 'etcd', endpoints: cluster.endpoints, prefix: '/watchbill/' };
  const service = await start(stage, store, join(stage.folder, 'etcd-service'));
  return [
    { name: 'etcd: no trouble', service, disturb: async () => {} },
    { name: `etcd: the leader stalls for ${STALL_MS} ms`, service, disturb: () => pauseLeader(cluster) },
    { name: 'etcd: the leader is killed', service, disturb: () => killLeader(cluster) },
  ];
}

async function pauseLeader(cluster: EtcdCluster): Promise<void> {
  const leader = await cluster.leader();
  leader.pause();
  await sleep(STALL_MS);
  leader.resume();
}

async function killLeader(cluster: EtcdCluster): Promise<void> {
  const leader = await cluster.leader();
  await leader.kill();
  await sleep(AWAY_MS);
  await leader.start();
}

async function start(stage: Stage, store: Readonly<Record<string, unknown>>, dir: string): Promise<Service> {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'collections.json');
  const preload = new URL('trouble/collections.ts', import.meta.url);
  const env = { NODE_OPTIONS: `--import=${preload.href}`, [COLLECTIONS_FILE]: file };
  const service = await startService(stage, { store, dir, env });
  const keys = await setUpKeys(service, CONNECTIONS);
  const setUp = await loadSetUp(service, keys, CONNECTIONS);
  const load = await forkOnStage(stage, new URL('load/patient-load.ts', import.meta.url), setUp, SPARE_MS);
  return {
    run: async (loop) => {
      const forMs = loop.warmUpMs + loop.measureMs + SPARE_MS;
      return (await load.ask(loop, forMs)) as PatientLatency;
    },
    collections: () => JSON.parse(readFileSync(file, 'utf8')),
  };
}

async function measure({ name, service, disturb }: Trouble, { rounds }: Options): Promise<Met> {
  const about = { lanes: CONNECTIONS, perSecond: PER_SECOND, warmUpMs: 0 };
  await service.run({ ...about, measureMs: WARM_UP_MS });
  const before = service.collections();
  const running = service.run({ ...about, measureMs: rounds * EVERY_MS });
  // It may fail while the trouble is made: then the await below tells.
  running.catch(() => undefined);
  for (let round = 0; round < rounds; round++) {
    await sleep(EVERY_MS / 4);
    const fromMs = performance.now();
    await disturb();
    await sleep(Math.max(0, (3 * EVERY_MS) / 4 - (performance.now() - fromMs)));
  }
  const latency = await running;
  return { name, ...latency, collections: between(before, service.collections()) };
}

/** The longest pause may be one from before: it is an upper bound. */
function between(before: Collections, after: Collections): Collections {
  return {
    count: after.count - before.count,
    totalMs: after.totalMs - before.totalMs,
    longestMs: after.longestMs,
  };
}

function reportOf(met: readonly Met[]): Report {
  const killed = met.at(-1)?.longestGapMs ?? Number.NaN;
  const budgets: readonly Budget[] = [atMost('leaderKilledToElection', killed / ELECTION_MS, 2, 'x')];
  const about = [`${PER_SECOND} claims/s over ${CONNECTIONS} connections`];
  const lines = [...about, '', ...table([TROUBLE_HEADS, ...met.map(troubleRow)])];
  return { figures: { met }, budgets, lines, kept: { trouble: met } };
}
