import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { figure, isMet } from '@watchbill/testkit/bench/budgets';
import { code, filled, rows } from '../../../../scripts/reference/markdown.mjs';
import { readSaved, SAVED_FOLDER } from '../../../testkit/bench/saved.ts';
import { COLUMNS, RATIOS, spread } from '../../bench/peers/lines.ts';
import { barPlot } from '../../bench/peers/plot.ts';
import {
  figureOver,
  memory,
  PHASES,
  p50,
  p99,
  processor,
  rate,
  ratioOver,
  readResults,
  SERVICES,
  writtenBytes,
} from '../../bench/peers/results.ts';
import { troubleRow } from '../../bench/trouble/rows.ts';
import { costs } from './costs.mjs';
import { growthPlots, growthRows } from './growth.mjs';
import { profileTable } from './profile.mjs';

/** @typedef {import('../../../testkit/bench/saved.ts').Saved} Saved */
/** @typedef {Saved & import('../../bench/peers/results.ts').Results} Results */
/** @typedef {Readonly<Record<string, Saved>>} Runs Saved runs by the names of their benches. */

const WATCHBILL = ['watchbill-sqlite', 'watchbill-etcd'];

const NAMES = {
  'watchbill-sqlite': 'watchbill on SQLite',
  'watchbill-etcd': 'watchbill on etcd',
  postgres: 'PostgreSQL row',
  etcd: 'etcd put-if-absent',
  sqlite: 'SQLite row',
  logs: 'two synced logs',
  http: 'HTTP alone',
};

/** The runs that `npm run bench -- NAME --save` kept. @returns {Runs} */
export function savedRuns() {
  const files = readdirSync(SAVED_FOLDER).filter((name) => name.endsWith('.json'));
  return Object.fromEntries(
    files.sort().map((name) => [basename(name, '.json'), readSaved(join(SAVED_FOLDER, name))]),
  );
}

/** The page and its plots by their names. @param {Runs} runs */
export function peersFiles(runs) {
  const peers = readResults(runs.peers, 'packages/testkit/bench/results/peers.json');
  const plots = [...PLOTS.map((plot) => plotOf(plot, peers)), ...growthPlots(runs.growth)];
  return new Map([
    ['peers.md', peersPage(peers, runs)],
    ...plots.map(({ file, ...plot }) => [file, barPlot(plot)]),
  ]);
}

/** docs/duty/reference/peers.md. @param {Results} peers @param {Runs} runs */
function peersPage(peers, runs) {
  return filled(new URL('peers.md', import.meta.url), {
    run: aboutRun(peers),
    ...Object.fromEntries(PHASES.map(({ name }) => [name, figureRows(peers, name)])),
    ratiosOnSqlite: ratioRows(peers, 'watchbill-sqlite'),
    ratiosOnEtcd: ratioRows(peers, 'watchbill-etcd'),
    profile: profileTable(runs.profile),
    ...growthRows(runs.growth),
    trouble: rows(runs.trouble.trouble.map(troubleRow)),
    budgets: budgetRows(runs),
    ...costs(peers, runs.profile),
  });
}

/** Load on a machine without other work stays below this for each core. */
const QUIET_LOAD = 0.25;

/** @param {Results} results */
function aboutRun({ takenAt, machine, etcd, postgres, seconds, rounds }) {
  const lines = [
    `Taken on ${takenAt.slice(0, 10)} with Node ${machine.node}, etcd ${etcd} and PostgreSQL ${postgres} on ${machine.cores} cores (${machine.processor}): ${rounds.length} rounds, ${seconds} s for each service and load.`,
  ];
  if (machine.loadBefore > QUIET_LOAD * machine.cores)
    lines.push(
      `**The machine was busy**: its load was ${machine.loadBefore} before the run. Use the ratios only.`,
    );
  if (!machine.onDisk) lines.push('**The files were in memory**, so syncs cost nothing.');
  return lines.join(' ');
}

function figureRows(results, phase) {
  const cells = (service) =>
    COLUMNS.map(([, unit, value]) => figure(figureOver(results, phase, service, value).middle, unit));
  return rows(SERVICES.map((service) => [NAMES[service], ...cells(service)]));
}

function ratioRows(results, service) {
  const peers = SERVICES.filter((name) => !WATCHBILL.includes(name));
  const cells = (phase, peer) =>
    RATIOS.map(([, value]) => spread(ratioOver(results, phase, [service, peer], value)));
  return rows(
    PHASES.flatMap(({ name, title }) => peers.map((peer) => [title, NAMES[peer], ...cells(name, peer)])),
  );
}

/** @param {Runs} runs */
function budgetRows(runs) {
  return rows(
    Object.entries(runs).flatMap(([bench, { takenAt, budgets }]) =>
      budgets.map((budget) => {
        const unit = budget.unit === 'x' ? '' : budget.unit;
        return [
          code(bench),
          code(budget.name),
          figure(budget.value, unit),
          `${budget.bound} ${figure(budget.limit, unit)}`,
          isMet(budget) ? 'met' : '**missed**',
          takenAt.slice(0, 10),
        ];
      }),
    ),
  );
}

const PLOTS = [
  { file: 'peers-rate.svg', title: 'Grants per second', unit: '/s', value: rate, open: false },
  { file: 'peers-p50.svg', title: 'Median latency', unit: 'ms', value: p50, open: true },
  { file: 'peers-p99.svg', title: 'Latency, p99', unit: 'ms', value: p99, open: true },
  {
    file: 'peers-processor.svg',
    title: 'Processor for each grant, service and store',
    unit: 'µs',
    value: processor,
    open: true,
  },
  {
    file: 'peers-written.svg',
    title: 'Bytes written for each grant',
    unit: 'B',
    value: writtenBytes,
    open: true,
  },
  { file: 'peers-memory.svg', title: 'Memory, service and store', unit: 'MB', value: memory, open: true },
];

/** A panel for each load; the rate of an open loop is given, so its plot leaves it out. */
function plotOf({ file, title, unit, value, open }, results) {
  const panels = PHASES.filter(({ perSecond }) => open || perSecond === undefined).map((phase) => ({
    title: phase.title,
    bars: SERVICES.map((service) => ({
      name: NAMES[service],
      value: figureOver(results, phase.name, service, value),
      marked: WATCHBILL.includes(service),
    })),
  }));
  return { file, title, unit, panels };
}
