import { type ServiceProcess, untilReady } from '@watchbill/testkit';
import { costBetween, costsOf, residentMb } from '@watchbill/testkit/bench/cost';
import type { Options } from '@watchbill/testkit/bench/options';
import { type Report, table } from '@watchbill/testkit/bench/report';
import { orderOf, overRounds } from '@watchbill/testkit/bench/rounds';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { CHAIN, keyOf, nodeSecret, setUpKey } from '@watchbill/testkit/service/ledger-setup';
import {
  claimsPerSecond,
  LIVE_CHAIN,
  NODES,
  type ValidatorCost,
  validatorsPerCore,
} from './capacity/validators.ts';
import { startEtcdMembers } from './etcd-members.ts';
import { SLOT_MS } from './load/claims.ts';
import { type LoadProcess, startValidatorsLoad } from './load/process.ts';
import { startService } from './service.ts';

const VALIDATORS = [50, 200];
const QUICK_VALIDATORS = [10, 20];
/** Each node has opened its connection, and the service has compiled what it runs. */
const WARM_UP_MS = 3_000;

interface Point {
  readonly name: string;
  readonly validators: number;
  readonly service: number;
  /** Process ids of a store with separate processes. */
  readonly store: readonly number[];
  readonly load: LoadProcess;
}

interface Figures extends ValidatorCost {
  /** Seconds of validators. */
  readonly samples: number;
  readonly p99Ms: number;
  readonly serviceMb: number;
}

/** What validators cost that ask a service all the time, and how many one core serves. */
export async function measureCapacity(stage: Stage, options: Options): Promise<Report> {
  const points = await startPoints(stage, options);
  const rounds = new Map<string, Figures[]>(points.map(({ name }) => [name, []]));
  for (let round = 0; round < options.rounds; round++) {
    for (const point of orderOf(round, points)) {
      rounds.get(point.name)?.push(await measure(point, options.seconds));
      process.stderr.write(`round ${round + 1} of ${options.rounds}: ${point.name}\n`);
    }
  }
  const medians = points.map(({ name }) => ({ name, ...overRounds(rounds.get(name) ?? []) }));
  return {
    figures: { rounds: Object.fromEntries(rounds) },
    lines: [aboutLine(options), '', ...table([HEADING, ...medians.map(rowOf)])],
    budgets: [],
  };
}

async function startPoints(stage: Stage, options: Options): Promise<readonly Point[]> {
  const counts = options.quick ? QUICK_VALIDATORS : VALIDATORS;
  const points: Point[] = [];
  const start = async (name: string, validators: number, store: object, pids: readonly number[]) => {
    const dir = `${stage.folder}/${name}`;
    const service = await startService(stage, { store: { ...store }, dir });
    const load = await startLoad(stage, service, validators);
    points.push({ name, validators, service: service.pid, store: pids, load });
  };
  for (const count of counts) await start(`sqlite-${count}`, count, { kind: 'sqlite' }, []);
  const { endpoint, pids } = await startEtcdMembers(stage, options);
  for (const count of counts) {
    const name = `etcd-${count}`;
    await start(name, count, { kind: 'etcd', endpoints: [endpoint], prefix: `/${name}/` }, pids);
  }
  return points;
}

/** Validators that never signed, with a token for each of their nodes. */
async function startLoad(stage: Stage, service: ServiceProcess, count: number): Promise<LoadProcess> {
  await untilReady(service);
  const validators: { readonly key: string; readonly secrets: readonly string[] }[] = [];
  for (let index = 1; index <= count; index++) {
    const nodes = Array.from({ length: NODES }, (_, node) => `validator-${index}-node-${node}`);
    await setUpKey(service, { key: keyOf(index), nodes, genesisMs: 0, slotMs: SLOT_MS });
    const secrets: string[] = [];
    for (const node of nodes) secrets.push(await nodeSecret(service, node));
    validators.push({ key: keyOf(index), secrets });
  }
  process.stderr.write(`${count} validators\n`);
  return startValidatorsLoad(stage, { port: Number(new URL(service.url).port), chain: CHAIN, validators });
}

async function measure({ validators, service, store, load }: Point, seconds: number): Promise<Figures> {
  const pace = { kind: 'open-loop', lanes: validators, perSecond: validators, warmUpMs: 0 } as const;
  await load.run({ ...pace, measureMs: WARM_UP_MS });
  const before = { service: costsOf([service]), store: costsOf(store) };
  const { samples, p99Ms } = await load.run({ ...pace, measureMs: 1_000 * seconds });
  const own = costBetween(before.service, costsOf([service]));
  const others = costBetween(before.store, costsOf(store));
  return {
    samples,
    serviceUs: own.processorUs / samples,
    storeUs: others.processorUs / samples,
    p99Ms,
    serviceMb: residentMb(service),
  };
}

function aboutLine({ rounds, seconds }: Options): string {
  const claims = claimsPerSecond(LIVE_CHAIN).toFixed(2);
  return `each validator: ${NODES} nodes that report twice a second each, ${claims} claims a second; ${rounds} rounds of ${seconds} s`;
}

const HEADING = ['', 'service us/s', 'store us/s', 'validators a core', 'p99 ms', 'memory MB'];

function rowOf({ name, ...figures }: Figures & { readonly name: string }): readonly string[] {
  return [
    name,
    figures.serviceUs.toFixed(0),
    figures.storeUs.toFixed(0),
    String(validatorsPerCore(figures)),
    figures.p99Ms.toFixed(1),
    figures.serviceMb.toFixed(0),
  ];
}
