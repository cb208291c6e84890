import { openEtcdStore } from '@watchbill/duty/store/etcd';
import { systemClock } from '@watchbill/kit';
import { type EtcdBinary, startEtcdCluster } from '@watchbill/testkit';
import { atLeast, atMost, type Budget } from '@watchbill/testkit/bench/budgets';
import type { Options } from '@watchbill/testkit/bench/options';
import type { Throughput } from '@watchbill/testkit/bench/pace';
import type { Report } from '@watchbill/testkit/bench/report';
import { inTurn, overRounds } from '@watchbill/testkit/bench/rounds';
import type { Stage } from '@watchbill/testkit/bench/stage';
import type { Latency } from '@watchbill/testkit/bench/statistics';
import { etcdBinaryOf } from './etcd-binary.ts';
import { pacedLines } from './load/paced-lines.ts';
import { type LoadProcess, startEtcdLoad } from './load/process.ts';
import { startClaims, startService } from './service.ts';

const IN_FLIGHT = 256;
const ONE_BY_ONE = { kind: 'one-by-one', warmUp: 200, count: 1_500 } as const;
const WARM_UP_MS = 1_000;
const PREFIX = '/watchbill/';

interface Sides {
  readonly bare: LoadProcess;
  readonly service: LoadProcess;
}

/** Grants through one service on three etcd members, and bare transactions on the same members, in turn. */
export async function measureGrants(stage: Stage, options: Options): Promise<Report> {
  const binary = etcdBinaryOf(options);
  const cluster = await stage.start(startEtcdCluster({ binary }), (started) => started.close());
  // Both sides ask the member that leads, so that neither has a way that the other has not.
  const endpoint = (await cluster.leader()).clientUrl;
  const store = { kind: 'etcd', endpoints: [endpoint], prefix: PREFIX };
  const process = await startService(stage, { store });
  const service = await startClaims(stage, process, IN_FLIGHT);
  await service.run({ kind: 'one-by-one', warmUp: 0, count: 1 });
  const sizes = await markSizes(endpoint);
  const sides = { service, bare: await startEtcdLoad(stage, { endpoint, ...sizes }) };
  const oneByOne = await latencies(sides, options.rounds);
  const inFlight = await throughputs(sides, options);
  const about = {
    etcd: { binary, version: cluster.version, members: cluster.members.length },
    ...sizes,
  };
  const leaderStayed = (await cluster.leader()).clientUrl === endpoint;
  return report(about, oneByOne, inFlight, leaderStayed);
}

/** How long the key and the value are that a grant writes: the bare transaction writes as much. */
async function markSizes(endpoint: string): Promise<{ keyBytes: number; valueBytes: number }> {
  const store = await openEtcdStore({ endpoints: [endpoint], prefix: PREFIX, clock: systemClock() });
  try {
    const { records } = await store.list('mark/');
    const [largest] = [...records].sort((a, b) => b.value.length - a.value.length);
    if (largest === undefined) throw new Error('the ledger has no mark');
    return { keyBytes: Buffer.byteLength(PREFIX + largest.key), valueBytes: largest.value.length };
  } finally {
    await store.close();
  }
}

async function latencies({ bare, service }: Sides, rounds: number): Promise<Compared<Latency>> {
  const results = await inTurn(
    rounds,
    () => bare.run(ONE_BY_ONE),
    () => service.run(ONE_BY_ONE),
  );
  return compared(results);
}

async function throughputs({ bare, service }: Sides, options: Options): Promise<Compared<Throughput>> {
  const loop = { lanes: IN_FLIGHT, warmUpMs: WARM_UP_MS, measureMs: 1_000 * options.seconds };
  const job = { kind: 'closed-loop', ...loop } as const;
  const results = await inTurn(
    options.rounds,
    () => bare.run(job),
    () => service.run(job),
  );
  return compared(results);
}

interface Compared<Figures> {
  readonly bare: Figures;
  readonly service: Figures;
  readonly rounds: readonly { readonly bare: Figures; readonly service: Figures }[];
}

function compared<Figures extends { readonly samples: number }>(
  results: readonly { readonly first: Figures; readonly second: Figures }[],
): Compared<Figures> {
  const rounds = results.map(({ first, second }) => ({ bare: first, service: second }));
  const over = (side: 'bare' | 'service') => overRounds(rounds.map((round) => round[side]));
  return { bare: over('bare'), service: over('service'), rounds };
}

interface About {
  readonly etcd: { readonly binary: EtcdBinary; readonly version: string; readonly members: number };
  readonly keyBytes: number;
  readonly valueBytes: number;
}

function report(
  about: About,
  one: Compared<Latency>,
  many: Compared<Throughput>,
  sameLeader: boolean,
): Report {
  const ratios = {
    p50Ratio: one.service.p50Ms / one.bare.p50Ms,
    p99Ratio: one.service.p99Ms / one.bare.p99Ms,
    throughputRatio: many.service.perSecond / many.bare.perSecond,
  };
  const budgets: readonly Budget[] = [
    atMost('p50Ratio', ratios.p50Ratio, 1.5, ''),
    atMost('p99Ratio', ratios.p99Ratio, 2, ''),
    atLeast('throughputRatio', ratios.throughputRatio, 3, ''),
  ];
  const lines = pacedLines(IN_FLIGHT, [
    ['bare etcd', one.bare, many.bare],
    ['through the service', one.service, many.service],
  ]);
  const figures = { ...ratios, ...about, sameLeader, oneByOne: one, inFlight: { count: IN_FLIGHT, ...many } };
  return { figures, budgets, lines: [...heading(about, sameLeader), '', ...lines] };
}

function heading({ etcd, keyBytes, valueBytes }: About, sameLeader: boolean): readonly string[] {
  const lines = [
    `etcd ${etcd.version} (${etcd.binary}), ${etcd.members} members on this machine; both sides ask the leader`,
    `a grant and a bare transaction write a key of ${keyBytes} and a value of ${valueBytes} bytes`,
  ];
  return sameLeader
    ? lines
    : [...lines, 'the leader moved during the run: it ends at another member than it began'];
}
