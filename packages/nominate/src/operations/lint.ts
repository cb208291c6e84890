import { KUSAMA_LIST, type ListRules, POLKADOT_LIST } from '../candidates/candidate.ts';
import { findingLine, type ListReport, lintList } from '../candidates/list.ts';
import { done, type Outcome, refusedBecause } from './outcome.ts';

const RULES: Readonly<Record<string, ListRules>> = { kusama: KUSAMA_LIST, polkadot: POLKADOT_LIST };

export interface LintRequest {
  /** The text of the candidate list. */
  readonly text: string;
  /** A network with built-in rules (`kusama`, `polkadot`), or the rules. */
  readonly network: string | ListRules;
}

/** The output of `candidates lint`. */
export interface LintResult {
  readonly report: ListReport;
  /** One line per finding, in the order of the file. */
  readonly lines: readonly string[];
  /** Whether the list can be loaded as a whole, that is, no finding is an error. */
  readonly clean: boolean;
}

/** `candidates lint`: all problems and oddities of a candidate list, with lines and remedies. */
export function lintCandidates({ text, network }: LintRequest): Outcome<LintResult> {
  const rules = typeof network === 'string' ? RULES[network] : network;
  if (rules === undefined) {
    return refusedBecause(
      'request',
      `there are no list rules for ${JSON.stringify(network)}; the known networks are ${Object.keys(RULES).join(', ')}`,
    );
  }
  const report = lintList(text, rules);
  const clean = report.findings.every(({ severity }) => severity !== 'error');
  return done({ report, lines: report.findings.map(findingLine), clean });
}
