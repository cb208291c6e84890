import type { Clock } from '@watchbill/kit';
import type { Receipt } from '../../actions/receipt.ts';
import { oneLine } from '../../actions/text.ts';
import type { Execution } from '../../cursor.ts';
import { ACTIONS } from '../../rfc12/actions.ts';
import { scaledBlocks } from '../../rfc12/windows.ts';
import type { Note } from '../../rules.ts';
import { expired, lifeOf, untilKept } from '../execution-life.ts';
import type { Executor, Records } from '../ports.ts';
import type { HeightFeed } from '../quorum/height-feed.ts';
import type { StateFolder } from '../records/open.ts';
import { runProgram } from './program.ts';

export interface ExecutorParts {
  /** The program that carries an action out, with its arguments; null: agreed actions are recorded only. */
  readonly program: readonly string[] | null;
  readonly scale: number;
  readonly records: Pick<Records, 'receipt'>;
  readonly executions: Pick<StateFolder['executions'], 'take' | 'end'>;
  readonly feed: Pick<HeightFeed, 'follow'>;
  readonly note: (note: Note) => void;
  readonly time: Clock;
}

/** The time that keep-core allows for signing a transaction and broadcasting it. */
const PROGRAM_TIMEOUT_MS = 4 * 3_600_000;

/** Waits for the start block of an agreed action, runs the operator's program once, and keeps a receipt. */
export function rfc12Executor(parts: ExecutorParts): Executor {
  return {
    execute: async (execution, stopped) => {
      const { window } = execution;
      const taken = await untilKept(parts, 'execution', stopped, async () =>
        parts.executions.take(execution),
      );
      if (taken === undefined || taken !== null) return;
      const life = lifeOf(parts, execution, stopped);
      try {
        const receipt = await carriedOut(parts, execution, life.signal, stopped);
        if (receipt === null) return;
        await untilKept(parts, 'receipt', stopped, () => parts.records.receipt(window, receipt));
        await untilKept(parts, 'end', stopped, async () => parts.executions.end(window, receipt.result));
      } finally {
        life.end();
      }
    },
  };
}

/** Null if the process stops: then the action is not over, and is started again. */
async function carriedOut(
  parts: ExecutorParts,
  execution: Execution,
  signal: AbortSignal,
  stopped: AbortSignal,
): Promise<Receipt | null> {
  const { action } = execution;
  const hasBegun = await reached(parts, execution.startBlock, signal);
  if (stopped.aborted) return null;
  if (!hasBegun) return expired(action);
  if (parts.program === null) {
    const text = 'agreed; this member ran no program, because rfc12.execute is not set';
    return { action, result: 'step', text, extrinsic: null };
  }
  const end = await runProgram(parts.program, orderOf(parts, execution), {
    signal,
    timeoutMs: PROGRAM_TIMEOUT_MS,
  });
  if (stopped.aborted) return null;
  if (signal.aborted) return expired(action);
  if (end.result === 'ok')
    return { action, result: 'done', text: oneLine(end.output.split('\n')[0] ?? ''), extrinsic: null };
  return { action, result: end.result, text: end.detail, extrinsic: null };
}

async function reached({ feed }: ExecutorParts, block: bigint, signal: AbortSignal): Promise<boolean> {
  for await (const height of feed.follow(signal)) if (height >= block) return !signal.aborted;
  return false;
}

function orderOf({ scale }: ExecutorParts, execution: Execution): Readonly<Record<string, string>> {
  const { window, action, payload, startBlock, expiryBlock } = execution;
  const margin = ACTIONS.find(({ name }) => name === action)?.signingMarginBlocks ?? 0n;
  return {
    action,
    payload: Buffer.from(payload).toString('hex'),
    window: `${window}`,
    startBlock: `${startBlock}`,
    signBefore: `${expiryBlock - scaledBlocks(margin, scale)}`,
    expiryBlock: `${expiryBlock}`,
  };
}
