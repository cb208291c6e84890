import type { Execution } from '../cursor.ts';
import type { Effect } from '../engine/effects.ts';
import type { EngineEvent } from '../engine/engine-events.ts';
import type { Fault } from '../faults.ts';
import type { Outcome } from '../outcome.ts';
import type { QuorumPlan } from '../quorum/plan-port.ts';
import type { QuorumProposal } from '../quorum/self.ts';
import type { Validation } from '../rules.ts';
import type { Later } from './agenda.ts';
import type { Prng } from './prng.ts';

export type QuorumEffect = Effect<QuorumPlan>;
export type QuorumEvent = EngineEvent<QuorumProposal>;

/** The outside world of a member. Answers may come late, or never. */
export interface MemberPorts {
  readonly later: Later;
  readonly prng: Prng;
  broadcast(payload: Uint8Array): void;
  /** Null if its node does not answer. */
  inputs(effect: Extract<QuorumEffect, { readonly kind: 'read-inputs' }>): readonly Uint8Array[] | null;
  generate(plan: QuorumPlan, attempt: number): QuorumProposal | string;
  validate(plan: QuorumPlan, subject: Uint8Array): Validation;
  /** The remaining time of an action that begins or continues now. */
  runMs(execution: Execution): number;
  onOutcome(outcome: Outcome): void;
  onFault(window: bigint, fault: Fault): void;
  onExecute(execution: Execution): void;
  onDropped(why: string): void;
}

/** Performs all effects except storing, which may fail. */
export function perform(
  ports: MemberPorts,
  effect: QuorumEffect,
  answer: (event: QuorumEvent, delayMs?: number) => void,
): void {
  switch (effect.kind) {
    case 'read-inputs': {
      const { window } = effect;
      const inputs = ports.inputs(effect);
      answer(
        inputs === null
          ? { kind: 'no-inputs', window, why: 'no answer' }
          : { kind: 'inputs', window, inputs },
      );
      break;
    }
    case 'generate': {
      const { window, attempt, plan } = effect;
      const made = ports.generate(plan, attempt);
      if (typeof made === 'string') answer({ kind: 'no-proposal', window, attempt, why: made });
      else answer({ kind: 'proposal', window, attempt, proposal: made });
      break;
    }
    case 'validate': {
      const { window, key, plan, subject } = effect;
      answer({ kind: 'validated', window, key, answer: ports.validate(plan, subject) });
      break;
    }
    case 'execute':
      ports.onExecute(effect.execution);
      answer({ kind: 'action-ended', window: effect.execution.window }, ports.runMs(effect.execution));
      break;
    case 'broadcast':
      ports.broadcast(effect.payload);
      break;
    case 'record-fault':
      ports.onFault(effect.window, effect.fault);
      break;
    case 'record-outcome':
      ports.onOutcome(effect.outcome);
      break;
    case 'dropped':
      ports.onDropped(effect.why);
      break;
    default:
  }
}
