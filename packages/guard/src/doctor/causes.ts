import type { DoctorFacts } from './facts.ts';
import type { Check } from './finding.ts';
import { KEYSTORE_CHECKS } from './keystore-checks.ts';
import { NODE_CHECKS } from './node-checks.ts';
import type { Found } from './report.ts';
import { SESSION_CHECKS } from './session-checks.ts';
import { UNIT_CHECKS } from './unit-checks.ts';

/** Checks that can explain why a duty is missed, in the order in which one excludes the next. */
const CAUSES = [
  ...['unit-state', 'node-role', 'session-held', 'keystore-secrets', 'keystore-owner'],
  ...['node-syncing', 'node-peers', 'node-clock', 'node-behind', 'node-finality'],
];
const ALL = [...UNIT_CHECKS, ...SESSION_CHECKS, ...KEYSTORE_CHECKS, ...NODE_CHECKS];

/**
 * The possible causes of missed duties, each with its answer, and the remedy of the first one that applies.
 */
export interface CauseTree {
  /** For example `no: the node is in sync (the node still syncs)`. */
  readonly lines: readonly string[];
  readonly mend: string | null;
}

export function causeTree(facts: DoctorFacts): CauseTree {
  const answers = CAUSES.flatMap((id) => ALL.filter((check) => check.id === id)).map((check) =>
    answerOf(check, facts),
  );
  const { own } = facts;
  const down = own.looked ? 'yes: the node answers' : own.asked ? `no: the node answers (${own.why})` : null;
  return {
    lines: [...(down === null ? [] : [down]), ...answers.map(({ line }) => line)],
    mend: answers.find(({ cause }) => cause !== null)?.cause?.mend ?? null,
  };
}

function answerOf({ title, look }: Check, facts: DoctorFacts): { line: string; cause: Found | null } {
  const { found, missing: unknown } = look(facts, null);
  const [cause = null] = found;
  if (cause !== null) return { cause, line: `no: ${title} (${cause.what})` };
  return { cause, line: unknown === null ? `yes: ${title}` : `not looked: ${title} (${unknown.why})` };
}
