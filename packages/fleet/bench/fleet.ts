import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { atMost, type Budget, figure } from '@watchbill/testkit/bench/budgets';
import type { Options } from '@watchbill/testkit/bench/options';
import { type Report, table } from '@watchbill/testkit/bench/report';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { median } from '@watchbill/testkit/bench/statistics';
import { NODES } from './fleet/network.ts';
import { CASES, type Case, type Passed } from './fleet/process.ts';

const PROCESS = fileURLToPath(new URL('./fleet/process.ts', import.meta.url));
const LIMIT_MS = 2_000;
const LIMIT_MB = 300;
const DEADLINE_MS = 60_000;

/**
 * A network of 1,000 nodes planned, from the text of its file to the text of its plan; a process for each
 * time.
 */
export async function measureFleet(_stage: Stage, options: Options): Promise<Report> {
  const rounds = CASES.map((which) => ({
    which,
    passes: Array.from({ length: options.rounds }, () => passed(which)),
  }));
  return report(rounds);
}

function passed(which: Case): Passed {
  const text = execFileSync(process.execPath, [PROCESS, which], { encoding: 'utf8', timeout: DEADLINE_MS });
  return JSON.parse(text) as Passed;
}

interface Round {
  readonly which: Case;
  readonly passes: readonly Passed[];
}

const NAMES: Readonly<Record<Case, string>> = {
  create: 'into empty clusters',
  same: 'nothing to do',
  image: 'another image everywhere',
};

function report(rounds: readonly Round[]): Report {
  const rows = rounds.map(({ which, passes }) => ({
    which,
    readMs: median(passes.map(({ readMs }) => readMs)),
    planMs: median(passes.map(({ planMs }) => planMs)),
    showMs: median(passes.map(({ showMs }) => showMs)),
    wholeMs: median(passes.map(({ readMs, planMs, showMs }) => readMs + planMs + showMs)),
    cpuMs: median(passes.map(({ cpuMs }) => cpuMs)),
    peakMb: Math.max(...passes.map(({ peakMb }) => peakMb)),
    steps: passes[0]?.steps ?? 0,
    lines: passes[0]?.lines ?? 0,
  }));
  const plannedMs = Math.max(...rows.map(({ wholeMs }) => wholeMs));
  const peakMb = Math.max(...rows.map((row) => row.peakMb));
  const budgets: readonly Budget[] = [
    atMost('plannedMs', plannedMs, LIMIT_MS, 'ms'),
    atMost('plannedPeakMb', peakMb, LIMIT_MB, 'MB'),
  ];
  const resources = rounds[0]?.passes[0]?.resources ?? 0;
  const lines = table([
    [
      `${NODES.toLocaleString('en')} nodes, ${resources} resources`,
      'read',
      'plan',
      'text',
      'all',
      'processor',
      'peak',
      'steps',
      'lines',
    ],
    ...rows.map((row) => [
      NAMES[row.which],
      figure(row.readMs, 'ms'),
      figure(row.planMs, 'ms'),
      figure(row.showMs, 'ms'),
      figure(row.wholeMs, 'ms'),
      figure(row.cpuMs, 'ms'),
      figure(row.peakMb, 'MB'),
      `${row.steps}`,
      `${row.lines}`,
    ]),
  ]);
  const figures = { plannedMs, plannedPeakMb: peakMb, nodes: NODES, resources, cases: rows, rounds };
  return { figures, budgets, lines };
}
