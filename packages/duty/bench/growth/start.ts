import { join } from 'node:path';
import { type ServiceProcess, untilReady } from '@watchbill/testkit';
import type { Options } from '@watchbill/testkit/bench/options';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { makeAged } from '../aged-service.ts';
import { startEtcdMembers } from '../etcd-members.ts';
import type { LoadProcess } from '../load/process.ts';
import { claimsOf, setUpKeys, startService } from '../service.ts';
import { type AgedGrowth, servicesOf } from './points.ts';

/** The smallest service on the embedded store has as many keys. */
export const CONNECTIONS = 8;
/** Of all services over one etcd together, and their keys. */
export const SHARED_CONNECTIONS = 40;

/** Services of one ledger that run, with their loads. */
export interface Point {
  readonly name: string;
  /** What was made. */
  readonly about: string;
  readonly connections: number;
  /** Process ids. */
  readonly services: readonly number[];
  /** Process ids of a store with separate processes. */
  readonly store: readonly number[];
  /** One for each service. */
  readonly loads: readonly LoadProcess[];
}

export async function agedPoints(
  stage: Stage,
  growth: AgedGrowth,
  options: Options,
): Promise<readonly Point[]> {
  const points: Point[] = [];
  for (const age of growth.points(options.quick)) {
    const aged = await makeAged(stage, age, CONNECTIONS);
    const service = await aged.start();
    const about = `${age.name}: ${age.keys} keys, ${aged.grants} past grants`;
    process.stderr.write(`${about}\n`);
    const loads = [await aged.claims.start(stage, service)];
    points.push({
      name: age.name,
      about,
      connections: CONNECTIONS,
      services: [service.pid],
      store: [],
      loads,
    });
  }
  return points;
}

/** Ledgers on one cluster of etcd, with one service and with more. */
export async function servicePoints(stage: Stage, options: Options): Promise<readonly Point[]> {
  const { version, endpoint, pids } = await startEtcdMembers(stage, options);
  const points: Point[] = [];
  for (const count of servicesOf(options.quick)) {
    const name = `services-${count}`;
    const about = `${name}: ${SHARED_CONNECTIONS} keys, etcd ${version} with ${pids.length} members`;
    process.stderr.write(`${about}\n`);
    const ledger = { store: { kind: 'etcd', endpoints: [endpoint], prefix: `/${name}/` }, name };
    points.push({
      ...{ name, about, connections: SHARED_CONNECTIONS, store: pids },
      ...(await startShares(stage, ledger, count)),
    });
  }
  return points;
}

/** Services of one ledger, each with its share of the connections and the keys. */
async function startShares(
  stage: Stage,
  { store, name }: { readonly store: Readonly<Record<string, unknown>>; readonly name: string },
  count: number,
): Promise<Pick<Point, 'services' | 'loads'>> {
  const services: ServiceProcess[] = [];
  for (let index = 0; index < count; index++) {
    const dir = join(stage.folder, `${name}-${index}`);
    services.push(await startService(stage, { store, dir, name: `service-${index}` }));
  }
  const [first] = services;
  if (first === undefined) throw new Error('there is no service');
  const keys = await setUpKeys(first, SHARED_CONNECTIONS);
  const share = SHARED_CONNECTIONS / count;
  const loads: LoadProcess[] = [];
  for (const [index, service] of services.entries()) {
    await untilReady(service);
    const claims = await claimsOf(service, keys.slice(index * share, (index + 1) * share), share);
    loads.push(await claims.start(stage, service));
  }
  return { services: services.map(({ pid }) => pid), loads };
}
