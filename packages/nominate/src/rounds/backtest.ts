import { canonicalJson } from '@watchbill/kit';
import { planRound, type RoundPlan } from './plan.ts';
import { decodeProgramme, type Programme } from './programme.ts';
import type { Refusal } from './record.ts';
import { type RoundRead, readRound } from './replay.ts';
import type { LoadedModule } from './start.ts';
import type { Aftermath, StoredRound } from './stored.ts';

/** The changed rules: parts of a programme that replace those of each round. */
export type Change = Partial<
  Pick<Programme, 'profile' | 'weights' | 'caps' | 'checks' | 'rank' | 'tiers' | 'round'>
>;

/** A candidate with a different result. */
export interface Difference {
  readonly stashKey: string;
  readonly name: string;
  readonly gained: number;
  readonly lost: number;
}

export interface BacktestRound {
  readonly era: number;
  /** Names and keys of candidates that would be nominated in addition, or no more. */
  readonly gained: readonly string[];
  readonly lost: readonly string[];
  /** How many of the lost targets had been elected, as far as recorded. */
  readonly lostElected: number;
  readonly refusal: Refusal | null;
}

export interface Backtest {
  readonly rounds: readonly BacktestRound[];
  /** Candidates that would gain or lose in any round, the greatest change first. */
  readonly candidates: readonly Difference[];
  /** Rounds whose texts could not be read, by position. */
  readonly unreadable: readonly number[];
}

/**
 * Decides stored rounds again with other rules, and lists the candidates that would have gained or lost. The
 * stored rounds are unchanged.
 */
export function backtest(
  rounds: readonly StoredRound[],
  change: Change,
  modules: readonly LoadedModule[] = [],
): Backtest {
  const results: BacktestRound[] = [];
  const totals = new Map<string, Difference>();
  const unreadable: number[] = [];
  for (const [at, stored] of rounds.entries()) {
    const read = readRound(stored);
    if (!read.ok) {
      unreadable.push(at);
      continue;
    }
    const plan = replan(read, change, modules);
    const before = new Set(read.record.nominators.flatMap(({ targets }) => targets));
    const after = new Set(plan.ok ? plan.record.nominators.flatMap(({ targets }) => targets) : before);
    const gained = [...after].filter((key) => !before.has(key));
    const lost = [...before].filter((key) => !after.has(key));
    const names = new Map(read.record.candidates.map(({ stashKey, name }) => [stashKey, name]));
    for (const key of [...gained, ...lost]) {
      const old = totals.get(key) ?? { stashKey: key, name: names.get(key) ?? key, gained: 0, lost: 0 };
      totals.set(key, {
        ...old,
        gained: old.gained + Number(after.has(key)),
        lost: old.lost + Number(before.has(key)),
      });
    }
    const refusal = plan.ok ? null : plan.refusal;
    results.push({
      era: read.record.era,
      gained,
      lost,
      lostElected: electedOf(stored.aftermath, lost),
      refusal,
    });
  }
  const candidates = [...totals.values()].sort(
    (a, b) => b.gained + b.lost - a.gained - a.lost || (a.stashKey < b.stashKey ? -1 : 1),
  );
  return { rounds: results, candidates, unreadable };
}

/** The round decided with the change in its programme. */
function replan(
  { snapshot, programme, record }: Extract<RoundRead, { readonly ok: true }>,
  change: Change,
  modules: readonly LoadedModule[],
): RoundPlan {
  // Through its text, because the schema reads amounts as text.
  const read = decodeProgramme(canonicalJson({ ...programme, ...change }));
  if (read.ok) return planRound(snapshot, read.programme, { modules, forced: record.forced });
  const detail = read.problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return { ok: false, refusal: { code: 'bad-change', detail, remedy: 'change those parts too' } };
}

function electedOf({ outcomes }: Aftermath, keys: readonly string[]): number {
  const elected = new Set(outcomes.flatMap((outcome) => outcome.elected));
  return keys.filter((key) => elected.has(key)).length;
}
