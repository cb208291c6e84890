import { atMost, type Budget, figure } from '@watchbill/testkit/bench/budgets';
import type { Used } from '@watchbill/testkit/bench/processor';
import { type Report, table } from '@watchbill/testkit/bench/report';
import { type Latency, latencyOf, median, quartiles } from '@watchbill/testkit/bench/statistics';

const LIMIT_RATIO = 1.5;

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
  const sides = {
    bare: sideFigures(rounds.map(({ bare }) => bare)),
    through: sideFigures(rounds.map(({ through }) => through)),
  };
  const idle = { before: latencyOf(measured.idleBefore), after: latencyOf(measured.idleAfter) };
  const byRound = rounds.map(({ bare, through }) => ({
    bare: latencyOf(bare.tookMs).p99Ms,
    through: latencyOf(through.tookMs).p99Ms,
  }));
  const ratio = sides.through.p99Ms / sides.bare.p99Ms;
  const p50Ratio = sides.through.p50Ms / sides.bare.p50Ms;
  const ofRounds = quartiles(byRound.map(({ bare, through }) => through / bare));
  const figures = {
    [`${name}P99Ratio`]: ratio,
    [`${name}P50Ratio`]: p50Ratio,
    ...{ ofRounds, sides, idle, byRound, stolenMs },
  };
  const budgets: readonly Budget[] =
    name === 'gateway' ? [atMost('gatewayP99Ratio', ratio, LIMIT_RATIO, 'x')] : [];
  const lines = [
    `${figure(2_000, '/s')}, ${rounds.length} rounds of ${seconds} s each side, latency from the moment a request was due`,
    '',
    ...table(sideRows(name, sides)),
    '',
    `p99 ratio ${figure(ratio, 'x')}, p50 ratio ${figure(p50Ratio, 'x')}; p99 ratios of the rounds: median ${figure(ofRounds.middle, 'x')}, quartiles ${figure(ofRounds.low, '')} to ${figure(ofRounds.high, '')}`,
    ...idleLines(idle, stolenMs),
    '',
  ];
  return { figures, lines, budgets };
}

/** All requests of a side. */
function pooled(rounds: readonly Float64Array[]): readonly number[] {
  return rounds.flatMap((round) => [...round]);
}

function sideFigures(rounds: readonly Side[]) {
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
    ...latencyOf(pooled(rounds.map(({ tookMs }) => tookMs))),
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
