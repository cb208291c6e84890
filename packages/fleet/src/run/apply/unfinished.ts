import type { Plan } from '../../file/plan/index.ts';
import { isSigning } from './apply-plan.ts';
import { readJournal } from './journal-text.ts';

/** A plan of which steps were begun and never verified. */
export interface UnfinishedPlan {
  readonly plan: string;
  /** Ids of those steps. */
  readonly steps: readonly string[];
}

/**
 * The steps of a journal that begin, end or change the use of keys and may not be finished: a signer that was
 * asked to stop may still run. Null if there is none. `stepsOf` returns the steps of a plan, or null if that
 * plan is gone; then any step may be such a step.
 */
export function unfinishedSigning(
  text: string,
  network: string,
  stepsOf: (plan: string) => Plan['steps'] | null,
): UnfinishedPlan | null {
  const read = readJournal(text);
  if (!read.ok || read.header === null || read.header.network !== network) return null;
  const last = new Map(read.entries.map(({ step, state }) => [step, state]));
  const open = [...last].filter(([, state]) => state !== 'verified' && state !== 'rolled-back');
  if (open.length === 0) return null;
  const known = stepsOf(read.header.plan);
  const isOfKeys = (id: string): boolean => {
    const step = known?.find((one) => one.id === id);
    return step === undefined || isSigning(step);
  };
  const steps = open.map(([id]) => id).filter(isOfKeys);
  return steps.length === 0 ? null : { plan: read.header.plan, steps };
}
