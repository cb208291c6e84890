import { type Clock, messageOf } from '@watchbill/kit';
import { withDeadline } from '../../file/live/index.ts';
import { BackupFault } from './backup-fault.ts';
import type { NodeControl } from './port.ts';
import type { NodeFacts } from './run-state.ts';

export interface StartParts {
  readonly control: NodeControl;
  readonly clock: Clock;
  /** Until it answers. */
  readonly startMs: number;
}

const LOOK_EVERY_MS = 200;

/**
 * Starts the node and waits until it answers on its chain. Has a separate deadline, because a stopped run
 * starts the node too.
 */
export async function startedAgain(parts: StartParts, genesis: string): Promise<NodeFacts> {
  const { control, clock, startMs } = parts;
  try {
    return await withDeadline(clock, startMs, null, async (signal) => {
      await control.start(signal);
      return untilAnswers(parts, genesis, signal);
    });
  } catch (error) {
    throw new BackupFault(
      'node-down',
      `${control.node} IS DOWN: it was started and does not answer (${messageOf(error)})`,
      `read the log of ${control.node}, start it by hand, then run this again: it continues from there`,
      error,
    );
  }
}

/** Waits until the node answers on the chain with that first block. Rejects at the signal. */
export async function untilAnswers(
  { control, clock }: StartParts,
  genesis: string,
  signal: AbortSignal,
): Promise<NodeFacts> {
  let last = 'no answer';
  while (!signal.aborted) {
    const facts = await control.facts(signal).catch((error: unknown) => {
      last = messageOf(error);
      return null;
    });
    if (facts !== null && facts.genesis === genesis) return facts;
    if (facts !== null) throw new Error(`it runs another chain: its first block is ${facts.genesis}`);
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
  throw new Error(last);
}
