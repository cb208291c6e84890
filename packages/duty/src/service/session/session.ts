import { messageOf, OVER } from '@watchbill/kit';
import { PermitFault, type SessionState } from '../contract.ts';
import type { CoreContext } from '../ground/context.ts';
import type { Comparison } from './comparison.ts';
import type { SessionEffect, SessionEvent } from './session-events.ts';
import { type Moment, momentOf, type SessionMachine, startedSession } from './state.ts';
import { stepSession } from './step.ts';
import { open, readBack, renew, withRemedy } from './store-calls.ts';

/**
 * The service's session in the store: claim protocol section 6. `generation` rises whenever undelivered work
 * must be dropped; a claim replies only under the one it began in.
 */
export interface Session {
  state(): SessionState;
  detail(): string;
  /** Why the store did not take the last write of the session; null if it took it. */
  storeFault(): string | null;
  generation(): number;
  /** Text of the session record that every grant compares; null while no text is certain. */
  recordText(): string | null;
  /** True while a claim that began under `generation` may be answered. */
  holds(generation: number): boolean;
  /** Another service asks for our memory: undelivered work is dropped. */
  cancelUndelivered(): void;
  /**
   * A transaction that compared `compared` found another record: a renewal meanwhile, or the end of the
   * session.
   */
  compareFailed(compared: string, found: string | null): void;
  /** The session is over. */
  lost(why: string): void;
  /** The store contradicts the memory of a service. */
  behind(why: string): void;
  drain(): void;
  stop(): Promise<void>;
}

/** The work that the session leaves to others. */
export interface SessionTasks {
  readonly comparison: Pick<Comparison, 'obstacle'>;
  /** A clock step larger than this ends the session, in milliseconds. */
  readonly allowedSkewMs: () => number;
  /** A session record was just written: new units count from here. */
  readonly opened: (at: Moment) => Promise<void>;
  /** Append the last entry of every mark that is not in memory yet. */
  readonly learnMarks: () => Promise<void>;
  /** The session serves and was renewed: approve services that wait. */
  readonly serveOthers: (sessionText: string) => Promise<void>;
}

/** Longest life of a session: a store that goes back is noticed within a third of it. */
export const MAX_SESSION_TTL_MS = 30_000;

/** The machine, and the work around it. */
interface Shell {
  readonly context: CoreContext;
  readonly tasks: SessionTasks;
  readonly stopping: AbortController;
  machine: SessionMachine;
  /** Ends the pause of the loop. */
  waking: AbortController;
}

/**
 * Runs the session machine until `stop`. Throws a PermitFault for a life beyond {@link MAX_SESSION_TTL_MS}.
 */
export function startSession(context: CoreContext, tasks: SessionTasks): Session {
  checkTtl(context.options.sessionTtlMs);
  const [stopping, waking] = [new AbortController(), new AbortController()];
  const shell: Shell = { context, tasks, stopping, machine: startedSession(), waking };
  const running = run(shell);
  return {
    state: () => shell.machine.phase,
    detail: () => shell.machine.detail,
    storeFault: () => shell.machine.storeFault,
    generation: () => shell.machine.generation,
    recordText: () => recordText(shell),
    holds: (began) => holds(shell, began),
    cancelUndelivered: () => void step(shell, { kind: 'cancel-undelivered' }),
    compareFailed: (compared, found) => void step(shell, { kind: 'compare-failed', compared, found }),
    lost: (why) => void step(shell, { kind: 'lost', why }),
    behind: (why) => void step(shell, { kind: 'behind', why }),
    drain: () => void step(shell, { kind: 'drain' }),
    async stop() {
      stopping.abort();
      await running;
      await endSession(shell);
    },
  };
}

function now({ context }: Shell): Moment {
  return momentOf(context.parts.clock);
}

function recordText({ machine }: Shell): string | null {
  return machine.task.kind === 'unsure' ? null : (machine.open?.text ?? null);
}

function holds(shell: Shell, began: number): boolean {
  step(shell, { kind: 'asked', at: now(shell), allowedSkewMs: shell.tasks.allowedSkewMs() });
  const { phase, open, generation } = shell.machine;
  const answers = phase === 'serving' || phase === 'draining';
  return answers && open !== null && began === generation;
}

/** The record lapses by itself if the store does not answer. */
async function endSession(shell: Shell): Promise<void> {
  const { open: last } = shell.machine;
  step(shell, { kind: 'stopped' });
  const { parts, options } = shell.context;
  const timeoutMs = options.storeTimeoutMs;
  if (last !== null) await parts.store.revokeLease(last.leaseId, { timeoutMs }).catch(() => undefined);
}

/** One step: does the immediate effects, and returns the slow ones for the loop. */
function step(shell: Shell, event: SessionEvent): readonly SessionEffect[] {
  const { state, effects } = stepSession(shell.machine, event);
  const { log } = shell.context.parts;
  shell.machine = state;
  for (const effect of effects) {
    if (effect.kind === 'wake') shell.waking.abort(OVER);
    if (effect.kind === 'log') log[effect.level](logged(effect, state), effect.text);
  }
  return effects.filter(({ kind }) => kind !== 'wake' && kind !== 'log');
}

async function run(shell: Shell): Promise<void> {
  const { stopping, tasks } = shell;
  while (!stopping.signal.aborted) {
    shell.waking = new AbortController();
    let effects = step(shell, { kind: 'look', at: now(shell), allowedSkewMs: tasks.allowedSkewMs() });
    while (effects.length > 0 && !stopping.signal.aborted) effects = await performAll(shell, effects);
  }
}

async function performAll(
  shell: Shell,
  effects: readonly SessionEffect[],
): Promise<readonly SessionEffect[]> {
  const next: SessionEffect[] = [];
  for (const effect of effects) {
    const event = await perform(shell, effect);
    if (event !== null) next.push(...step(shell, event));
  }
  return next;
}

async function perform(shell: Shell, effect: SessionEffect): Promise<SessionEvent | null> {
  const { context, tasks } = shell;
  switch (effect.kind) {
    case 'open':
      return open(context, tasks.opened, () => now(shell)).catch((error: unknown) => ({
        kind: 'not-opened' as const,
        why: withRemedy(error),
      }));
    case 'renew':
      return renew(context, effect);
    case 'read-back':
      return readBack(context, effect.of);
    case 'check':
      void check(shell, effect.of, effect.except).then((event) => answered(shell, event));
      return null;
    case 'learn':
      void learn(shell, effect.of).then((event) => answered(shell, event));
      return null;
    case 'serve-others':
      await serveOthers(shell);
      return null;
    case 'wait':
      await pause(shell, effect.ms);
      return null;
    default:
      return null;
  }
}

/** The answer of something that ran beside the loop. */
function answered(shell: Shell, event: SessionEvent): void {
  for (const effect of step(shell, event)) void perform(shell, effect);
}

async function check(shell: Shell, of: string, except: ReadonlySet<string>): Promise<SessionEvent> {
  try {
    const { obstacle, agreed } = await shell.tasks.comparison.obstacle(except);
    return { kind: 'checked', of, obstacle, agreed, at: now(shell) };
  } catch (error) {
    return { kind: 'not-checked', of, why: messageOf(error), at: now(shell) };
  }
}

async function learn(shell: Shell, of: string): Promise<SessionEvent> {
  try {
    await shell.tasks.learnMarks();
    return { kind: 'learned', of };
  } catch (error) {
    return { kind: 'not-checked', of, why: messageOf(error), at: now(shell) };
  }
}

/** Best effort: after a failure the next renewal tries again. */
async function serveOthers(shell: Shell): Promise<void> {
  const { context, tasks } = shell;
  const text = recordText(shell);
  if (text === null) return;
  await tasks.serveOthers(text).catch((error: unknown) => {
    const fields = { event: 'session', error: messageOf(error) };
    context.parts.log.warn(fields, 'waiting services were not looked at');
  });
}

async function pause(shell: Shell, ms: number): Promise<void> {
  const { context, stopping } = shell;
  const abort = () => shell.waking.abort(OVER);
  stopping.signal.addEventListener('abort', abort, { once: true });
  if (stopping.signal.aborted) abort();
  await context.parts.clock.sleep(ms, shell.waking.signal);
  stopping.signal.removeEventListener('abort', abort);
}

function checkTtl(ttlMs: number): void {
  if (ttlMs <= MAX_SESSION_TTL_MS) return;
  throw new PermitFault(
    'session-too-long',
    400,
    `a session of ${ttlMs} ms is longer than ${MAX_SESSION_TTL_MS} ms`,
    'Make session.ttlMs smaller: a store that went back is noticed within a third of it.',
  );
}

function logged(effect: Extract<SessionEffect, { kind: 'log' }>, { phase, detail }: SessionMachine) {
  return { event: effect.event, state: phase, detail: effect.event === 'session' ? detail : effect.text };
}
