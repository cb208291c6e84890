import { neededConsent } from '@watchbill/fleet/file';
import { readNetworkFile } from '@watchbill/fleet/run/network-file';
import { applySaved, type FleetPorts, planNetwork } from '@watchbill/fleet/run/operations';

/** How a run of the gate ended. `id` begins the id of the plan. */
export type Verdict =
  | { readonly is: 'unchanged' }
  | { readonly is: 'applied'; readonly id: string; readonly steps: number }
  /** The plan has risks that a person must allow: it is saved, and no step was taken. */
  | { readonly is: 'waits'; readonly id: string; readonly risks: readonly string[] }
  | { readonly is: 'refused'; readonly problems: readonly string[] }
  | { readonly is: 'stopped'; readonly id: string; readonly why: readonly string[] };

export interface GateInput {
  readonly cwd: string;
  /** The network file, from `cwd`. */
  readonly file: string;
  readonly timeoutMs: number;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes the places equal to the network file, as a CI job may: it applies changes that risk neither signers
 * nor data, and leaves the others to a person. Throws an OperationFault, for example if a cluster does not
 * answer.
 */
export async function runGate(ports: FleetPorts, input: GateInput): Promise<Verdict> {
  const { print } = input;
  const declared = readNetworkFile(input.cwd, input.file, 'place');
  const { plan, notes } = await planNetwork(ports, {
    declared,
    timeoutMs: input.timeoutMs,
    onEvent: ({ kind }) => print(`warning ${kind}`),
  });
  for (const note of notes) print(`note    ${note}`);
  if (plan.problems.length > 0) return { is: 'refused', problems: plan.problems.map(({ what }) => what) };
  if (plan.steps.length === 0) return { is: 'unchanged' };
  const id = plan.id.slice(0, 12);
  const risks = neededConsent(plan);
  if (risks.length > 0) return { is: 'waits', id, risks };
  const { result } = await applySaved(ports, {
    plan: plan.id,
    allowed: { signing: false, dataLoss: false },
    gateTimeoutMs: input.timeoutMs,
    onEvent: ({ step, state }) => print(`${state.padEnd(11)} ${step.id}`),
    signal: input.signal,
  });
  if (result.left.length === 0) return { is: 'applied', id, steps: result.done.length };
  return { is: 'stopped', id, why: result.stops.map(({ step, detail }) => `${step.id}: ${detail}`) };
}
