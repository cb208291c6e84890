import { type Budget, budgetLines, missedLines } from './budgets.ts';
import { type Machine, machineLines } from './machine.ts';

/**
 * What a bench found: figures for machines, lines for people, budgets for both. Each report is printed with
 * the machine that it was made on.
 */
export interface Report {
  readonly figures: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
  readonly budgets: readonly Budget[];
  /** What `--save` keeps beside the budgets. */
  readonly kept?: object;
}

/** Print a report; answers the exit code. Missed budgets go to standard error, so that JSON stays alone. */
export function printReport(report: Report, machine: Machine, json: boolean): number {
  const missed = missedLines(report.budgets);
  if (json) {
    const budgets = Object.fromEntries(
      report.budgets.map(({ name, bound, limit }) => [name, { bound, limit }]),
    );
    process.stdout.write(`${JSON.stringify({ ...report.figures, machine, budgets, missed })}\n`);
  } else {
    process.stdout.write(
      `${[...machineLines(machine), '', ...report.lines, '', ...budgetLines(report.budgets)].join('\n')}\n`,
    );
  }
  for (const line of missed) process.stderr.write(`${line}\n`);
  return missed.length === 0 ? 0 : 1;
}

/** Rows under a heading, in columns as wide as they need. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}
