import { type ChainView, NodeFault, type NodeRpc } from '@watchbill/chain';
import { type Clock, Fault, fault, growingMs, type Problem } from '@watchbill/kit';
import type { Logger } from 'pino';
import type { Api } from '../../client/api.ts';

/** The parts of each step of an observer. */
export interface StepParts {
  readonly node: NodeRpc;
  readonly api: Api;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The next number of an observer's reports. It takes one for each gap too, so that the service knows that it
 * may have missed a signature: decision 0092. They begin at the clock, so that a restart is a gap.
 */
export function reportNumbers(clock: Clock): () => number {
  let last = clock.nowMs();
  return () => ++last;
}

/** A part of an observer that may fail without the others. Throws a NodeFault or a Fault. */
export type Step = (view: ChainView) => Promise<void>;

const LONGEST_PAUSE_MS = 30_000;

/** The pause after failures in a row. */
export function pauseMs(intervalMs: number, failures: number): number {
  return Math.max(intervalMs, growingMs(failures, intervalMs, LONGEST_PAUSE_MS));
}

export interface StepEvents {
  readonly done: (name: string) => void;
  readonly failed: (name: string, error: unknown) => void;
}

/**
 * Runs each step by itself: one that fails holds up neither the next one nor the reports of the heights, by
 * which services bound their grants. It is tried again after a pause that grows.
 */
export function separateSteps(
  steps: Readonly<Record<string, Step>>,
  { clock, intervalMs }: { readonly clock: Clock; readonly intervalMs: number },
  events: StepEvents,
): (view: ChainView, stopped: AbortSignal) => Promise<void> {
  const states = Object.entries(steps).map(([name, run]) => ({ name, run, failures: 0, notBeforeMs: 0 }));
  return async (view, stopped) => {
    for (const state of states) {
      if (stopped.aborted) return;
      if (clock.monotonicMs() < state.notBeforeMs) continue;
      try {
        await state.run(view);
        state.failures = 0;
        events.done(state.name);
      } catch (error) {
        if (stopped.aborted) return;
        state.failures += 1;
        state.notBeforeMs = clock.monotonicMs() + pauseMs(intervalMs, state.failures);
        events.failed(state.name, error);
      }
    }
  };
}

/** The problem with its code, for the log. An unexpected error is a defect, and is thrown again. */
export function problemOf(error: unknown): Problem & { readonly code: string } {
  if (error instanceof NodeFault)
    return { code: `node-${error.code}`, what: error.message, where: null, remedy: error.remedy };
  if (error instanceof Fault && error.problems[0] !== undefined)
    return { code: error.code, ...error.problems[0] };
  throw error;
}

/** The same as the error of a command. */
export function nodeFault(error: unknown): unknown {
  if (!(error instanceof NodeFault)) return error;
  const { code, what, remedy } = problemOf(error);
  return fault(code, 'fault', { what, remedy }, error);
}
