import { messageOf } from '@watchbill/kit';
import type { Execution } from '../cursor.ts';
import type { EngineEvent } from '../engine/engine-events.ts';
import type { Executor } from './ports.ts';

/** Actions that run here; one at a time in a group, but an old one may still be ending. */
export interface Executions {
  /** Begins it, unless it already runs. */
  begin(execution: Execution): void;
  /** Resolves when none is left. */
  settled(): Promise<void>;
}

export function createExecutions<Proposal>(
  executor: Executor,
  signal: AbortSignal,
  answer: (event: EngineEvent<Proposal>) => void,
  ended: (window: bigint, failed: string | null) => void,
): Executions {
  const running = new Map<bigint, Promise<void>>();

  async function run(execution: Execution): Promise<void> {
    let failed: string | null = null;
    try {
      await executor.execute(execution, signal);
    } catch (error) {
      failed = messageOf(error);
    }
    running.delete(execution.window);
    // An execution that stopped with the process continues after the restart, so the engine gets no end of
    // it.
    if (signal.aborted) return;
    ended(execution.window, failed);
    answer({ kind: 'action-ended', window: execution.window });
  }

  return {
    begin: (execution) => {
      if (!running.has(execution.window)) running.set(execution.window, run(execution));
    },
    settled: async () => {
      await Promise.all(running.values());
    },
  };
}
