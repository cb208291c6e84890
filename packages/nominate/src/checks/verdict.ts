import type { Problem } from '../snapshot/codec.ts';
import type { CandidateRecord } from '../snapshot/record-shapes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Check, CheckResult, RunCheck } from './check.ts';
import type { CheckRules } from './rules.ts';

/** Checks with parsed parameters. */
export interface PreparedChecks {
  readonly version: string;
  readonly checks: readonly {
    readonly id: string;
    readonly whenUnknown: 'hold' | 'allow';
    readonly run: RunCheck;
  }[];
}

export type ChecksPreparation =
  | { readonly ok: true; readonly prepared: PreparedChecks }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface NamedResult extends CheckResult {
  readonly id: string;
}

/**
 * The combined result of all checks. `invalid`: one failed. `valid`: none failed and none is unknown.
 * `undecided`: none failed, but one with `hold` is unknown; then the last settled verdict applies.
 */
export interface Verdict {
  readonly stashKey: string;
  readonly verdict: 'valid' | 'invalid' | 'undecided';
  /** Whether it may be nominated now: valid, or undecided and last known as valid. */
  readonly eligible: boolean;
  readonly results: readonly NamedResult[];
}

/**
 * Binds rules to checks; `extra` are custom modules of the programme. Unknown and duplicate ids are problems.
 */
export function prepareChecks(rules: CheckRules, checks: readonly Check[]): ChecksPreparation {
  const problems: Problem[] = [];
  const prepared: PreparedChecks['checks'][number][] = [];
  for (const [at, { id, whenUnknown, parameters }] of rules.checks.entries()) {
    const path = `checks.${at}`;
    const check = checks.find((one) => one.id === id);
    const preparation = check?.prepare(parameters);
    if (prepared.some((one) => one.id === id))
      problems.push({ path, message: `the check ${id} is listed twice` });
    else if (preparation === undefined) {
      const names = checks.map((one) => one.id).join(', ');
      problems.push({
        path,
        message: `there is no check ${JSON.stringify(id)}; the known checks are ${names}`,
      });
    } else if (!preparation.ok) {
      const inner = preparation.problems.map(({ path: key, message }) => ({
        path: `${path}.parameters.${key}`,
        message,
      }));
      problems.push(...inner);
    } else prepared.push({ id, whenUnknown, run: preparation.run });
  }
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, prepared: { version: rules.version, checks: prepared } };
}

/** Runs all checks on one candidate. */
export function judge(prepared: PreparedChecks, snapshot: Snapshot, record: CandidateRecord): Verdict {
  const results = prepared.checks.map(({ id, run }): NamedResult => ({ id, ...run({ snapshot, record }) }));
  const { stashKey } = record.candidate;
  if (results.some(({ outcome }) => outcome === 'fail'))
    return { stashKey, verdict: 'invalid', eligible: false, results };
  const inDoubt = results.some(
    ({ outcome }, at) => outcome === 'unknown' && prepared.checks[at]?.whenUnknown === 'hold',
  );
  if (!inDoubt) return { stashKey, verdict: 'valid', eligible: true, results };
  return { stashKey, verdict: 'undecided', eligible: record.lastSettled === 'valid', results };
}

/** The last settled verdict after this one: the value of `lastSettled` in the next snapshot. */
export function settledAfter(
  before: CandidateRecord['lastSettled'],
  { verdict }: Verdict,
): CandidateRecord['lastSettled'] {
  return verdict === 'undecided' ? before : verdict;
}

/** The verdicts of all candidates of a snapshot, in its order. */
export function judgeAll(prepared: PreparedChecks, snapshot: Snapshot): readonly Verdict[] {
  return snapshot.candidates.map((record) => judge(prepared, snapshot, record));
}
