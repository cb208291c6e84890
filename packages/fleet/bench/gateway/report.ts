import { atMost, type Budget, figure } from '@watchbill/testkit/bench/budgets';
import type { Used } from '@watchbill/testkit/bench/processor';
import { type Report, table } from '@watchbill/testkit/bench/report';
import { type Latency, latencyOf, median, percentile } from '@watchbill/testkit/bench/statistics';
import { pooled, pooledRatio, ratioInterval, shareBeyond } from './tails.ts';

const LIMIT_RATIO = 1.5;
const THRESHOLDS_MS = [0.5, 1, 2, 5, 10, 20, 50];
const SEED = 1;

/**
 * One round of one side: latencies, how late the sender woke, and microseconds of the processor for one
 * request.
 */
export interface Side {
  readonly tookMs: Float64Array;
  readonly lateMs: Float64Array;
  readonly loadUs: number;
  /** By process: `node`, and `gateway` where it was asked through one. */
  readonly processor: Readonly<Record<string, Used>>;
}

export interface Round {
  readonly bare: Side;
  readonly through: Side;
}

export interface Measured {
  /** What the other side is asked through: the gateway, or the least that can stand in its place. */
  readonly name: 'gateway' | 'least';
  readonly rounds: readonly Round[];
  readonly seconds: number;
  /** How late the load woke while nothing was asked, before the rounds and after them. */
  readonly idleBefore: Float64Array;
  readonly idleAfter: Float64Array;
  /** What the host took from the machine during the rounds. */
  readonly stolenMs: number;
}

/**
 * The p99 of all requests of all rounds through the gateway, by that of all at the bare node. README.md of
 * the benches says why.
 */
export function reportGateway(measured: Measured): Report {
  const { name, rounds, stolenMs, seconds } = measured;
  const pairs = rounds.map(({ bare, through }) => ({ bare: bare.tookMs, through: through.tookMs }));
  const ratio = pooledRatio(pairs, 0.99);
  const interval = ratioInterval(pairs, 0.99, SEED);
  const sides = {
    bare: sideFigures(rounds.map(({ bare }) => bare)),
    through: sideFigures(rounds.map(({ through }) => through)),
  };
  const idle = { before: latencyOf(measured.idleBefore), after: latencyOf(measured.idleAfter) };
  const byRound = rounds.map(({ bare, through }) => ({
    bare: p99(bare.tookMs),
    through: p99(through.tookMs),
  }));
  const p50Ratio = pooledRatio(pairs, 0.5);
  const medianOfRounds = median(byRound.map(({ bare, through }) => through / bare));
  const figures = {
    [`${name}P99Ratio`]: ratio,
    [`${name}P99RatioInterval`]: interval,
    [`${name}P50Ratio`]: p50Ratio,
    medianOfRounds,
    ...{ sides, idle, byRound, stolenMs },
  };
  const budgets: readonly Budget[] =
    name === 'gateway' ? [atMost('gatewayP99Ratio', ratio, LIMIT_RATIO, 'x')] : [];
  const lines = [
    `${figure(2_000, '/s')}, ${rounds.length} rounds of ${seconds} s each side, latency from the moment a request was due`,
    '',
    ...table(sideRows(name, sides)),
    '',
    `p99 ratio ${figure(ratio, 'x')} (95 % of resampled rounds: ${figure(interval.low, '')} to ${figure(interval.high, '')}), p50 ratio ${figure(p50Ratio, 'x')}, median of the rounds' p99 ratios ${figure(medianOfRounds, 'x')}`,
    ...idleLines(idle, stolenMs),
    '',
  ];
  return { figures, lines, budgets };
}

function p99(values: Float64Array): number {
  return percentile(values.slice().sort(), 0.99);
}

function sideFigures(rounds: readonly Side[]) {
  const all = pooled(rounds.map(({ tookMs }) => tookMs));
  const late = latencyOf(pooled(rounds.map(({ lateMs }) => lateMs)));
  const names = Object.keys(rounds[0]?.processor ?? {});
  const processor = Object.fromEntries(
    names.map((name) => {
      const uses = rounds.map((round) => round.processor[name] ?? { ranUs: 0, waitedUs: 0 });
      return [
        name,
        {
          ranUs: median(uses.map(({ ranUs }) => ranUs)),
          waitedUs: median(uses.map(({ waitedUs }) => waitedUs)),
        },
      ];
    }),
  );
  return {
    ...latencyOf(all),
    medianOfP99Ms: median(rounds.map(({ tookMs }) => p99(tookMs))),
    shareBeyond: THRESHOLDS_MS.map((ms) => ({ ms, share: shareBeyond(all, ms) })),
    lateMs: late,
    loadUs: median(rounds.map(({ loadUs }) => loadUs)),
    processor,
  };
}

type SideFigures = ReturnType<typeof sideFigures>;

function sideRows(
  through: Measured['name'],
  sides: { readonly bare: SideFigures; readonly through: SideFigures },
): string[][] {
  const row = (name: string, of: (side: SideFigures) => string) => [name, of(sides.bare), of(sides.through)];
  const ms = (value: number) => figure(value, 'ms');
  const us = (use: Used | undefined) =>
    use === undefined ? '-' : `${use.ranUs.toFixed(0)} us (+ ${use.waitedUs.toFixed(0)} for a core)`;
  return [
    ['', 'bare', through],
    row('p50', ({ p50Ms }) => ms(p50Ms)),
    row('p99', ({ p99Ms }) => ms(p99Ms)),
    row('p99.9', ({ p999Ms }) => ms(p999Ms)),
    row('longest', ({ maxMs }) => ms(maxMs)),
    row("median of the rounds' p99", ({ medianOfP99Ms }) => ms(medianOfP99Ms)),
    ...THRESHOLDS_MS.map((limit, at) =>
      row(`beyond ${limit} ms`, ({ shareBeyond: all }) => `${(100 * (all[at]?.share ?? 0)).toFixed(2)} %`),
    ),
    row('load woke late, p99', ({ lateMs }) => ms(lateMs.p99Ms)),
    row('processor: node', ({ processor }) => us(processor.node)),
    row('processor: gateway', ({ processor }) => us(processor.gateway)),
    row('processor: forwarder', ({ processor }) => us(processor.forwarder)),
    row('processor: load', ({ loadUs }) => `${loadUs.toFixed(0)} us`),
  ];
}

function idleLines(
  idle: { readonly before: Latency; readonly after: Latency },
  stolenMs: number,
): readonly string[] {
  const of = ({ p50Ms, p99Ms, maxMs }: Latency) =>
    `p50 ${figure(p50Ms, 'ms')}, p99 ${figure(p99Ms, 'ms')}, at most ${figure(maxMs, 'ms')}`;
  return [
    `the machine alone: a sleeper woke late by ${of(idle.before)} before the rounds; ${of(idle.after)} after them`,
    `the host took ${figure(stolenMs, 'ms')} of processor during the rounds`,
  ];
}
