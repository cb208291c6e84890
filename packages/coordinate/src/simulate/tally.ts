/** The invariants that are checked all the time. */
export const CHECKS = {
  agreement: 'honest members hold certificates for at most one digest of a window',
  'one-lease': 'leases of the resource do not overlap',
  'one-statement': 'an honest member signs one digest in a place',
  'no-honest-blamed': 'there is no proof against an honest member',
  'evidence-holds': 'a third party verifies the evidence of every recorded fault',
  'misdeed-caught': 'honest members prove every provable fault that they could see',
  'split-proven':
    'honest members prove different statements of one place that were signed for different members',
  progress: 'a rank with an honest leader and a live, connected quorum gives a certificate',
  'one-outcome': 'every member records exactly one outcome of every window',
} as const;

export type Check = keyof typeof CHECKS;

export interface Violation {
  readonly check: Check;
  readonly window: bigint;
  readonly text: string;
}

/** Counts by name, and the violations. */
export interface Tally {
  count(table: 'events' | 'outcomes' | 'refusals' | 'faults' | 'misdeeds', name: string): void;
  /** One run of a check; a text describes the violation. */
  look(check: Check, window: bigint, problem: string | null): void;
  table(name: 'events' | 'outcomes' | 'refusals' | 'faults' | 'misdeeds'): Readonly<Record<string, number>>;
  looks(check: Check): { readonly looked: number; readonly violated: number };
  /** The first few of each check. */
  violations(): readonly Violation[];
}

/** Of each check. */
const KEPT_VIOLATIONS = 5;

export function tallyOf(): Tally {
  const tables = new Map<string, Map<string, number>>();
  const looks = new Map<Check, { looked: number; violated: number }>();
  const violations: Violation[] = [];
  return {
    count: (table, name) => {
      const counts = tables.get(table) ?? new Map<string, number>();
      tables.set(table, counts.set(name, (counts.get(name) ?? 0) + 1));
    },
    look: (check, window, problem) => {
      const before = looks.get(check) ?? { looked: 0, violated: 0 };
      const violated = before.violated + (problem === null ? 0 : 1);
      looks.set(check, { looked: before.looked + 1, violated });
      if (problem !== null && violated <= KEPT_VIOLATIONS) {
        violations.push({ check, window, text: problem });
      }
    },
    table: (name) =>
      Object.fromEntries([...(tables.get(name) ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    looks: (check) => looks.get(check) ?? { looked: 0, violated: 0 },
    violations: () => violations,
  };
}
