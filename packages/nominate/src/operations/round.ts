import { visible } from '@watchbill/kit';
import { shown } from '../candidates/finding.ts';
import { type Backtest, backtest } from '../rounds/backtest.ts';
import { type Explanation, explain, nextInLine } from '../rounds/explain.ts';
import { planRound } from '../rounds/plan.ts';
import { programmeFields } from '../rounds/programme.ts';
import type { CandidateEntry, RoundRecord } from '../rounds/record.ts';
import { type Replay, readRound, replayRound } from '../rounds/replay.ts';
import type { LoadedModule } from '../rounds/start.ts';
import { decodeStored, encodeStored, type StoredRound, storeRound } from '../rounds/stored.ts';
import { parse, problemsOf } from '../snapshot/codec.ts';
import { readTexts, type Texts } from './judge.ts';
import { done, type Outcome, refused, refusedBecause } from './outcome.ts';

export interface Planned {
  readonly record: RoundRecord;
  /** The text of the round, with all inputs for a replay: the stored form. */
  readonly stored: string;
}

/** `round plan`: decides a round. It neither sends nor stores. */
export function planFromTexts(
  texts: Texts & { readonly forced?: boolean; readonly oldestHeadMs?: number | null },
): Outcome<Planned> {
  const read = readTexts(texts);
  if (!read.ok) return read;
  const { snapshot, programme } = read.result;
  const plan = planRound(snapshot, programme, {
    modules: texts.modules ?? [],
    forced: texts.forced ?? false,
    oldestHeadMs: texts.oldestHeadMs ?? null,
  });
  if (!plan.ok) {
    const { code, detail, remedy } = plan.refusal;
    return refused('request', [{ path: code, message: `${detail}; ${remedy}` }]);
  }
  return done({ record: plan.record, stored: encodeStored(storeRound(snapshot, programme, plan.record)) });
}

/** `round replay`: computes a stored round again and compares byte for byte. */
export function replayFromText(text: string, modules: readonly LoadedModule[] = []): Outcome<Replay> {
  const read = decodeStored(text);
  return read.ok ? done(replayRound(read.stored, modules)) : refused('round', read.problems);
}

/**
 * `round explain`: the reasons for the decision about a candidate, selected by stash, slot (`#12`) or name.
 */
export function explainFromText(text: string, who: string): Outcome<Explanation> {
  const read = recordOf(text);
  if (!read.ok) return read;
  const found = explain(read.result, who);
  if (found !== null) return done(found);
  return refusedBecause(
    'request',
    `no candidate of the round has the key, slot or name ${JSON.stringify(who)}`,
  );
}

/** The next eligible candidates without a nominator, best first. */
export function nextFromText(text: string, count: number): Outcome<readonly CandidateEntry[]> {
  const read = recordOf(text);
  return read.ok ? done(nextInLine(read.result, count)) : read;
}

const changeShape = programmeFields
  .pick({ profile: true, weights: true, caps: true, checks: true, rank: true, tiers: true, round: true })
  .partial();

/**
 * `backtest`: decides stored rounds again with other rules. `change` holds the changed parts of the
 * programme.
 */
export function backtestFromTexts(
  rounds: readonly string[],
  change: string,
  modules: readonly LoadedModule[] = [],
): Outcome<Backtest> {
  const json = parse(change);
  if (!json.ok) return refusedBecause('change', json.why);
  const read = changeShape.safeParse(json.value);
  if (!read.success) return refused('change', problemsOf(read.error));
  const stored: StoredRound[] = [];
  for (const [at, text] of rounds.entries()) {
    const one = decodeStored(text);
    if (!one.ok)
      return refused(
        'round',
        one.problems.map(({ path, message }) => ({ path: `${at}.${path}`, message })),
      );
    stored.push(one.stored);
  }
  const given = Object.fromEntries(
    Object.keys(json.value as object).map((key) => [key, read.data[key as keyof typeof read.data]]),
  );
  return done(backtest(stored, given, modules));
}

/** An explanation as lines of text. Texts from the candidate list are escaped. */
export function explanationLines({
  candidate,
  because,
  remedies,
  parts,
  missing,
}: Explanation): readonly string[] {
  const { name, slotId, stashKey, position, score, rank, tier } = candidate;
  const lines = [
    `${shown(name)}, slot ${slotId}, ${stashKey}`,
    because,
    ...remedies.map((remedy) => `to do: ${remedy}`),
    `rank ${rank}${tier === null ? '' : `, tier ${tier}`}`,
    ...(score === null || position === null
      ? []
      : [`position ${position} with ${score.total.toFixed(3)} points`]),
    ...(missing === null ? [] : [`${missing.toFixed(3)} points less than the last that was nominated`]),
    ...(parts ?? []).map(
      ({ component, points, isUnknown }) =>
        `  ${component}: ${points.toFixed(3)}${isUnknown ? ' (not known)' : ''}`,
    ),
  ];
  // Names of providers and versions come from telemetry, which accepts any text.
  return lines.map(visible);
}

function recordOf(text: string): Outcome<RoundRecord> {
  const stored = decodeStored(text);
  if (!stored.ok) return refused('round', stored.problems);
  const read = readRound(stored.stored);
  return read.ok ? done(read.record) : refused('round', read.problems);
}
