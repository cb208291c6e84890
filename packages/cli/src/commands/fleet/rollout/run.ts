import { counted } from '@watchbill/base';
import type { RolloutEnd, RolloutEvent, RolloutHeader, RolloutPort } from '@watchbill/fleet-run/rollout';
import { lines } from '../../../output/print.ts';
import { EXIT, type ExitCode } from '../../../process/exit.ts';
import { fault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import type { RolloutChoice } from './flags.ts';

const POLL_MS = 1_000;

export interface RolloutRun {
  readonly choice: RolloutChoice;
  readonly journalFile: string;
  readonly header: RolloutHeader;
  /** Makes what the change needs and what restarts nothing; in words why it could not. */
  readonly prepare?: (signal: AbortSignal) => Promise<string | null>;
  /** Over what the journal says was there before. */
  readonly open: (before: RolloutHeader['before']) => Promise<RolloutPort & { readonly close: () => void }>;
  readonly json: boolean;
}

/** Waits for the moment, rolls out, and says how it ended. */
export async function runAndSay(io: Io, run: RolloutRun): Promise<ExitCode> {
  const { openRollout, runRollout } = await import('@watchbill/fleet-run/rollout');
  const opened = openRollout(run.journalFile, run.header);
  if (!opened.ok)
    throw fault(`rollout-${opened.reason}`, EXIT.usage, {
      what: opened.detail,
      where: run.journalFile,
      remedy:
        opened.reason === 'busy'
          ? 'wait for the one that runs'
          : 'go on with the one that was begun, with its own flags; where its end is known otherwise, remove the journal',
    });
  const { journal } = opened;
  const stop = new AbortController();
  const release = io.onStopSignal(() => stop.abort(new Error('told to stop')));
  const say = (value: object, text: string) =>
    io.out(run.json ? `${JSON.stringify(value)}\n` : lines([text]));
  const port = await run.open(journal.header.before);
  try {
    if (journal.entries().length > 0) say({ kind: 'resumed' }, `goes on      ${journal.header.title}`);
    else await waitForMoment(io, run, port, say, stop.signal);
    const end = await runRollout({
      port,
      settings: run.choice.settings,
      journal,
      prepare: run.prepare,
      clock: io.clock,
      pollMs: POLL_MS,
      onEvent: (event) => say({ kind: 'event', ...event }, eventText(event)),
      signal: stop.signal,
    });
    say({ kind: 'end', ...end }, endText(end));
    return exitOf(end);
  } finally {
    release();
    port.close();
    journal.close();
  }
}

/** There is nothing to roll out, and why. */
export function sayNothing(io: Io, json: boolean | undefined, why: string): void {
  io.out(
    json === true
      ? `${JSON.stringify({ kind: 'end', how: 'nothing', why })}\n`
      : lines([`nothing to do: ${why}`]),
  );
}

type Say = (value: object, text: string) => void;

async function waitForMoment(
  io: Io,
  { choice }: RolloutRun,
  port: RolloutPort,
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  const { condition, deadlineMs } = choice;
  if (condition === null) return;
  const { conditionText, untilMet } = await import('@watchbill/fleet-run/rollout');
  const ended = await untilMet({
    condition,
    read: () => port.final(signal),
    clock: io.clock,
    pollMs: POLL_MS,
    deadlineMs,
    onWait: (detail) => say({ kind: 'waiting', detail }, `waiting      ${detail}`),
    signal,
  });
  if (ended === 'met') return say({ kind: 'met' }, `begins       ${conditionText(condition)}`);
  throw fault('rollout-not-begun', EXIT.unknown, {
    what:
      ended === 'late'
        ? `it was not seen within ${deadlineMs / 3_600_000} h that ${conditionText(condition)}; nothing was touched`
        : 'told to stop before it began; nothing was touched',
    remedy: 'run it again, or allow more time with --deadline',
  });
}

function eventText({ state, what, detail }: RolloutEvent): string {
  return `${state.padEnd(12)} ${[what, detail].filter((one) => one !== '').join(': ')}`;
}

function endText(end: RolloutEnd): string {
  switch (end.how) {
    case 'done':
      return `done         ${counted(end.changed.length, 'node is', 'nodes are')} changed and verified`;
    case 'not-begun':
      return `not begun    no node was touched: ${end.why}`;
    case 'interrupted':
      return `stopped      as it was told; left: ${end.left.join('; ')}. Run it again to go on`;
    case 'rolled-back':
      return [
        `went back    because of ${end.why}`,
        `. As before: ${end.restored.join(', ') || 'nothing'}`,
        end.left.length === 0
          ? ''
          : `. NOT PUT BACK: ${end.left.map(({ unit, why }) => `${unit} (${why})`).join('; ')}. Remove the cause and run it again`,
      ].join('');
  }
}

function exitOf(end: RolloutEnd): ExitCode {
  if (end.how === 'done') return EXIT.ok;
  return end.how === 'interrupted' ? EXIT.unknown : EXIT.fault;
}
