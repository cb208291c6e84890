import { randomHex } from '@watchbill/base';
import { StoreFault } from '@watchbill/store';
import { PermitFault, type SessionState } from '../../contract.ts';
import { type Comparison, messageOf } from '../comparison.ts';
import { type CoreContext, readTexts } from '../context.ts';
import { keys } from '../keys.ts';
import { toBytes } from '../records.ts';
import type { RenewalAnswer, SessionEffect, SessionEvent } from './events.ts';
import { decodeSession, encodeSession } from './record.ts';
import { type Moment, type SessionMachine, startedSession } from './state.ts';
import { stepSession } from './step.ts';

/**
 * The service's session in the store: claim protocol section 6. `generation` rises whenever undelivered work
 * must be dropped; a claim replies only under the one it began in.
 */
export interface Session {
  state(): SessionState;
  detail(): string;
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
  /** The session serves and was renewed: approve services that wait, raise the format. */
  readonly serveOthers: (sessionText: string) => Promise<void>;
}

/** Longest life of a session: a store that goes back is noticed within a third of it. */
export const MAX_SESSION_TTL_MS = 30_000;

/**
 * Runs the session machine until `stop`. Throws a PermitFault for a life beyond {@link MAX_SESSION_TTL_MS}.
 */
export function startSession(context: CoreContext, tasks: SessionTasks): Session {
  checkTtl(context.options.sessionTtlMs);
  const { clock, log } = context.parts;
  const stopping = new AbortController();
  let machine: SessionMachine = startedSession();
  let waking = new AbortController();
  const now = (): Moment => ({ nowMs: clock.nowMs(), monotonicMs: clock.monotonicMs() });

  /** One step: does the immediate effects, and returns the slow ones for the loop. */
  function step(event: SessionEvent): readonly SessionEffect[] {
    const result = stepSession(machine, event);
    machine = result.state;
    for (const effect of result.effects) {
      if (effect.kind === 'wake') waking.abort();
      if (effect.kind === 'log') log[effect.level](logged(effect, machine), effect.text);
    }
    return result.effects.filter(({ kind }) => kind !== 'wake' && kind !== 'log');
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      waking = new AbortController();
      let effects = step({ kind: 'look', at: now(), allowedSkewMs: tasks.allowedSkewMs() });
      while (effects.length > 0 && !stopping.signal.aborted) effects = await performAll(effects);
    }
  }

  async function performAll(effects: readonly SessionEffect[]): Promise<readonly SessionEffect[]> {
    const next: SessionEffect[] = [];
    for (const effect of effects) {
      const event = await perform(effect);
      if (event !== null) next.push(...step(event));
    }
    return next;
  }

  async function perform(effect: SessionEffect): Promise<SessionEvent | null> {
    switch (effect.kind) {
      case 'open':
        return open(context, tasks, now).catch((error: unknown) => ({
          kind: 'not-opened' as const,
          why: messageOf(error),
        }));
      case 'renew':
        return renew(context, effect);
      case 'read-back':
        return readBack(context, effect.of);
      case 'check':
        void check(effect.of, effect.except).then(answered);
        return null;
      case 'learn':
        void learn(effect.of).then(answered);
        return null;
      case 'serve-others':
        await serveOthers();
        return null;
      case 'wait':
        await pause(effect.ms);
        return null;
      default:
        return null;
    }
  }

  /** The answer of something that ran beside the loop. */
  function answered(event: SessionEvent): void {
    for (const effect of step(event)) void perform(effect);
  }

  async function check(of: string, except: ReadonlySet<string>): Promise<SessionEvent> {
    try {
      const { obstacle, agreed } = await tasks.comparison.obstacle(except);
      return { kind: 'checked', of, obstacle, agreed, at: now() };
    } catch (error) {
      return { kind: 'not-checked', of, why: messageOf(error), at: now() };
    }
  }

  async function learn(of: string): Promise<SessionEvent> {
    try {
      await tasks.learnMarks();
      return { kind: 'learned', of };
    } catch (error) {
      return { kind: 'not-checked', of, why: messageOf(error), at: now() };
    }
  }

  /** Best effort: after a failure the next renewal tries again. */
  async function serveOthers(): Promise<void> {
    const text = recordText();
    if (text === null) return;
    await tasks.serveOthers(text).catch((error: unknown) => {
      log.warn({ event: 'session', error: messageOf(error) }, 'waiting services were not looked at');
    });
  }

  async function pause(ms: number): Promise<void> {
    const abort = () => waking.abort();
    stopping.signal.addEventListener('abort', abort, { once: true });
    if (stopping.signal.aborted) abort();
    await clock.sleep(ms, waking.signal);
    stopping.signal.removeEventListener('abort', abort);
  }

  function recordText(): string | null {
    return machine.task.kind === 'unsure' ? null : (machine.open?.text ?? null);
  }

  const running = run();

  return {
    state: () => machine.phase,
    detail: () => machine.detail,
    generation: () => machine.generation,
    recordText,
    holds(began) {
      step({ kind: 'asked', at: now(), allowedSkewMs: tasks.allowedSkewMs() });
      const answers = machine.phase === 'serving' || machine.phase === 'draining';
      return answers && machine.open !== null && began === machine.generation;
    },
    cancelUndelivered: () => void step({ kind: 'cancel-undelivered' }),
    compareFailed: (compared, found) => void step({ kind: 'compare-failed', compared, found }),
    lost: (why) => void step({ kind: 'lost', why }),
    behind: (why) => void step({ kind: 'behind', why }),
    drain: () => void step({ kind: 'drain' }),
    async stop() {
      stopping.abort();
      await running;
      const { open: last } = machine;
      step({ kind: 'stopped' });
      // The record lapses by itself.
      const timeoutMs = context.options.storeTimeoutMs;
      if (last !== null)
        await context.parts.store.revokeLease(last.leaseId, { timeoutMs }).catch(() => undefined);
    },
  };
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

/** Writes a new session record and records the start for new units. Rejects if any of it is uncertain. */
async function open(context: CoreContext, tasks: SessionTasks, now: () => Moment): Promise<SessionEvent> {
  const { store, random, ledger, clock } = context.parts;
  const timeoutMs = context.options.storeTimeoutMs;
  const sessionKey = keys.session(ledger.serviceId);
  const askedMs = clock.monotonicMs();
  const lease = await store.grantLease(context.options.sessionTtlMs, { timeoutMs });
  const [found] = await readTexts(context, [sessionKey]);
  const before = found ?? null;
  const id = randomHex(random, 16);
  const text = encodeSession(id, 0n);
  const compares = [{ key: sessionKey, value: before === null ? null : toBytes(before) }];
  const writes = [{ key: sessionKey, value: toBytes(text), lease: lease.id }];
  const [result] = await store.transact([{ compares, writes }], { timeoutMs });
  if (result?.outcome !== 'applied') throw new Error(`the session was not written: ${result?.outcome}`);
  const at = now();
  await tasks.opened(at);
  const earlier = before === null ? null : decodeSession(before).session;
  const { id: leaseId, ttlMs } = lease;
  return { kind: 'opened', id, text, before: earlier, leaseId, ttlMs, askedMs, at };
}

async function renew(
  context: CoreContext,
  effect: Extract<SessionEffect, { kind: 'renew' }>,
): Promise<SessionEvent> {
  const { clock } = context.parts;
  const askedMs = clock.monotonicMs();
  let answer: RenewalAnswer;
  try {
    answer = await renewal(context, effect);
  } catch (error) {
    // A StoreFault means that no write was applied; any other error is a defect of the adapter and may hide a
    // write.
    const why = messageOf(error);
    answer = error instanceof StoreFault ? { kind: 'failed', why } : { kind: 'ambiguous' };
  }
  return { kind: 'renewed', of: effect.of, askedMs, answer };
}

async function renewal(
  context: CoreContext,
  { from, to, leaseId }: Extract<SessionEffect, { kind: 'renew' }>,
): Promise<RenewalAnswer> {
  const { store, ledger } = context.parts;
  const { storeTimeoutMs, sessionTtlMs } = context.options;
  const timeoutMs = Math.max(50, Math.min(storeTimeoutMs, sessionTtlMs / 2));
  const kept = await store.keepLeaseAlive(leaseId, { timeoutMs });
  if (kept === 'expired') return { kind: 'lease-expired' };
  const key = keys.session(ledger.serviceId);
  const [result] = await store.transact(
    [{ compares: [{ key, value: toBytes(from) }], writes: [{ key, value: toBytes(to), lease: leaseId }] }],
    { timeoutMs },
  );
  if (result === undefined || result.outcome === 'ambiguous') return { kind: 'ambiguous' };
  if (result.outcome === 'applied') return { kind: 'applied' };
  const [found] = result.current;
  return {
    kind: 'conflict',
    found: found === null || found === undefined ? null : Buffer.from(found).toString(),
  };
}

async function readBack(context: CoreContext, of: string): Promise<SessionEvent> {
  try {
    const [found] = await readTexts(context, [keys.session(context.parts.ledger.serviceId)]);
    return { kind: 'read-back', of, found: found ?? null };
  } catch (error) {
    return { kind: 'not-read-back', of, why: messageOf(error) };
  }
}
