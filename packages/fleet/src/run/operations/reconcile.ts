import { Fault } from '@watchbill/kit';
import type { PlanProblem, Step } from '../../file/index.ts';
import type { Stop } from '../apply/settings.ts';
import { applySaved } from './apply.ts';
import type { FleetPorts } from './fleet-ports.ts';
import { type Declared, planNetwork } from './plan.ts';

export interface ReconcileInput {
  /** Reads the network file anew for each round. */
  readonly read: () => Promise<Declared>;
  /** Apply the steps without risk. False: only report. */
  readonly applySafe: boolean;
  /** As in a plan. */
  readonly takeOver: boolean;
  /** Longest time for the look of one round. */
  readonly timeoutMs: number;
  /** Longest wait for one step to become healthy. */
  readonly gateTimeoutMs: number;
  /** From the end of one round to the begin of the next; null: one round. */
  readonly everyMs: number | null;
  readonly onRound: (round: Round) => void;
  readonly signal: AbortSignal;
}

/**
 * `as-declared`: nothing to do. `repaired`: every difference was without risk and is gone. `needs-person`:
 * steps or problems are left. `failed`: the round did not end, for example a place did not answer.
 */
export interface Round {
  readonly outcome: 'as-declared' | 'repaired' | 'needs-person' | 'failed';
  /** Ids of steps that this round carried out. */
  readonly repaired: readonly string[];
  /** Steps with a risk, steps that need one of them, and all steps without `applySafe`. */
  readonly left: readonly Pick<Step, 'id' | 'risk' | 'why'>[];
  readonly problems: readonly PlanProblem[];
  /** Steps that were begun and stopped. */
  readonly stops: readonly Pick<Stop, 'reason' | 'detail'>[];
  /** Why it failed; null otherwise. */
  readonly detail: string | null;
}

/**
 * Compares a network with its file again and again. It carries out steps without risk, and never one that
 * touches a signer, restarts a node, loses data or removes an object: those need a person, as does a plan
 * that is refused. Returns the last round, after the only one or once the signal is aborted.
 */
export async function reconcileNetwork(ports: FleetPorts, input: ReconcileInput): Promise<Round> {
  for (;;) {
    const round = await oneRound(ports, input).catch(failed);
    input.onRound(round);
    if (input.everyMs === null || input.signal.aborted) return round;
    await ports.clock.sleep(input.everyMs, input.signal).catch(() => undefined);
    if (input.signal.aborted) return round;
  }
}

async function oneRound(ports: FleetPorts, input: ReconcileInput): Promise<Round> {
  const { applySafe, takeOver, timeoutMs, gateTimeoutMs, signal } = input;
  const declared = await input.read();
  const onEvent = () => undefined;
  const made = await planNetwork(ports, { declared, takeOver, timeoutMs, signal, onlySafe: true, onEvent });
  const { problems, steps, id } = made.plan;
  const isApplied = applySafe && steps.length > 0;
  const allowed = { signing: false, dataLoss: false };
  const applied = isApplied
    ? (await applySaved(ports, { plan: id, allowed, gateTimeoutMs, onEvent, signal })).result
    : { done: [], left: steps.map((step) => step.id), stops: [] };
  const open = new Set(applied.left);
  const left = [...steps.filter((step) => open.has(step.id)), ...made.left];
  const isDone = left.length === 0 && problems.length === 0;
  return {
    outcome: !isDone ? 'needs-person' : applied.done.length > 0 ? 'repaired' : 'as-declared',
    repaired: applied.done,
    left: left.map((step) => ({ id: step.id, risk: step.risk, why: step.why })),
    problems,
    stops: applied.stops.map(({ reason, detail }) => ({ reason, detail })),
    detail: null,
  };
}

/** A defect of this program is not a state of the network, so it ends the command. */
function failed(error: unknown): Round {
  if (!(error instanceof Fault)) throw error;
  const detail = error.message;
  return { outcome: 'failed', repaired: [], left: [], problems: [], stops: [], detail };
}
