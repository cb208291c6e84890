import { figure } from '@watchbill/testkit/bench/budgets';
import { table } from '@watchbill/testkit/bench/report';
import type { Quartiles } from '@watchbill/testkit/bench/statistics';
import {
  type Figures,
  figureOver,
  memory,
  PHASES,
  p50,
  p99,
  processor,
  type Results,
  rate,
  ratioOver,
  SERVICES,
  type ServiceName,
  serviceProcessor,
  writtenBytes,
} from './results.ts';

type Rounds = Pick<Results, 'rounds'>;

type Value = (figures: Figures) => number;

/** What the tables of the terminal and of the page show of each service. */
export const COLUMNS: readonly (readonly [name: string, unit: string, value: Value])[] = [
  ['rate', '/s', rate],
  ['p50', 'ms', p50],
  ['p99', 'ms', p99],
  ['service', 'µs', serviceProcessor],
  ['store', 'µs', ({ storeUs }) => storeUs],
  ['written', 'B', writtenBytes],
  ['memory', 'MB', memory],
];

/** For the terminal: a table of each phase, with the median of each figure. */
export function figureLines(results: Rounds): readonly string[] {
  return PHASES.flatMap(({ name, title }) => [
    ...table([
      [title, ...COLUMNS.map(([column]) => column)],
      ...SERVICES.map((service) => [
        service,
        ...COLUMNS.map(([, unit, value]) => figure(figureOver(results, name, service, value).middle, unit)),
      ]),
    ]),
    '',
  ]);
}

/** The ratios of two services in the same tables. */
export const RATIOS: readonly (readonly [name: string, value: Value])[] = [
  ['rate', rate],
  ['p50', p50],
  ['p99', p99],
  ['service', serviceProcessor],
  ['and store', processor],
  ['written', writtenBytes],
];

/** For the terminal: watchbill on SQLite divided by each peer, with quartiles. */
export function ratioLines(results: Rounds): readonly string[] {
  const service: ServiceName = 'watchbill-sqlite';
  const peers = SERVICES.filter((name) => name !== service);
  return PHASES.flatMap(({ name, title }) => [
    ...table([
      [`${service} / peer, ${title}`, ...RATIOS.map(([column]) => column)],
      ...peers.map((peer) => [
        peer,
        ...RATIOS.map(([, value]) => spread(ratioOver(results, name, [service, peer], value))),
      ]),
    ]),
    '',
  ]);
}

/** A ratio with its quartiles. */
export function spread({ low, middle, high }: Quartiles): string {
  return `${middle.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}
