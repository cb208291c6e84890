import { messageOf, OVER } from '@watchbill/kit';
import { PermitFault } from '../contract.ts';
import { type CoreContext, readText } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import type { Compared } from './comparison.ts';
import {
  type Act,
  become,
  end,
  endIfOver,
  nextAct,
  onChecked,
  onCompareFailed,
  onLearned,
  onNotChecked,
  onNotOpened,
  onNotReadBack,
  onOpened,
  onReadBack,
  onRenewed,
  type Turn,
} from './rules.ts';
import { type KnownSession, type Moment, momentOf, startedSession } from './state.ts';
import { open, renew, withRemedy } from './store-calls.ts';

/** The work that the session leaves to others. */
export interface SessionTasks {
  /** Compares memories, without these services, for as long as this session is open. */
  readonly compare: (except: ReadonlySet<string>, isOpen: () => boolean) => Promise<Compared>;
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

/** The session, and the work around it. */
interface Shell {
  readonly context: CoreContext;
  readonly tasks: SessionTasks;
  readonly stopping: AbortController;
  readonly session: KnownSession;
  /** Ends the pause of the loop. */
  waking: AbortController;
}

export type Session = ReturnType<typeof startSession>;

/**
 * The service's session in the store, which runs until `stop`: claim protocol section 6. `generation` rises
 * whenever undelivered work must be dropped; a claim replies only under the one it began in. Throws a
 * PermitFault for a life beyond {@link MAX_SESSION_TTL_MS}.
 */
export function startSession(context: CoreContext, tasks: SessionTasks) {
  const { sessionTtlMs } = context.options;
  if (sessionTtlMs > MAX_SESSION_TTL_MS)
    throw new PermitFault(
      'session-too-long',
      400,
      `a session of ${sessionTtlMs} ms is longer than ${MAX_SESSION_TTL_MS} ms`,
      'Make session.ttlMs smaller: a store that went back is noticed within a third of it.',
    );
  const [stopping, waking] = [new AbortController(), new AbortController()];
  const shell: Shell = { context, tasks, stopping, session: startedSession(), waking };
  const running = run(shell);
  return {
    state: () => shell.session.phase,
    detail: () => shell.session.detail,
    /** Why the store did not take the last write of the session; null if it took it. */
    storeFault: () => shell.session.storeFault,
    generation: () => shell.session.generation,
    /** Text of the session record that every grant compares; null while no text is certain. */
    recordText: () => recordText(shell),
    /** True while a claim that began under this generation may be answered. */
    holds: (began: number) => holds(shell, began),
    /** Another service asks for our memory: undelivered work is dropped. */
    cancelUndelivered: () =>
      take(shell, ({ session }) => {
        session.generation += 1;
      }),
    /** A transaction that compared a text found another one: a renewal meanwhile, or the session's end. */
    compareFailed: (compared: string, found: string | null) =>
      take(shell, (turn) => onCompareFailed(turn, compared, found)),
    /** The session is over. */
    lost: (why: string) => take(shell, (turn) => end(turn, 'checking', why)),
    /** The store contradicts the memory of a service. */
    behind: (why: string) => take(shell, (turn) => end(turn, 'behind', why)),
    drain: () => take(shell, (turn) => become(turn, 'draining', 'the service is stopping')),
    async stop() {
      stopping.abort();
      shell.waking.abort(OVER);
      await running;
      await endSession(shell);
    },
  };
}

function now({ context }: Shell): Moment {
  return momentOf(context.parts.clock);
}

function recordText({ session }: Shell): string | null {
  return session.task.kind === 'unsure' ? null : (session.open?.text ?? null);
}

function holds(shell: Shell, began: number): boolean {
  take(shell, (turn) => endIfOver(turn, now(shell), shell.tasks.allowedSkewMs()));
  const { phase, open, generation } = shell.session;
  const answers = phase === 'serving' || phase === 'draining';
  return answers && open !== null && began === generation;
}

/** The record lapses by itself if the store does not answer. */
async function endSession(shell: Shell): Promise<void> {
  const { session, context } = shell;
  Object.assign(session, { phase: 'stopped', detail: 'the service has stopped' });
  if (session.open === null) return;
  const timeoutMs = context.options.storeTimeoutMs;
  await context.parts.store.revokeLease(session.open.leaseId, { timeoutMs }).catch(() => undefined);
}

/** One change of the session; then it is logged, and the loop woken. After the stop there is none. */
function take<Result>(shell: Shell, change: (turn: Turn) => Result): Result | undefined {
  const { context, session } = shell;
  if (session.phase === 'stopped') return undefined;
  const turn: Turn = { session, lines: [], wakes: false };
  const result = change(turn);
  for (const { level, event, text } of turn.lines) {
    const detail = event === 'session' ? session.detail : text;
    context.parts.log[level]({ event, state: session.phase, detail }, text);
  }
  if (turn.wakes) shell.waking.abort(OVER);
  return result;
}

async function run(shell: Shell): Promise<void> {
  const { stopping, tasks } = shell;
  while (!stopping.signal.aborted) {
    shell.waking = new AbortController();
    let act = take(shell, (turn) => nextAct(turn, now(shell), tasks.allowedSkewMs()));
    while (act !== undefined && !stopping.signal.aborted) act = await perform(shell, act);
  }
}

/** The act that follows at once, if there is one. */
async function perform(shell: Shell, act: Act): Promise<Act | undefined> {
  const { context, tasks } = shell;
  switch (act.kind) {
    case 'open':
      return open(context, tasks.opened, () => now(shell)).then(
        (opened) => take(shell, (turn) => onOpened(turn, opened)),
        (error: unknown) => take(shell, (turn) => onNotOpened(turn, withRemedy(error))),
      );
    case 'renew': {
      const askedMs = context.parts.clock.monotonicMs();
      const answer = await renew(context, act);
      return take(shell, (turn) => onRenewed(turn, act.of, askedMs, answer));
    }
    case 'read-back':
      return readText(context, keys.session(context.parts.ledger.serviceId)).then(
        (found) => take(shell, (turn) => onReadBack(turn, act.of, found)),
        (error: unknown) => take(shell, (turn) => onNotReadBack(turn, act.of, withRemedy(error))),
      );
    case 'check':
      void check(shell, act.of, act.except);
      return;
    case 'serve-others':
      await serveOthers(shell);
      return;
    default:
      await context.parts.clock.sleep(act.ms, shell.waking.signal);
  }
}

/** Compares memories; if they agree with the store, learns its marks, and the service serves. */
async function check(shell: Shell, of: string, except: ReadonlySet<string>): Promise<void> {
  const { compare, learnMarks } = shell.tasks;
  try {
    const found = await compare(except, () => shell.session.open?.id === of);
    if (take(shell, (turn) => onChecked(turn, of, found, now(shell))) !== true) return;
    await learnMarks();
    take(shell, (turn) => onLearned(turn, of));
  } catch (error) {
    take(shell, (turn) => onNotChecked(turn, of, withRemedy(error), now(shell)));
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
