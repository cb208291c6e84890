import { type Clock, growingMs, messageOf, pause, systemClock, within } from '@watchbill/kit';
import type { EngineEvent } from '../engine/engine-events.ts';
import { type EngineState, startedState } from '../engine/state.ts';
import { type Step, step } from '../engine/step.ts';
import type { Verifier } from '../keys/verifier.ts';
import type { Incoming, Rules } from '../rules.ts';
import type { Transport, TransportEvents } from '../transport/port.ts';
import { createExecutions } from './executions.ts';
import { RunnerFault } from './fault.ts';
import { RUN_LIMITS, type RunEvent, type RunLimits } from './group-events.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { readCursor } from './load-cursor.ts';
import { type PerformParts, perform } from './perform.ts';
import type { RunnerPorts } from './ports.ts';
import { createQuestions } from './questions.ts';

/** Opens the transport of the group. It must not deliver messages before it resolves. */
export type OpenTransport = (events: TransportEvents) => Promise<Transport>;

export interface RunOptions<Plan, Round> {
  /** How many members the group has. */
  readonly seats: number;
  /** Ends the run: work in progress is finished or left, within `limits.drainTimeoutMs`. */
  readonly signal: AbortSignal;
  readonly limits?: Partial<RunLimits>;
  /** The clock of deadlines and pauses; the clock of this machine if left out. */
  readonly time?: Clock;
  /** The name of a sender in the rules. Default: its seat as text. */
  readonly senderOf?: (seat: number) => string;
  /** Takes messages that are not for the rules; true if it took one. Must not throw. */
  readonly aside?: (message: Incoming) => boolean | Promise<boolean>;
  /** See `Verifier`; messages step through it. Without it the rules verify in this thread. */
  readonly settled?: Verifier['settled'];
  /** The transport is open. The run begins after this resolves; if it rejects, the run ends with that. */
  readonly opened?: (transport: Transport) => void | Promise<void>;
  /** Gets every event. Must not throw. */
  readonly tell?: (event: RunEvent<Plan, Round>) => void;
  /** Passed on from the transport, for counters. */
  readonly wire?: Omit<TransportEvents, 'arrived'>;
}

/**
 * Runs one group until the signal ends: gives heights, answers and messages to the engine one at a time, and
 * performs its effects by the contract of {@link Effect}. Throws a {@link RunnerFault} if it cannot begin
 * (cursor) or go on (clock), and whatever the transport throws when it opens.
 */
export async function runGroup<Plan, Round, Proposal>(
  rules: Rules<Plan, Round, Proposal>,
  ports: RunnerPorts<Plan, Proposal>,
  openTransport: OpenTransport,
  options: RunOptions<Plan, Round>,
): Promise<void> {
  const limits = { ...RUN_LIMITS, ...options.limits };
  const time = options.time ?? systemClock();
  const tell = options.tell ?? (() => undefined);
  const cursor = await readCursor(rules, ports.records);
  tell({ kind: 'started', cursor });
  const inbox = createInbox<Proposal>(options.seats, limits.messagesPerSeat);
  const failing = new AbortController();
  const signal = AbortSignal.any([options.signal, failing.signal]);
  const transport = await openTransport(transportEvents(inbox, options, tell));
  try {
    await options.opened?.(transport);
  } catch (error) {
    await transport.close();
    throw error;
  }
  const answer = (event: EngineEvent<Proposal>) => inbox.answer(event);
  const questions = createQuestions({ ports, limits, time, signal, answer, tell });
  const executions = createExecutions(ports.executor, signal, answer, (window, failed) =>
    tell({ kind: 'execution-ended', window, failed }),
  );
  const { records } = ports;
  const settled = options.settled ?? (async (work) => work());
  const aside = options.aside ?? (() => false);
  const parts = { rules, records, transport, questions, executions, limits, time, tell, settled, aside };
  const clock = followClock(ports, inbox, tell, signal).catch((error: unknown) => failing.abort(error));
  try {
    await serve(parts, inbox, startedState(cursor), signal);
  } finally {
    failing.abort();
    tell({ kind: 'stopping' });
    questions.close();
    await drained({ limits, time }, [executions.settled(), transport.close(), clock]);
  }
  if (!options.signal.aborted) throw failing.signal.reason;
}

function transportEvents<Plan, Round, Proposal>(
  inbox: Inbox<Proposal>,
  { senderOf = String, wire }: RunOptions<Plan, Round>,
  tell: (event: RunEvent<Plan, Round>) => void,
): TransportEvents {
  return {
    ...wire,
    arrived: ({ seat, frame }) => {
      const { type, payload } = frame;
      if (!inbox.message(seat, { type, sender: senderOf(seat), payload }))
        tell({ kind: 'frame-dropped', seat, why: 'queue-full' });
    },
  };
}

async function followClock<Plan, Round, Proposal>(
  { clock }: RunnerPorts<Plan, Proposal>,
  inbox: Inbox<Proposal>,
  tell: (event: RunEvent<Plan, Round>) => void,
  signal: AbortSignal,
): Promise<void> {
  for await (const height of clock.heights(signal)) {
    if (signal.aborted) return;
    tell({ kind: 'height', height });
    inbox.height(height);
  }
  if (signal.aborted) return;
  throw new RunnerFault(
    'clock-ended',
    'the chain clock ended, although the run was not stopped',
    'start the member again, and report this defect',
  );
}

interface ServeParts<Plan, Round, Proposal> extends PerformParts<Plan, Round, Proposal> {
  readonly rules: Rules<Plan, Round, Proposal>;
  readonly settled: Verifier['settled'];
  readonly aside: (message: Incoming) => boolean | Promise<boolean>;
}

/** One event after another, each repeated until it is stored. */
async function serve<Plan, Round, Proposal>(
  parts: ServeParts<Plan, Round, Proposal>,
  inbox: Inbox<Proposal>,
  first: EngineState<Plan, Round>,
  signal: AbortSignal,
): Promise<void> {
  let state = first;
  let event = await inbox.next(signal);
  while (event !== null) {
    if (event.kind !== 'message' || !(await parts.aside(event.message))) {
      state = await settle(parts, state, event, signal);
      parts.tell({ kind: 'stepped', state });
    }
    event = await inbox.next(signal);
  }
}

/** The state after an event: the new one once everything is stored, the old one if the run ends before. */
async function settle<Plan, Round, Proposal>(
  parts: ServeParts<Plan, Round, Proposal>,
  state: EngineState<Plan, Round>,
  event: EngineEvent<Proposal>,
  signal: AbortSignal,
): Promise<EngineState<Plan, Round>> {
  for (let failures = 0; ; failures++) {
    const next = await stepped(parts, state, event);
    if (next === null) return state;
    const failure = await perform(parts, next.effects);
    if (failure === null) {
      if (failures > 0) parts.tell({ kind: 'store-works' });
      return next.state;
    }
    const pauseMs = growingMs(failures, parts.limits.storePauseMs, parts.limits.longestStorePauseMs);
    parts.tell({ kind: 'store-failed', ...failure, pauseMs });
    await pause(pauseMs, signal, parts.time);
    if (signal.aborted) return state;
  }
}

/**
 * Rules that throw are a defect. A message is then dropped; any other event ends the process with an error.
 */
async function stepped<Plan, Round, Proposal>(
  { rules, settled, tell }: ServeParts<Plan, Round, Proposal>,
  state: EngineState<Plan, Round>,
  event: EngineEvent<Proposal>,
): Promise<Step<Plan, Round> | null> {
  if (event.kind !== 'message') return step(rules, state, event);
  try {
    return await settled(() => step(rules, state, event));
  } catch (error) {
    tell({ kind: 'rules-threw', event: event.kind, why: messageOf(error) });
    return null;
  }
}

async function drained(
  { limits, time }: Pick<PerformParts<never, never, never>, 'limits' | 'time'>,
  endings: readonly Promise<unknown>[],
): Promise<void> {
  const all = () => Promise.allSettled(endings);
  try {
    await within('draining', limits.drainTimeoutMs, new AbortController().signal, all, time);
  } catch {
    // Work that did not end in time is abandoned. Its records are durable, and the next start continues from
    // them.
  }
}
