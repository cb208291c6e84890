import { CHECKS } from '../checks/registry.ts';
import { judgeAll, prepareChecks, type Verdict } from '../checks/verdict.ts';
import type { Evidence } from '../facts/fact.ts';
import { decodeProgramme, type Programme } from '../rounds/programme.ts';
import { scoreAll } from '../rounds/score-all.ts';
import { seedOf } from '../rounds/seed.ts';
import type { LoadedModule } from '../rounds/start.ts';
import { drawOf } from '../score/draw.ts';
import { byTotal, type Score } from '../score/score.ts';
import { type Spread, spreadOf } from '../score/spread.ts';
import { decodeSnapshot, type Problem } from '../snapshot/codec.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { done, type Outcome, refused } from './outcome.ts';

/** The two texts of a decision, and custom modules of the programme. */
export interface Texts extends Inputs {
  readonly snapshot: string;
  readonly programme: string;
}

/** The same; what was decoded before is not decoded again. */
export interface Inputs {
  readonly snapshot: string | Snapshot;
  readonly programme: string | Programme;
  readonly modules?: readonly LoadedModule[];
}

/** One candidate in the output of `check`. */
export interface Checked {
  readonly name: string;
  readonly slotId: number;
  readonly stashKey: string;
  readonly verdict: Verdict['verdict'];
  readonly eligible: boolean;
  readonly results: readonly {
    readonly id: string;
    readonly outcome: string;
    readonly message: string;
    readonly remedy: string | null;
    readonly evidence: readonly Evidence[];
  }[];
}

/** `check`: the verdict of every candidate of a snapshot, with all results and their evidence. */
export function checkCandidates(texts: Inputs): Outcome<readonly Checked[]> {
  const read = readTexts(texts);
  if (!read.ok) return read;
  const judged = verdictsOf(read.result, texts.modules ?? []);
  if (!judged.ok) return judged;
  const { candidates } = read.result.snapshot;
  return done(
    judged.result.map(({ verdict, eligible, results, stashKey }, at) => {
      const { name = '', slotId = 0 } = candidates[at]?.candidate ?? {};
      return { name, slotId, stashKey, verdict, eligible, results };
    }),
  );
}

/** The scores of a snapshot in order, with the distribution of each component. */
export interface Scored {
  readonly scores: readonly (Score & { readonly name: string; readonly position: number })[];
  readonly statistics: Spread;
}

/** `score`: the scores of all eligible candidates, best first. */
export function scoreCandidates(texts: Inputs): Outcome<Scored> {
  const read = readTexts(texts);
  if (!read.ok) return read;
  const { snapshot, programme } = read.result;
  const scored = checkAndScore(snapshot, programme, texts.modules);
  if (!scored.ok) return scored;
  const names = new Map(snapshot.candidates.map(({ candidate }) => [candidate.stashKey, candidate.name]));
  const ordered = [...scored.result.scores].sort(byTotal);
  const scores = ordered.map((score, at) => ({
    ...score,
    name: names.get(score.stashKey) ?? '',
    position: at + 1,
  }));
  return done({ scores, statistics: spreadOf(scores) });
}

/** Judges all candidates of a snapshot and scores the eligible ones. The benchmark measures this. */
export function checkAndScore(
  snapshot: Snapshot,
  programme: Programme,
  modules: readonly LoadedModule[] = [],
): Outcome<{ readonly verdicts: readonly Verdict[]; readonly scores: readonly Score[] }> {
  const { active, firstBlock } = snapshot.eras;
  const judged = verdictsOf({ snapshot, programme }, modules);
  if (!judged.ok) return judged;
  if (!active.known)
    return refused('snapshot', [{ path: 'eras.active', message: `it is not known: ${active.reason}` }]);
  if (!firstBlock.known)
    return refused('snapshot', [
      { path: 'eras.firstBlock', message: `it is not known: ${firstBlock.reason}` },
    ]);
  const verdicts = judged.result;
  const eligible = snapshot.candidates.filter((_record, at) => verdicts[at]?.eligible === true);
  const { number, hash } = firstBlock.value;
  const block = { number: String(number), hash };
  const seed = seedOf({ network: programme.network, era: active.value, block });
  return done({ verdicts, scores: scoreAll(snapshot, programme, eligible, active.value, drawOf(seed)) });
}

/** Reads snapshot and programme. */
export function readTexts({
  snapshot,
  programme,
}: Inputs): Outcome<{ readonly snapshot: Snapshot; readonly programme: Programme }> {
  const first = typeof snapshot === 'string' ? decodeSnapshot(snapshot) : { ok: true as const, snapshot };
  if (!first.ok) return refused('snapshot', first.problems);
  const second =
    typeof programme === 'string' ? decodeProgramme(programme) : { ok: true as const, programme };
  if (!second.ok) return refused('programme', second.problems);
  if (first.snapshot.network.name !== second.programme.network) {
    const problem: Problem = {
      path: 'network',
      message: `it is for ${second.programme.network}, but the snapshot is of ${first.snapshot.network.name}`,
    };
    return refused('programme', [problem]);
  }
  return done({ snapshot: first.snapshot, programme: second.programme });
}

function verdictsOf(
  { snapshot, programme }: { readonly snapshot: Snapshot; readonly programme: Programme },
  modules: readonly LoadedModule[],
): Outcome<readonly Verdict[]> {
  const preparation = prepareChecks(programme.checks, [...CHECKS, ...modules.map(({ check }) => check)]);
  return preparation.ok
    ? done(judgeAll(preparation.prepared, snapshot))
    : refused('programme', preparation.problems);
}
