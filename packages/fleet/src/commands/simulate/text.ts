import { counted, visible } from '@watchbill/kit';
import type { StepResult } from '../../lab/simulate/index.ts';

/** The result of a run. */
export interface SimulationReport {
  readonly format: 'watchbill/simulation-report/1';
  readonly name: string;
  readonly passed: boolean;
  readonly steps: readonly StepResult[];
  readonly nodes: readonly { readonly name: string; readonly rpcUrl: string; readonly logFile: string }[];
  /** Programs beside the nodes that ended before the run did. */
  readonly endedBeside: readonly { readonly name: string; readonly how: string }[];
  /** Ids of parachains that were checked and not run. */
  readonly parachainsNotRun: readonly number[];
}

/** One step as a line. */
export function stepLine({ step, text, outcome, seen, why, tookMs }: StepResult): string {
  const values = Object.entries(seen).map(([name, value]) => `${name} ${value ?? '?'}`);
  const shown = why ?? values.join(', ');
  const tail = shown === '' ? '' : `: ${shown}`;
  return visible(`${outcome.padEnd(8)} ${step}. ${text} (${(tookMs / 1_000).toFixed(1)} s)${tail}`);
}

/** The last line. */
export function verdictLine({ passed, steps, parachainsNotRun }: SimulationReport): string {
  const held = steps.filter(({ outcome }) => outcome === 'held').length;
  const left = parachainsNotRun.length === 0 ? '' : `; parachains not run: ${parachainsNotRun.join(', ')}`;
  return `${passed ? 'passed' : 'failed'}   ${held} of ${counted(steps.length, 'step')} held${left}`;
}
