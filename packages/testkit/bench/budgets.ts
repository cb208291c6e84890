/** A figure that was measured, and what it may be at most or must be at least. */
export interface Budget {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly bound: 'at most' | 'at least';
  readonly unit: string;
}

/** A budget for a figure that may be so large. */
export function atMost(name: string, value: number, limit: number, unit: string): Budget {
  return { name, value, limit, bound: 'at most', unit };
}

/** A budget for a figure that must be so large. */
export function atLeast(name: string, value: number, limit: number, unit: string): Budget {
  return { name, value, limit, bound: 'at least', unit };
}

export function isMet({ value, limit, bound }: Budget): boolean {
  return bound === 'at most' ? value <= limit : value >= limit;
}

/** One line for each missed budget: which, and by how much. */
export function missedLines(budgets: readonly Budget[]): readonly string[] {
  return budgets.filter((budget) => !isMet(budget)).map(missedLine);
}

function missedLine({ name, value, limit, bound, unit }: Budget): string {
  const off = Math.abs(value - limit);
  const share = `${((100 * off) / limit).toFixed(1)} %`;
  const side = bound === 'at most' ? 'above' : 'below';
  return `MISSED ${name}: ${figure(value, unit)}, budget ${bound} ${figure(limit, unit)}: ${figure(off, unit)} (${share}) ${side} it`;
}

/** A number as people read it, with its unit. */
export function figure(value: number, unit: string): string {
  const text = Math.abs(value) >= 1_000 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
  return unit === '' ? text : `${text} ${unit}`;
}

/** The budgets as lines of a table. */
export function budgetLines(budgets: readonly Budget[]): readonly string[] {
  return budgets.map((budget) => {
    const { name, value, limit, bound, unit } = budget;
    const verdict = isMet(budget) ? 'met' : 'MISSED';
    return `${name.padEnd(28)}${figure(value, unit).padStart(16)}   budget ${bound} ${figure(limit, unit)}   ${verdict}`;
  });
}
