import type { RolloutGates } from '../../file/network/index.ts';
import type { NodeFacts } from './facts.ts';
import { checksOf, type Finding, finalityLag } from './health-checks.ts';

export interface Verdict {
  readonly verdict: 'pass' | 'fail' | 'wait';
  /** Waiting helps no more. */
  readonly isFinal: boolean;
  /** Findings that are not `pass`. */
  readonly findings: readonly Finding[];
}

export interface AnalysisInput {
  readonly gates: RolloutGates;
  readonly changed: readonly NodeFacts[];
  /** Unchanged nodes, to compare with; may be empty if the network has no other. */
  readonly baseline: readonly NodeFacts[];
  /** Key sets that each signer held before the change. */
  readonly heldBefore: ReadonlyMap<string, readonly string[]>;
}

/** A reading older than this counts as no data. */
export const OLDEST_READING_MS = 15_000;

/** Whether the changed nodes are as they should be, measured by those that were not changed. Pure. */
export function analyse({ gates, changed, baseline, heldBefore }: AnalysisInput): Verdict {
  const bestElsewhere = baseline.length === 0 ? undefined : highest(baseline);
  const findings = changed.flatMap((facts) => {
    const stale = staleness(facts);
    if (stale !== null) return [stale];
    const measure = {
      gates,
      bestElsewhere,
      heldBefore: heldBefore.get(facts.node) ?? null,
      sinceChange: true,
    };
    return checksOf(facts, measure);
  });
  const failures = changed.flatMap(({ node, failure }): readonly Finding[] =>
    failure === null ? [] : [{ check: 'version', node, state: 'fail', why: failure }],
  );
  return verdictOf([...failures, ...findings, ...ofBaseline(baseline, gates)], failures.length > 0);
}

/** Whether the unchanged nodes are good enough to begin: every one of them must pass, with data. Pure. */
export function analyseBefore(
  nodes: readonly NodeFacts[],
  gates: RolloutGates,
  changing: ReadonlySet<string> = new Set(),
): Verdict {
  const findings = nodes.flatMap((facts) => {
    const stale = staleness(facts);
    if (stale !== null) return [stale];
    const measure = { gates, bestElsewhere: highest(nodes), heldBefore: null, sinceChange: false };
    return [...checksOf(facts, measure), ...(changing.has(facts.node) ? [canBeJudged(facts, gates)] : [])];
  });
  return verdictOf(findings, false);
}

/** The data for a later check must exist now. */
function canBeJudged({ node, rpcCalls }: NodeFacts, gates: RolloutGates): Finding {
  if (gates.rpcErrors === null || rpcCalls !== null)
    return { check: 'rpcErrors', node, state: 'pass', why: '' };
  const why = 'its metrics do not show its RPC errors; serve them, or write rollout.gates.rpcErrors: null';
  return { check: 'rpcErrors', node, state: 'wait', why };
}

/** A failure of the other nodes is a failure of the change too; one of them with data is enough. */
function ofBaseline(baseline: readonly NodeFacts[], gates: RolloutGates): readonly Finding[] {
  return baseline.flatMap((facts): readonly Finding[] => {
    if (staleness(facts) !== null || facts.best === null || facts.finalised === null) return [];
    const judged = finalityLag(facts, gates);
    return [{ check: 'finalityLag', node: facts.node, state: judged.state, why: judged.why }];
  });
}

function staleness({ node, ageMs }: NodeFacts): Finding | null {
  if (ageMs <= OLDEST_READING_MS) return null;
  const why = `its data is ${Math.round(ageMs / 1000)} s old`;
  return { check: 'inSync', node, state: 'wait', why };
}

function highest(nodes: readonly NodeFacts[]): number | null {
  const known = nodes.flatMap((facts) =>
    facts.best === null || staleness(facts) !== null ? [] : [facts.best],
  );
  return known.length === 0 ? null : Math.max(...known);
}

function verdictOf(all: readonly Finding[], isFinal: boolean): Verdict {
  const findings = all.filter(({ state }) => state !== 'pass');
  if (findings.some(({ state }) => state === 'fail')) return { verdict: 'fail', isFinal, findings };
  // No findings at all means no data, and so no pass.
  if (findings.length > 0 || all.length === 0) return { verdict: 'wait', isFinal: false, findings };
  return { verdict: 'pass', isFinal: false, findings };
}

/** A verdict in words. */
export function verdictText({ findings }: Pick<Verdict, 'findings'>): string {
  if (findings.length === 0) return 'no data';
  const failed = findings.filter(({ state }) => state === 'fail');
  return (failed.length > 0 ? failed : findings)
    .map(({ node, check, why }) => `${node}: ${why} (${check})`)
    .join('; ');
}
