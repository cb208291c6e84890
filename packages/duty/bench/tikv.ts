import { startEtcdCluster } from '@watchbill/testkit';
import { atLeast, atMost, type Budget } from '@watchbill/testkit/bench/budgets';
import type { Options } from '@watchbill/testkit/bench/options';
import type { Throughput } from '@watchbill/testkit/bench/pace';
import type { Report } from '@watchbill/testkit/bench/report';
import { orderOf, overRounds } from '@watchbill/testkit/bench/rounds';
import type { Stage } from '@watchbill/testkit/bench/stage';
import type { Latency } from '@watchbill/testkit/bench/statistics';
import { startTikvCluster } from '@watchbill/testkit/tikv';
import { etcdBinaryOf } from './etcd-binary.ts';
import { pacedLines } from './load/paced-lines.ts';
import { type LoadProcess, startStoreLoad } from './load/process.ts';
import { startReferenceLoad } from './load/reference.ts';

const IN_FLIGHT = 256;
const ONE_BY_ONE = { kind: 'one-by-one', warmUp: 100, count: 600 } as const;
const WARM_UP_MS = 1_000;
/**
 * As a claim: the mark is compared and written, with about as many bytes as a mark has; policy, epoch and
 * session are compared only. Batches are those of the service.
 */
const STEPS = { valueBytes: 600, shared: 3, perCall: 256, calls: 2 } as const;

const SIDES = ['tikv', 'reference', 'etcd'] as const;
type Side = (typeof SIDES)[number];
const NAMES: Readonly<Record<Side, string>> = {
  tikv: 'watchbill on TiKV',
  reference: 'client-go 2.0.4 on TiKV',
  etcd: 'watchbill on etcd',
};
type Loads = Readonly<Record<Side, LoadProcess>>;
type PerSide<Figures> = Readonly<Record<Side, Figures>>;

/** The store on TiKV, the reference client on the same cluster, and the store on etcd, in turn. */
export async function measureTikv(stage: Stage, options: Options): Promise<Report> {
  const tikv = await stage.start(startTikvCluster(), (started) => started.close());
  const binary = etcdBinaryOf(options);
  const etcd = await stage.start(startEtcdCluster({ binary }), (started) => started.close());
  const loads: Loads = {
    tikv: await startStoreLoad(stage, {
      kind: 'tikv',
      endpoints: tikv.endpoints,
      prefix: '/bench/own/',
      ...STEPS,
    }),
    reference: await startReferenceLoad(stage, {
      endpoints: tikv.endpoints,
      prefix: '/bench/reference/',
      ...STEPS,
    }),
    etcd: await startStoreLoad(stage, {
      kind: 'etcd',
      // The member that leads, as the other sides ask the store that leads.
      endpoints: [(await etcd.leader()).clientUrl],
      prefix: '/bench/',
      ...STEPS,
    }),
  };
  const loop = { lanes: IN_FLIGHT, warmUpMs: WARM_UP_MS, measureMs: 1_000 * options.seconds };
  const alone = await inRotation(options.rounds, loads, (load) => load.run<'one-by-one'>(ONE_BY_ONE));
  const many = await inRotation(options.rounds, loads, (load) =>
    load.run<'closed-loop'>({ kind: 'closed-loop', ...loop }),
  );
  return report({ etcd: { binary, version: etcd.version } }, alone, many);
}

/** Every side once a round, in the order of the round: what befalls the machine befalls all of them. */
async function inRotation<Figures extends { readonly samples: number }>(
  rounds: number,
  loads: Loads,
  measure: (load: LoadProcess) => Promise<Figures>,
): Promise<PerSide<Figures>> {
  const results: Record<Side, Figures[]> = { tikv: [], reference: [], etcd: [] };
  for (let round = 0; round < rounds; round += 1)
    for (const side of orderOf(round, SIDES)) results[side].push(await measure(loads[side]));
  const { tikv, reference, etcd } = results;
  return { tikv: overRounds(tikv), reference: overRounds(reference), etcd: overRounds(etcd) };
}

interface About {
  readonly etcd: { readonly binary: string; readonly version: string };
}

function report(about: About, one: PerSide<Latency>, many: PerSide<Throughput>): Report {
  const ratios = {
    p50Ratio: one.tikv.p50Ms / one.reference.p50Ms,
    rateRatio: many.tikv.perSecond / many.reference.perSecond,
    p50ToEtcd: one.tikv.p50Ms / one.etcd.p50Ms,
    rateToEtcd: many.tikv.perSecond / many.etcd.perSecond,
  };
  const budgets: readonly Budget[] = [
    atMost('p50Ratio', ratios.p50Ratio, 1.3, ''),
    atLeast('rateRatio', ratios.rateRatio, 1, ''),
  ];
  const lines = [
    `three PD and three stores that speak TiKV's protocol (not TiKV), three members of etcd ${about.etcd.version}, on this machine`,
    `a transaction compares and writes a record of ${STEPS.valueBytes} bytes and compares ${STEPS.shared} others;` +
      ` ${STEPS.calls} calls of at most ${STEPS.perCall} under way`,
    '',
    ...pacedLines(
      IN_FLIGHT,
      SIDES.map((side) => [NAMES[side], one[side], many[side]]),
    ),
  ];
  const figures = { ...ratios, ...about, ...STEPS, oneByOne: one, inFlight: { count: IN_FLIGHT, ...many } };
  return { figures, budgets, lines };
}
