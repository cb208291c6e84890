import { verdictText } from './analysis.ts';
import type { RolloutEntry } from './journal.ts';
import { goodness, untilGood, watchNodes } from './look.ts';
import { type Move, movesOf, signersBeside } from './moves.ts';
import type { RolloutEnd, RunSettings } from './settings.ts';
import { goBack } from './undo.ts';

/**
 * Tries of the checks before a rollout. A failure at that point is not a start-up problem, so waiting longer
 * does not help.
 */
const LOOKS_BEFORE = 10;

type Moving = 'verified' | 'interrupted' | { readonly why: string };

/**
 * Rolls a change out: pools that do not sign stage by stage, then signers one at a time, each after the last
 * one is verified. If a check fails, every begun unit goes back. Continues an earlier run with the same
 * journal.
 */
export async function runRollout(run: RunSettings): Promise<RolloutEnd> {
  const { port, journal, settings, onEvent } = run;
  const moves = movesOf(port.units, settings.stages);
  const failed = journal.entries().findLast((entry) => entry.state === 'going-back');
  if (failed !== undefined) return goBack(failed.why, run);
  if (journal.entries().length === 0) {
    const why = await whyNotBegin(run);
    if (why === 'interrupted') return { how: 'interrupted', left: moves.map(({ stage }) => stage) };
    if (why !== null) return { how: 'not-begun', why };
  }
  const unprepared = (await run.prepare?.(run.signal)) ?? null;
  if (unprepared !== null)
    return { how: 'not-begun', why: `the objects for the change cannot be made: ${unprepared}` };
  const isDone = ({ unit, count }: Move): boolean =>
    journal
      .entries()
      .some((entry) => entry.state === 'verified' && entry.unit === unit && entry.count === count);
  const left = moves.filter((move) => !isDone(move));
  for (const [at, move] of left.entries()) {
    const moved = run.signal.aborted ? 'interrupted' : await performMove(move, run);
    if (moved === 'interrupted')
      return { how: 'interrupted', left: left.slice(at).map(({ stage }) => stage) };
    if (moved !== 'verified') {
      const why = `${move.stage}: ${moved.why}`;
      journal.write({ state: 'going-back', why });
      return goBack(why, run);
    }
    journal.write({ state: 'verified', unit: move.unit, count: move.count });
    onEvent({ state: 'verified', what: move.stage, detail: move.nodes.join(', ') });
  }
  journal.write({ state: 'ended', how: 'done' });
  return { how: 'done', changed: port.units.flatMap(({ nodes }) => nodes) };
}

/** Null if every node is good now; an existing problem would look like an effect of the change. */
async function whyNotBegin(run: RunSettings): Promise<string | null> {
  const { port, onEvent, clock, pollMs, signal } = run;
  const nodes = [...port.units.flatMap((unit) => unit.nodes), ...port.others.map(({ node }) => node)];
  for (let look = 1; ; look += 1) {
    const verdict = await goodness(nodes, run);
    const text = verdict.verdict === 'pass' ? 'all checks hold' : verdictText(verdict);
    onEvent({ state: 'before', what: '', detail: text });
    if (verdict.verdict === 'pass') return null;
    if (signal.aborted) return 'interrupted';
    if (look >= LOOKS_BEFORE) return text;
    await clock.sleep(pollMs, signal);
  }
}

async function performMove(move: Move, run: RunSettings): Promise<Moving> {
  const { port, settings, onEvent, signal } = run;
  const begun = await beginMove(move, run);
  if (begun === 'interrupted' || 'why' in begun) return begun;
  onEvent({ state: 'begun', what: move.stage, detail: move.nodes.join(', ') });
  const moved = await port.change(move.unit, move.count, signal);
  if (!moved.ok) return signal.aborted ? 'interrupted' : { why: moved.detail };
  const watching = {
    nodes: move.nodes,
    version: 'new' as const,
    since: begun.since,
    heldBefore: new Map(Object.entries(begun.held)),
    soakMs: move.soaks ? settings.soakSeconds * 1_000 : 0,
    what: move.stage,
  };
  const watched = await watchNodes(watching, run);
  if (watched.end === 'interrupted') return 'interrupted';
  return watched.end === 'failed' ? { why: watched.why } : 'verified';
}

type Begun = RolloutEntry & { readonly state: 'begun' };

/** Records that the move begins, and the state before it, unless an earlier run did so. */
async function beginMove(
  move: Move,
  run: RunSettings,
): Promise<Begun | 'interrupted' | { readonly why: string }> {
  const { port, journal, signal } = run;
  const { unit, count, nodes, signs, stage, pool } = move;
  const earlier = journal
    .entries()
    .findLast((entry) => entry.state === 'begun' && entry.unit === unit && entry.count === count);
  if (signs) {
    // A signer that was begun may be down; one that was not must be good itself.
    const asked = [...(earlier === undefined ? nodes : []), ...signersBeside(move, port)];
    const good = await untilGood(asked, stage, run);
    if (good.end === 'interrupted') return 'interrupted';
    if (good.end === 'failed') return { why: `not every signer of ${pool} is good: ${good.why}` };
  }
  if (earlier?.state === 'begun') return earlier;
  const [since, held] = await Promise.all([port.mark(signal), heldNow(move, run)]);
  if (signal.aborted) return 'interrupted';
  if (held === null) return { why: `${unit} does not report which session keys it has` };
  const entry: Begun = { state: 'begun', unit, count, since, held };
  journal.write(entry);
  return entry;
}

/** By node; null if a node does not report it. */
async function heldNow({ nodes, signs }: Move, { port, signal }: RunSettings): Promise<Begun['held'] | null> {
  if (!signs) return {};
  const asked = nodes.map((node) => ({ node, version: null, since: null }));
  const held: Record<string, string[]> = {};
  for (const { node, signer } of await port.facts(asked, signal)) {
    if (!signer?.held) return null;
    held[node] = [...signer.held];
  }
  return held;
}
