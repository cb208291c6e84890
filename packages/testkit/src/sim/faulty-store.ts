import type { VirtualClock } from '@watchbill/base/testing';
import {
  type CallOptions,
  type Store,
  StoreFault,
  type Transaction,
  type TransactionResult,
  type WatchHandlers,
} from '@watchbill/store';
import type { SeededRandom } from './seeded-random.ts';

/** The faults between the store and one client. Probabilities are per call. */
export interface StoreFaults {
  /** Each way takes at least and at most this long, in milliseconds. */
  readonly delayMs: readonly [least: number, most: number];
  /** The answer to a transaction is lost after it was applied. */
  readonly loseAnswer: number;
  /** The request is lost; the caller cannot know. */
  readonly loseRequest: number;
  /** The request is applied at most this long after the caller got `ambiguous`. */
  readonly applyLate: number;
  readonly lateMs: readonly [least: number, most: number];
  /** Some transactions of the call are applied and some are not, and the answer is lost. */
  readonly applySome: number;
  /** Refused at once: certainly not applied, and the caller knows. */
  readonly refuse: number;
  /** A read, or a call about a lease, gets no answer; the lease may still have been kept alive. */
  readonly loseOther: number;
}

export const NO_FAULTS: StoreFaults = {
  delayMs: [1, 1],
  loseAnswer: 0,
  loseRequest: 0,
  applyLate: 0,
  lateMs: [1, 1],
  applySome: 0,
  refuse: 0,
  loseOther: 0,
};

/** `no-requests`: no request arrives. `no-answers`: everything is applied and no answer comes back. */
export type Cut = 'no-requests' | 'no-answers';

export interface FaultyStore extends Store {
  /** Change the faults from now on. */
  setFaults(faults: StoreFaults): void;
  cut(cut: Cut | null): void;
}

export interface FaultyStoreOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly faults?: StoreFaults;
}

type Fate = 'answered' | 'answer-lost' | 'request-lost' | 'late' | 'some' | 'refused';

const DEFAULT_TIMEOUT_MS = 5_000;

/**
 * A store over a bad network that does only what the port permits: a transaction whose answer is lost is
 * `ambiguous` and may take effect later; a StoreFault means that no write was applied; leases and reads fail
 * as `unavailable`.
 */
export function createFaultyStore(inner: Store, options: FaultyStoreOptions): FaultyStore {
  const { clock, random } = options;
  let faults = options.faults ?? NO_FAULTS;
  let cut: Cut | null = null;
  const resyncs = new Set<() => void>();
  const delay = () => random.int(...faults.delayMs);

  function drawFate(chances: readonly (readonly [Fate, number])[]): Fate {
    const drawn = random.float();
    if (cut === 'no-requests') return 'request-lost';
    let bound = 0;
    let fate: Fate = 'answered';
    for (const [name, chance] of chances) {
      if (fate === 'answered' && drawn < bound + chance) fate = name;
      bound += chance;
    }
    return cut === 'no-answers' && fate === 'answered' ? 'answer-lost' : fate;
  }

  const fateOfTransaction = () =>
    drawFate([
      ['answer-lost', faults.loseAnswer],
      ['request-lost', faults.loseRequest],
      ['late', faults.applyLate],
      ['some', faults.applySome],
      ['refused', faults.refuse],
    ]);
  const fateOfOther = () =>
    drawFate([
      ['answer-lost', faults.loseOther / 2],
      ['request-lost', faults.loseOther / 2],
    ]);

  async function transact(
    transactions: readonly Transaction[],
    call: CallOptions = {},
  ): Promise<TransactionResult[]> {
    const fate = fateOfTransaction();
    const timeoutMs = call.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const lost = () =>
      transactions.map((): TransactionResult => ({ outcome: 'ambiguous', cause: noAnswer() }));
    if (fate === 'refused') {
      await clock.sleep(delay());
      throw noAnswer();
    }
    if (fate === 'request-lost') return clock.sleep(timeoutMs, call.signal).then(lost);
    const answer = travel(fate, transactions, timeoutMs);
    const gaveUp = linkedTo(call.signal);
    const tired = clock.sleep(timeoutMs, gaveUp.signal).then(() => null);
    const result = await Promise.race([answer, tired]);
    gaveUp.abort();
    return result ?? lost();
  }

  /** The request on its way; null if no answer comes back. */
  async function travel(
    fate: Fate,
    transactions: readonly Transaction[],
    timeoutMs: number,
  ): Promise<TransactionResult[] | null> {
    const never = new Promise<null>(() => {});
    await clock.sleep(fate === 'late' ? timeoutMs + random.int(...faults.lateMs) : delay());
    const chosen = fate === 'some' ? transactions.filter(() => random.chance(0.5)) : transactions;
    const applied = inner.transact(chosen);
    if (fate !== 'answered') {
      applied.catch(() => {});
      return never;
    }
    const results = await applied;
    await clock.sleep(delay());
    return cut === 'no-answers' ? never : results;
  }

  /** All calls but transactions: an answer, or `unavailable`. A lost request may still have an effect. */
  async function ask<Result>(work: () => Promise<Result>, call: CallOptions = {}): Promise<Result> {
    const fate = fateOfOther();
    const timeoutMs = call.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const firstMs = delay();
    if (fate === 'request-lost' || firstMs >= timeoutMs) return tiredOf(timeoutMs, call);
    await clock.sleep(firstMs);
    const result = await work();
    const backMs = delay();
    if (fate !== 'answered' || cut !== null || firstMs + backMs >= timeoutMs)
      return tiredOf(timeoutMs - firstMs, call);
    await clock.sleep(backMs);
    return result;
  }

  async function tiredOf(ms: number, call: CallOptions): Promise<never> {
    await clock.sleep(Math.max(0, ms), call.signal);
    throw noAnswer();
  }

  /** Changes come late and in order. Changes during a cut are missed, and its end reports that. */
  function delayedHandlers(handlers: WatchHandlers): { handlers: WatchHandlers; forget(): void } {
    let lastMs = 0;
    let stopped = false;
    const later = (act: () => void) => {
      lastMs = Math.max(lastMs, clock.monotonicMs() + delay());
      clock.after(lastMs - clock.monotonicMs(), () => {
        if (cut === null && !stopped) act();
      });
    };
    const resync = () => later(() => handlers.onResync());
    resyncs.add(resync);
    const forget = () => {
      stopped = true;
      resyncs.delete(resync);
    };
    return {
      handlers: { onChange: (change) => later(() => handlers.onChange(change)), onResync: resync },
      forget,
    };
  }

  return {
    kind: inner.kind,
    read: (keys, call) => ask(() => inner.read(keys), call),
    list: (prefix, page, call) => ask(() => inner.list(prefix, page), call),
    transact,
    watch: (prefix, handlers) => {
      const { handlers: delayed, forget } = delayedHandlers(handlers);
      const watch = inner.watch(prefix, delayed);
      return {
        ready: watch.ready,
        stop() {
          forget();
          watch.stop();
        },
      };
    },
    grantLease: (ttlMs, call) => ask(() => inner.grantLease(ttlMs), call),
    keepLeaseAlive: (id, call) => ask(() => inner.keepLeaseAlive(id), call),
    revokeLease: (id, call) => ask(() => inner.revokeLease(id), call),
    health: (call) => inner.health(call),
    close: async () => {},
    setFaults(next) {
      faults = next;
    },
    cut(next) {
      cut = next;
      if (next === null) for (const resync of resyncs) resync();
    },
  };
}

function noAnswer(): StoreFault {
  return new StoreFault(
    'unavailable',
    'the simulated store gave no answer',
    'Wait for the simulated network.',
  );
}

/** A controller that also aborts with the caller's signal. */
function linkedTo(signal: AbortSignal | undefined): AbortController {
  const controller = new AbortController();
  if (signal?.aborted === true) controller.abort();
  signal?.addEventListener('abort', () => controller.abort(), { once: true });
  return controller;
}
