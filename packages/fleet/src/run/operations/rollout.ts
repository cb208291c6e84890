import type { Clock } from '@watchbill/kit';
import { fault } from '@watchbill/kit';
import type { Network } from '../../file/index.ts';
import { type RolloutSettings, rolloutSettings } from '../../file/network/index.ts';
import { type Condition, conditionOf, conditionText, untilMet } from '../rollout/condition.ts';
import type { RolloutHeader } from '../rollout/journal.ts';
import type { RolloutPort } from '../rollout/port.ts';
import { runRollout } from '../rollout/roll.ts';
import type { RolloutEnd, RolloutEvent } from '../rollout/settings.ts';
import type { RolloutMemory } from './fleet-ports.ts';

const POLL_MS = 1_000;

/** The settings of a roll-out that a person sets differently from the network file. */
export interface RolloutWishes {
  /** When it begins. */
  readonly condition?: Condition | undefined;
  /** Longest wait for that moment. */
  readonly deadlineMs: number;
  /** How long the checks hold after each stage. */
  readonly soakSeconds?: number | undefined;
  /** Longest wait for the checks of a stage. */
  readonly gateSeconds?: number | undefined;
}

/** Something that happens in a roll-out. */
export type RolloutNews =
  /** It continues an earlier run. */
  | { readonly kind: 'resumed'; readonly title: string }
  /** Its condition is not met yet. */
  | { readonly kind: 'waiting'; readonly detail: string }
  | { readonly kind: 'met'; readonly condition: Condition }
  | { readonly kind: 'event'; readonly event: RolloutEvent };

/** The inputs that an operation cannot find out itself. */
export interface RolloutRun {
  readonly clock: Clock;
  readonly memory: RolloutMemory;
  /** Null: no network file is at hand, and the settings of the program apply. */
  readonly network: Network | null;
  readonly wishes: RolloutWishes;
  readonly header: RolloutHeader;
  /** Makes the objects that the change needs and that restart no node; returns the reason of a failure. */
  readonly prepare?: (signal: AbortSignal) => Promise<string | null>;
  /** Over the objects that the journal has from before. */
  readonly open: (before: RolloutHeader['before']) => Promise<RolloutPort & { readonly close: () => void }>;
  readonly onEvent: (news: RolloutNews) => void;
  /** Once it is aborted, no new change begins. */
  readonly signal: AbortSignal;
}

/**
 * Waits for the condition and rolls out, or continues the roll-out of the journal. Throws a Fault if the
 * journal is locked, damaged or of another roll-out, and if the moment did not come.
 */
export async function rollOut(run: RolloutRun): Promise<RolloutEnd> {
  const { clock, memory, onEvent, signal } = run;
  const { settings, condition } = choiceOf(run);
  const opened = memory.open(run.header);
  if (!opened.ok)
    throw fault(`rollout-${opened.reason}`, opened.reason === 'damaged' ? 'fault' : 'denied', {
      what: opened.detail,
      where: memory.where,
      remedy:
        opened.reason === 'busy'
          ? 'wait for the one that runs'
          : 'continue the one that was begun, with its own flags; if you know that it has ended, remove the journal',
    });
  const { journal } = opened;
  let port: Awaited<ReturnType<RolloutRun['open']>> | null = null;
  try {
    port = await run.open(journal.header.before);
    if (journal.entries().length > 0) onEvent({ kind: 'resumed', title: journal.header.title });
    else if (condition !== null) await waitForMoment(run, condition, port);
    return await runRollout({
      port,
      settings,
      journal,
      prepare: run.prepare,
      clock,
      pollMs: POLL_MS,
      onEvent: (event) => onEvent({ kind: 'event', event }),
      signal,
    });
  } finally {
    port?.close();
    journal.close();
  }
}

/** The section of the network file, with the settings of the person over it. */
function choiceOf({ network, wishes }: Pick<RolloutRun, 'network' | 'wishes'>): {
  readonly settings: RolloutSettings;
  readonly condition: Condition | null;
} {
  const written = rolloutSettings(network?.file.rollout);
  return {
    settings: {
      ...written,
      soakSeconds: wishes.soakSeconds ?? written.soakSeconds,
      gateSeconds: wishes.gateSeconds ?? written.gateSeconds,
    },
    condition: wishes.condition ?? conditionOf(network?.file.upgradeAt),
  };
}

async function waitForMoment(
  { clock, wishes, onEvent, signal }: RolloutRun,
  condition: Condition,
  port: RolloutPort,
): Promise<void> {
  const { deadlineMs } = wishes;
  const ended = await untilMet({
    condition,
    read: () => port.final(signal),
    clock,
    pollMs: POLL_MS,
    deadlineMs,
    onWait: (detail) => onEvent({ kind: 'waiting', detail }),
    signal,
  });
  if (ended === 'met') return onEvent({ kind: 'met', condition });
  throw fault('rollout-not-begun', 'unknown', {
    what:
      ended === 'late'
        ? `it was not seen within ${deadlineMs / 3_600_000} h that ${conditionText(condition)}; no node was changed`
        : 'stopped on request before it began; no node was changed',
    remedy: 'run it again, or allow more time with --deadline',
  });
}
