import { figure } from '@watchbill/testkit/bench/budgets';
import { quartiles } from '@watchbill/testkit/bench/statistics';
import { rows } from '../../../../scripts/reference/markdown.mjs';
import { toFirst } from '../../bench/growth/points.ts';
import { spread } from '../../bench/peers/lines.ts';

/** @typedef {import('../../bench/growth/points.ts').Rounds} Rounds */
/** A run. @typedef {import('../../../testkit/bench/saved.ts').Saved} Run */
/** @typedef {Run & { growth: Record<string, Rounds> }} Growth */

const TITLES = {
  keys: 'keys, on SQLite',
  'past grants': 'past grants, on SQLite',
  services: 'services over one etcd',
};

/** The rows of the page, by what grows. @param {Growth} run */
export function growthRows({ growth }) {
  return Object.fromEntries(
    Object.entries(growth).map(([name, rounds]) => [
      name,
      rows(
        pointsOf(rounds).map((point) => [
          pointTitle(point),
          figure(over(rounds, point, 'serviceUs').middle, 'µs'),
          spread(toFirst(rounds, point, 'serviceUs')),
          figure(over(rounds, point, 'p50Ms').middle, 'ms'),
          spread(toFirst(rounds, point, 'p50Ms')),
          figure(over(rounds, point, 'p99Ms').middle, 'ms'),
          figure(over(rounds, point, 'writtenBytes').middle, 'B'),
        ]),
      ),
    ]),
  );
}

/** Bars of each point, in panels for keys, past grants and services. @param {Growth} run */
export function growthPlots({ growth }) {
  const plot = (file, title, unit, value) => ({
    ...{ file, title, unit },
    panels: Object.entries(growth).map(([name, rounds]) => ({
      title: TITLES[name],
      bars: pointsOf(rounds).map((point) => ({
        name: pointTitle(point),
        value: over(rounds, point, value),
        marked: true,
      })),
    })),
  });
  return [
    plot('growth-processor.svg', 'Processor for each grant, all services', 'µs', 'serviceUs'),
    plot('growth-p50.svg', 'Median latency as the ledger grows', 'ms', 'p50Ms'),
  ];
}

/** @param {Rounds} rounds */
const pointsOf = (rounds) => Object.keys(rounds[0] ?? {});

/** @param {Rounds} rounds @param {string} point @param {string} value */
const over = (rounds, point, value) => quartiles(rounds.map((round) => round[point][value]));

/** `keys-10000` as `10,000 keys`. @param {string} point */
function pointTitle(point) {
  const [what, count] = point.split('-');
  const words = what === 'past' ? 'past grants' : what;
  return `${Number(count).toLocaleString('en')} ${words === 'services' && count === '1' ? 'service' : words}`;
}
