import { join } from 'node:path';
import type { Policy } from '@watchbill/duty/rule';
import { type ServiceProcess, untilReady } from '@watchbill/testkit';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { dataDirOf, makePastGrants } from './past-grants.ts';
import { BENCH_NODE, type Claims, claimsOf, type ServiceSetUp, setUpKeys, startService } from './service.ts';

export interface Age {
  /** Of its folder on the stage. */
  readonly name: string;
  readonly keys: number;
  /** Grants of each key in the past; 0 for none. */
  readonly perKey: number;
}

/** A service on the embedded store that has stopped, with its keys and its past grants on the disk. */
export interface AgedService {
  /** For the connections that were asked for, each with its share of the keys. */
  readonly claims: Claims;
  readonly grants: number;
  /** How long the past grants took to make. */
  readonly madeMs: number;
  /** Start it again, and wait until it grants. */
  start(more?: Pick<ServiceSetUp, 'env' | 'fromSources'>): Promise<ServiceProcess>;
}

/** Make a service with keys, and grants of each key as if they were made long ago. */
export async function makeAged(
  stage: Stage,
  { name, keys: count, perKey }: Age,
  connections: number,
): Promise<AgedService> {
  const dir = join(stage.folder, name);
  const setUp = { store: { kind: 'sqlite' }, dir };
  const young = await startService(stage, setUp);
  const keys = await setUpKeys(young, count);
  const claims = await claimsOf(young, keys, connections);
  const policies = perKey > 0 ? await policiesOf(young) : [];
  await young.kill('SIGTERM');
  const madeFromMs = performance.now();
  const { signal } = stage;
  const past = { dataDir: dataDirOf(dir), policies, node: BENCH_NODE, perKey, signal };
  const grants = perKey > 0 ? await makePastGrants(past) : 0;
  return {
    claims,
    grants,
    madeMs: performance.now() - madeFromMs,
    start: async (more = {}) => {
      const old = await startService(stage, { ...setUp, ...more });
      await untilReady(old);
      return old;
    },
  };
}

async function policiesOf(service: ServiceProcess): Promise<readonly Policy[]> {
  const { policies } = (await service.admin('GET', '/v1/policies')) as {
    readonly policies: readonly Policy[];
  };
  return policies;
}
