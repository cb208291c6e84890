import { columns } from '@watchbill/kit';
import type { Control, Settings } from './options.ts';
import { CHECKS, type Check, type Violation } from './tally.ts';
import type { World } from './world.ts';

/** A check, with how often it ran and how often it failed. */
export interface CheckReport {
  readonly check: Check;
  readonly what: string;
  readonly looked: number;
  readonly violated: number;
}

/** The result of a run. */
export interface SimulationReport {
  readonly seed: string;
  readonly windows: number;
  readonly members: number;
  /** Byzantine members. */
  readonly byzantine: number;
  readonly control: Control | null;
  /** Whether every check passed. With a control, some check should fail. */
  readonly isClean: boolean;
  readonly checks: readonly CheckReport[];
  /** The first few of each check. */
  readonly violations: readonly ReportedViolation[];
  /** How windows ended, over all honest members. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** The faults that the simulator caused. */
  readonly events: Readonly<Record<string, number>>;
  /** Kinds of faults that honest members recorded. */
  readonly faults: Readonly<Record<string, number>>;
  /** Provable faults of Byzantine members, and whether a member proved them. */
  readonly misdeeds: Readonly<Record<string, number>>;
  /** Why events had no effect. */
  readonly refusals: Readonly<Record<string, number>>;
}

/** The window as text, because JSON numbers are not exact at that size. */
export interface ReportedViolation extends Omit<Violation, 'window'> {
  readonly window: string;
}

export function reportOf({ settings, tally }: World, last: bigint): SimulationReport {
  const checks = (Object.keys(CHECKS) as Check[]).map((check) => ({
    check,
    what: CHECKS[check],
    ...tally.looks(check),
  }));
  return {
    ...namesOf(settings),
    windows: Number(last),
    isClean: checks.every(({ violated }) => violated === 0),
    checks,
    violations: tally.violations().map((one) => ({ ...one, window: String(one.window) })),
    outcomes: tally.table('outcomes'),
    events: tally.table('events'),
    faults: tally.table('faults'),
    misdeeds: tally.table('misdeeds'),
    refusals: tally.table('refusals'),
  };
}

function namesOf({ seed, members, byzantine, control }: Settings) {
  return { seed, members, byzantine, control };
}

/** The report as text for people; the first line repeats the run. */
export function simulationText(report: SimulationReport): string {
  const { seed, windows, members, byzantine, control } = report;
  const rows = report.checks.map(({ check, looked, violated, what }) => [
    violated > 0 ? 'FAILED' : looked > 0 ? 'held' : 'unseen',
    check,
    `${violated} of ${looked}`,
    what,
  ]);
  const tables = (['outcomes', 'events', 'faults', 'misdeeds', 'refusals'] as const).flatMap((name) => [
    '',
    `${name}:`,
    ...linesOf(Object.entries(report[name]).map(([what, count]) => [`  ${count}`, what])),
  ]);
  return [
    `seed ${seed}, ${windows} windows, ${members} members, ${byzantine} of them Byzantine${control === null ? '' : `, control ${control}`}`,
    '',
    ...linesOf(rows),
    ...report.violations.map(({ check, window, text }) => `  window ${window}, ${check}: ${text}`),
    ...tables,
    '',
  ].join('\n');
}

function linesOf(rows: readonly (readonly string[])[]): readonly string[] {
  return columns(rows).split('\n').slice(0, -1);
}
