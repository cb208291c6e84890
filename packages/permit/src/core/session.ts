import { randomHex } from '@watchbill/store';
import type { SessionState } from '../contract.ts';
import { type Comparison, messageOf, type Obstacle } from './comparison.ts';
import type { CoreContext } from './context.ts';
import { readTexts } from './context.ts';
import { keys } from './keys.ts';
import { encodeRecord, toBytes } from './records.ts';
import type { ServiceBook } from './services.ts';

/**
 * The service's lease in the store and what follows from losing it: protocol section 6.
 * `generation` rises whenever undelivered work must be dropped; a claim replies only under the one it began in.
 */
export interface Session {
  state(): SessionState;
  detail(): string;
  generation(): number;
  /** Text of the session record that every grant compares; null while there is none. */
  recordText(): string | null;
  /** True while a claim that began under `generation` may be answered. */
  holds(generation: number): boolean;
  /** Another service asks for our memory: undelivered work is dropped. */
  cancelUndelivered(): void;
  /** The store contradicts what is remembered, or the session record is gone. */
  lost(why: string): void;
  behind(detail: string): void;
  drain(): void;
  stop(): Promise<void>;
}

const RETRY_MS = 250;
const PEER_TIMEOUT_MS = 2_000;

export async function startSession(
  context: CoreContext,
  comparison: Comparison,
  services: ServiceBook,
): Promise<Session> {
  const { store, ledger, clock, random, log } = context.parts;
  const sessionKey = keys.session(ledger.serviceId);
  const stopping = new AbortController();
  let state: SessionState = 'starting';
  let detail = 'the session is being opened';
  let generation = 0;
  let recordText: string | null = null;
  let lease: { id: string; ttlMs: number } | null = null;
  let aliveUntilMs = 0;
  let wake: (() => void) | null = null;
  /** Services whose memory agreed with the store since the present session was opened. */
  const agreed = new Set<string>();

  function become(next: SessionState, why: string): void {
    if (state === 'draining') return;
    if (state !== next) {
      const level = next === 'behind' ? 'error' : next === 'serving' ? 'info' : 'warn';
      log[level]({ event: 'session', state: next, detail: why }, `the service is ${next}: ${why}`);
    }
    // Draining ends no work that is under way; whatever casts doubt on the memory does.
    if (state === 'serving' && next !== 'serving' && next !== 'draining') generation += 1;
    state = next;
    detail = why;
  }

  function doubt(next: 'checking' | 'behind', why: string): void {
    if (state === 'stopped') return;
    recordText = null;
    lease = null;
    agreed.clear();
    if (state === 'draining') generation += 1;
    become(next, why);
    wake?.();
  }

  const lose = (why: string) => doubt('checking', why);

  async function open(): Promise<void> {
    const askedMs = clock.monotonicMs();
    const granted = await store.grantLease(context.options.sessionTtlMs, {
      timeoutMs: context.options.storeTimeoutMs,
    });
    const [before] = await readTexts(context, [sessionKey]);
    const session = randomHex(random, 16);
    const text = encodeRecord('session', { session });
    const [result] = await store.transact(
      [
        {
          compares: [
            { key: sessionKey, value: before === null || before === undefined ? null : toBytes(before) },
          ],
          writes: [{ key: sessionKey, value: toBytes(text), lease: granted.id }],
        },
      ],
      { timeoutMs: context.options.storeTimeoutMs },
    );
    if (result?.outcome !== 'applied') throw new Error(`the session was not written: ${result?.outcome}`);
    lease = granted;
    aliveUntilMs = askedMs + granted.ttlMs;
    recordText = text;
  }

  /** What must hold before the service may grant; null when it does. */
  async function obstacle(): Promise<Obstacle | null> {
    const otherEpoch = await comparison.epoch();
    if (otherEpoch !== null) return otherEpoch;
    const own = await services.readOwn();
    if (own === null)
      return { state: 'behind', why: 'this service is not listed in the ledger of the store' };
    if (own.state === 'removed') {
      return {
        state: 'joining',
        why: `this service was removed (${own.reason ?? 'no reason'}); start with a new data directory`,
      };
    }
    const ownMemory = await comparison.own();
    if (ownMemory !== null) return ownMemory;
    if (own.state === 'joining')
      return { state: 'joining', why: 'no memory of this ledger yet; waiting to be vouched for' };
    await renew();
    return peersObstacle();
  }

  /**
   * Whoever has agreed in this session is not asked again: it dropped its undelivered work when it was, and asking it
   * over and over while another service is missed would make it drop all that takes longer than the interval.
   */
  async function peersObstacle(): Promise<Obstacle | null> {
    const mine = lease;
    const { gone, found } = await comparison.peers(agreed, PEER_TIMEOUT_MS);
    if (gone !== null) return gone;
    for (const [id, problem] of found) if (problem === null && lease === mine) agreed.add(id);
    const problems = [...found.values()].filter((problem) => problem !== null);
    return problems.find((problem) => problem.state === 'behind') ?? problems[0] ?? null;
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        if (lease === null) await open();
        if (state !== 'serving' && state !== 'draining') await qualify();
        await pause(
          Math.min(
            context.options.sessionTtlMs / 3,
            state === 'serving' ? Number.POSITIVE_INFINITY : RETRY_MS,
          ),
        );
        await renew();
      } catch (error) {
        if (clock.monotonicMs() > aliveUntilMs && lease !== null)
          lose('the session lapsed: the store did not answer in time');
        else detail = state === 'serving' ? detail : `the store does not answer: ${messageOf(error)}`;
        await pause(RETRY_MS);
      }
    }
  }

  async function qualify(): Promise<void> {
    const own = lease;
    const found = await obstacle();
    // Only the session that was checked may serve. That another service asked meanwhile changes nothing here: this
    // one has told nobody anything.
    if (lease !== own || lease === null) return;
    if (found !== null) {
      become(found.state, found.why);
      return;
    }
    // All this together may take longer than the lease lives.
    await renew();
    await services.learnMarks();
    await renew();
    if (lease === own) become('serving', 'memory and store agree');
  }

  async function renew(): Promise<void> {
    if (lease === null) return;
    const askedMs = clock.monotonicMs();
    const answer = await store.keepLeaseAlive(lease.id, {
      timeoutMs: Math.max(50, Math.min(context.options.storeTimeoutMs, lease.ttlMs / 2)),
    });
    if (answer === 'expired') lose('the session expired in the store');
    else if (lease !== null) aliveUntilMs = askedMs + lease.ttlMs;
    if (state === 'serving') await lookAtStore();
    if (state === 'serving' && recordText !== null) await services.vouchForJoining(recordText);
  }

  /** Without claims nothing else would notice that the store went back: the read also shows its age to the adapter. */
  async function lookAtStore(): Promise<void> {
    const [text] = await readTexts(context, [sessionKey]);
    if (recordText !== null && text !== recordText) lose('the session record is gone from the store');
  }

  async function pause(ms: number): Promise<void> {
    const woken = new AbortController();
    wake = () => woken.abort();
    const abort = () => woken.abort();
    stopping.signal.addEventListener('abort', abort, { once: true });
    await clock.sleep(ms, woken.signal);
    stopping.signal.removeEventListener('abort', abort);
    wake = null;
  }

  const running = run();

  return {
    state: () => state,
    detail: () => detail,
    generation: () => generation,
    recordText: () => recordText,
    holds(began) {
      if (began !== generation || (state !== 'serving' && state !== 'draining')) return false;
      if (clock.monotonicMs() <= aliveUntilMs) return true;
      lose('the session lapsed while this service was not running');
      return false;
    },
    cancelUndelivered() {
      generation += 1;
    },
    lost: lose,
    behind: (why) => doubt('behind', why),
    drain() {
      become('draining', 'the service is stopping');
    },
    async stop() {
      stopping.abort();
      await running;
      state = 'stopped';
      const timeoutMs = context.options.storeTimeoutMs;
      // Left alone it lapses by itself.
      if (lease !== null) await store.revokeLease(lease.id, { timeoutMs }).catch(() => undefined);
    },
  };
}
