import { join } from 'node:path';
import { atLeast, atMost, type Budget, figure } from '@watchbill/testkit/bench/budgets';
import type { Options } from '@watchbill/testkit/bench/options';
import type { OpenLatency, Throughput } from '@watchbill/testkit/bench/pace';
import { type Report, table } from '@watchbill/testkit/bench/report';
import { inTurn, overRounds } from '@watchbill/testkit/bench/rounds';
import type { Stage } from '@watchbill/testkit/bench/stage';
import type { Latency } from '@watchbill/testkit/bench/statistics';
import { type LoadProcess, startSqliteLoad } from './load/process.ts';
import { startClaims, startService } from './service.ts';

const CONNECTIONS = 64;
const OPEN_PER_SECOND = 500;
const WARM_UP_MS = 1_000;
/** The first rounds would measure the compiler: a service that has run for a while is what is of interest. */
const FIRST_WARM_UP_MS = 3_000;
const BARE = { kind: 'one-by-one', warmUp: 200, count: 2_000 } as const;
/** Key and value of a mark, rounded; the grant writes a ledger entry and a decision besides. */
const MARK = { keyBytes: 143, valueBytes: 1_200 } as const;

interface Rounds {
  readonly closed: readonly Throughput[];
  readonly open: readonly OpenLatency[];
  readonly bare: readonly Latency[];
}

/** One service on the embedded store: as fast as it can, then at a fixed rate; between them bare SQLite. */
export async function measureEmbedded(stage: Stage, options: Options): Promise<Report> {
  const store = { kind: 'sqlite' };
  const process = await startService(stage, { store });
  const service = await startClaims(stage, process, CONNECTIONS);
  const bare = await startSqliteLoad(stage, { path: join(stage.folder, 'bare.sqlite'), ...MARK });
  const warmUp = { lanes: CONNECTIONS, warmUpMs: FIRST_WARM_UP_MS, measureMs: 1_000 };
  await service.run({ kind: 'closed-loop', ...warmUp });
  return report(await measure(service, bare, options));
}

async function measure(service: LoadProcess, bare: LoadProcess, options: Options): Promise<Rounds> {
  const loop = { lanes: CONNECTIONS, warmUpMs: WARM_UP_MS, measureMs: 1_000 * options.seconds };
  const results = await inTurn(
    options.rounds,
    () => bare.run(BARE),
    async () => ({
      closed: await service.run({ kind: 'closed-loop', ...loop }),
      open: await service.run({ kind: 'open-loop', ...loop, perSecond: OPEN_PER_SECOND }),
    }),
  );
  return {
    bare: results.map(({ first }) => first),
    closed: results.map(({ second }) => second.closed),
    open: results.map(({ second }) => second.open),
  };
}

function report(rounds: Rounds): Report {
  const closed = overRounds(rounds.closed);
  const open = overRounds(rounds.open.map(({ lateness: _lateness, ...latency }) => latency));
  const lateness = overRounds(rounds.open.map((round) => round.lateness));
  const bare = overRounds(rounds.bare);
  const barePerSecond = 1_000 / bare.p50Ms;
  const budgets: readonly Budget[] = [
    atLeast('grantsPerSecond', closed.perSecond, 5_000, '/s'),
    atMost('openP99Ms', open.p99Ms, 5, 'ms'),
  ];
  const figures = {
    grantsPerSecond: closed.perSecond,
    openP99Ms: open.p99Ms,
    rateToBareSqlite: closed.perSecond / barePerSecond,
    openP50ToBareSqlite: open.p50Ms / bare.p50Ms,
    closedLoop: { connections: CONNECTIONS, ...closed, rounds: rounds.closed },
    openLoop: { perSecond: OPEN_PER_SECOND, ...open, lateness, rounds: rounds.open },
    bareSqlite: { ...bare, perSecond: barePerSecond, rounds: rounds.bare },
  };
  const measured = table([
    ['median of rounds', 'rate', 'p50', 'p99', 'samples'],
    row(`closed loop, ${CONNECTIONS} connections`, closed.perSecond, closed),
    row(`open loop, ${CONNECTIONS} connections`, OPEN_PER_SECOND, open),
    row('  begun late by the load process', OPEN_PER_SECOND, lateness),
    row('bare SQLite, one transaction at a time', barePerSecond, bare),
  ]);
  return { figures, budgets, lines: measured };
}

function row(name: string, perSecond: number, { p50Ms, p99Ms, samples }: Latency): readonly string[] {
  return [name, figure(perSecond, '/s'), figure(p50Ms, 'ms'), figure(p99Ms, 'ms'), String(samples)];
}
