import { join } from 'node:path';
import { freePort, type ServiceProcess } from '@watchbill/testkit';
import { figure } from '@watchbill/testkit/bench/budgets';
import type { Options } from '@watchbill/testkit/bench/options';
import { used, usedByMain } from '@watchbill/testkit/bench/processor';
import { type Report, table } from '@watchbill/testkit/bench/report';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { makeAged } from './aged-service.ts';
import { startEtcdMembers } from './etcd-members.ts';
import { CONNECTIONS } from './growth/start.ts';
import type { LoadProcess } from './load/process.ts';
import { warmUpJob } from './load/warm-up.ts';
import { FIRST_CLAIMS } from './peers/measure.ts';
import { connectProfiler, type Profiler } from './profile/inspector.ts';
import { PARTS, type Shares, sharesOf } from './profile/parts.ts';
import { claimsOf, type ServiceSetUp, setUpKeys, startService } from './service.ts';

const ANSWER_MS = 30_000;
/** Connections that ask again at once; the service has a key for each of the larger number. */
const LANES = [1, 256] as const;
const KEYS = [10, 10_000] as const;

/** Microseconds for each grant. */
export interface GrantProfile {
  /** For example `etcd, 256 connections`. */
  readonly title: string;
  /** Time of the main thread, also while it waited for the disk or for a core. */
  readonly parts: Shares;
  /** What the main thread used of the processor. */
  readonly mainThread: number;
  /** What all other threads used of it: the collector, the compiler, syncs. */
  readonly otherThreads: number;
}

/** Which part of a service takes how much of its time, under the closed loops of `peers` and `growth`. */
export async function measureProfile(stage: Stage, options: Options): Promise<Report> {
  const etcd = await startEtcdMembers(stage, options);
  const sqlite = { kind: 'sqlite' };
  const profiles = [
    ...(await profilesOn('SQLite', sqlite, stage, options)),
    ...(await profilesOn(
      'etcd',
      { kind: 'etcd', endpoints: [etcd.endpoint], prefix: '/watchbill/' },
      stage,
      options,
    )),
  ];
  for (const keys of KEYS) profiles.push(await profileWithKeys(keys, stage, options));
  return {
    figures: { profiles },
    kept: { profiles },
    budgets: [],
    lines: profileLines(profiles),
  };
}

async function profilesOn(
  name: string,
  store: ServiceSetUp['store'],
  stage: Stage,
  { seconds }: Options,
): Promise<GrantProfile[]> {
  const inspected = await inspectedBy((env) =>
    startService(stage, { store, env, dir: join(stage.folder, name), fromSources: true }),
  );
  const most = Math.max(...LANES);
  const claims = await claimsOf(inspected.service, await setUpKeys(inspected.service, most), most);
  const profiled = await profiledUnder(await claims.start(stage, inspected.service), inspected);
  const profiles: GrantProfile[] = [];
  for (const lanes of LANES) {
    const title = `${name}, ${lanes} ${lanes === 1 ? 'connection' : 'connections'}`;
    profiles.push({ title, ...(await profileOf(profiled, lanes, seconds)) });
  }
  profiled.profiler.close();
  return profiles;
}

async function profileWithKeys(keys: number, stage: Stage, { seconds }: Options): Promise<GrantProfile> {
  const aged = await makeAged(stage, { name: `keys-${keys}`, keys, perKey: 0 }, CONNECTIONS);
  const inspected = await inspectedBy((env) => aged.start({ env, fromSources: true }));
  const profiled = await profiledUnder(await aged.claims.start(stage, inspected.service), inspected);
  const profile = await profileOf(profiled, CONNECTIONS, seconds);
  profiled.profiler.close();
  const title = `SQLite, ${keys.toLocaleString('en')} keys, ${CONNECTIONS} connections`;
  return { title, ...profile };
}

interface Inspected {
  readonly service: ServiceProcess;
  readonly port: number;
}

async function inspectedBy(
  start: (env: Readonly<Record<string, string>>) => Promise<ServiceProcess>,
): Promise<Inspected> {
  const port = await freePort();
  return { port, service: await start({ NODE_OPTIONS: `--inspect=127.0.0.1:${port}` }) };
}

interface Profiled {
  readonly profiler: Profiler;
  readonly load: LoadProcess;
  readonly pid: number;
}

async function profiledUnder(load: LoadProcess, { service, port }: Inspected): Promise<Profiled> {
  await load.run(warmUpJob(CONNECTIONS, FIRST_CLAIMS));
  return { load, pid: service.pid, profiler: await connectProfiler(port, ANSWER_MS) };
}

async function profileOf(
  { profiler, load, pid }: Profiled,
  lanes: number,
  seconds: number,
): Promise<Omit<GrantProfile, 'title'>> {
  const job = { kind: 'closed-loop', lanes, warmUpMs: 0, measureMs: 1_000 * seconds } as const;
  const before = { all: used(pid).ranUs, main: usedByMain(pid) };
  const { profile, result } = await profiler.during(() => load.run(job));
  const mainUs = usedByMain(pid) - before.main;
  const allUs = used(pid).ranUs - before.all;
  const grants = result.samples + lanes;
  const shares = sharesOf(profile);
  // The packed program is one file, whose samples name no part.
  if (shares.rules === 0) throw new Error('the profile is not of the sources: no sample is of the rules');
  const perGrant = COLUMNS.map((part) => [part, shares[part] / grants]);
  return {
    parts: Object.fromEntries(perGrant) as Shares,
    mainThread: mainUs / grants,
    otherThreads: (allUs - mainUs) / grants,
  };
}

const COLUMNS = [...PARTS, 'idle'] as const;

function profileLines(profiles: readonly GrantProfile[]): readonly string[] {
  return table([
    ['for each grant', ...COLUMNS, 'processor', 'other threads'],
    ...profiles.map(({ title, parts, mainThread, otherThreads }) => [
      title,
      ...COLUMNS.map((part) => figure(parts[part], 'us')),
      ...[mainThread, otherThreads].map((us) => figure(us, 'us')),
    ]),
  ]);
}
