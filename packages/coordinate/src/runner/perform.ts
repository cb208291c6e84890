import { type Clock, messageOf, within } from '@watchbill/kit';
import { encodeCursor } from '../cursor-codec.ts';
import type { Effect } from '../engine/effects.ts';
import type { Rules } from '../rules.ts';
import type { Transport } from '../transport/port.ts';
import type { Executions } from './executions.ts';
import type { RunEvent, RunLimits } from './group-events.ts';
import type { Records } from './ports.ts';
import type { Questions } from './questions.ts';

export interface PerformParts<Plan, Round, Proposal> {
  readonly rules: Pick<Rules<Plan, Round, Proposal>, 'profile' | 'group'>;
  readonly records: Records;
  readonly transport: Pick<Transport, 'broadcast'>;
  readonly questions: Questions<Plan>;
  readonly executions: Executions;
  readonly limits: RunLimits;
  readonly time: Clock;
  readonly tell: (event: RunEvent<Plan, Round>) => void;
}

/** The record that could not be stored. */
export interface StoreFailure {
  readonly what: string;
  readonly why: string;
}

/**
 * Performs effects in order. Stops at the first record that could not be stored, and returns it: then the
 * step does not count. If the process is stopped, storing may finish within its deadline.
 */
export async function perform<Plan, Round, Proposal>(
  parts: PerformParts<Plan, Round, Proposal>,
  effects: readonly Effect<Plan>[],
): Promise<StoreFailure | null> {
  for (const effect of effects) {
    const keep = keeping(parts, effect);
    if (keep === null) start(parts, effect);
    else {
      try {
        await within(effect.kind, parts.limits.storeTimeoutMs, NEVER, keep, parts.time);
      } catch (error) {
        return { what: effect.kind, why: messageOf(error) };
      }
    }
    parts.tell({ kind: 'performed', effect });
  }
  return null;
}

const NEVER = new AbortController().signal;

/** How an effect is stored, or null for an effect that is not durable. */
function keeping<Plan, Round, Proposal>(
  { rules, records }: PerformParts<Plan, Round, Proposal>,
  effect: Effect<Plan>,
): (() => Promise<void>) | null {
  if (effect.kind === 'store-cursor') return () => records.storeCursor(encodeCursor(rules, effect.cursor));
  if (effect.kind === 'record-fault') return () => records.fault(effect.window, effect.fault);
  if (effect.kind === 'record-outcome') return () => records.outcome(effect.outcome);
  return null;
}

function start<Plan, Round, Proposal>(
  { transport, questions, executions, tell }: PerformParts<Plan, Round, Proposal>,
  effect: Effect<Plan>,
): void {
  switch (effect.kind) {
    case 'broadcast':
      try {
        transport.broadcast({ type: effect.type, payload: effect.payload });
      } catch (error) {
        tell({ kind: 'port-failed', what: 'broadcast', why: messageOf(error) });
      }
      break;
    case 'read-inputs':
    case 'generate':
    case 'validate':
      questions.ask(effect);
      break;
    case 'ask-again-after':
      questions.askAgainAfter(effect);
      break;
    case 'execute':
      executions.begin(effect.execution);
      break;
    default:
    // A notice or a dropped event: the watchers already have it.
  }
}
