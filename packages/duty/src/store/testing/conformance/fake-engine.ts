import { createVirtualClock, type VirtualClock } from '@watchbill/kit/testing';
import {
  type CallOptions,
  type Store,
  StoreFault,
  type Transaction,
  type TransactionResult,
} from '../../port.ts';
import { type Disturbance, disturbed } from '../disturbed.ts';
import { createMemoryStore, type MemoryStore } from '../memory-store.ts';
import type { Faults, Opened } from './harness.ts';

/** The parts of a fake store. */
export interface FakeParts {
  readonly sound: MemoryStore;
  /** Milliseconds by which the wall clock was stepped. */
  readonly steppedMs: () => number;
}

/** A store that breaks the port in one way, and the laws that must fail on it. */
export interface BrokenStore {
  readonly name: string;
  readonly spoil: Spoil;
  /** Parts of the names of laws. */
  readonly noticedBy: readonly RegExp[];
}

/** Breaks a sound store in one way. Runs again after a restart. */
export type Spoil = (parts: FakeParts) => Store;

/**
 * A store with every capability of the suite, over memory. If `spoil` returns the store unchanged, it keeps
 * every law. So any broken law of a spoiled store comes from the spoiling.
 */
export function fakeEngine(spoil: Spoil): Opened {
  const clock = createVirtualClock();
  // Deadlines of stalled calls pass by themselves, and do not move the clock of the leases.
  const deadlines = createVirtualClock({ flowing: true });
  let once: Disturbance | null = null;
  let full = false;
  let stalled = false;
  let steppedMs = 0;
  const disturb = () => {
    const taken = once ?? (full ? 'full' : null);
    once = null;
    return taken;
  };
  const engine = () => stallable(disturbed(createMemoryStore({ clock }), disturb), () => stalled, deadlines);
  let sound = engine();
  const open = () => spoil({ sound, steppedMs: () => steppedMs });
  const set = (change: () => void) => async () => change();
  const faults: Faults = {
    loseAnswerAfterApply: set(() => (once = 'lose-after-apply')),
    loseAnswerBeforeApply: set(() => (once = 'lose-before-apply')),
    failWrites: set(() => (full = true)),
    healWrites: set(() => (full = false)),
    stall: set(() => (stalled = true)),
    resume: set(() => (stalled = false)),
    stepClock: async (ms) => {
      clock.step(ms);
      steppedMs += ms;
    },
  };
  return {
    store: open(),
    reopen: async () => {
      const kept = sound.snapshot();
      await sound.close();
      sound = engine();
      sound.restore(kept);
      return open();
    },
    letTimePass: clock.advance,
    faults,
    close: async () => {
      deadlines.halt();
      await sound.close();
    },
  };
}

/**
 * Reads and transactions that hang while the engine is stalled, until their deadline or their signal ends
 * them.
 */
function stallable(store: MemoryStore, stalled: () => boolean, deadlines: VirtualClock): MemoryStore {
  const hang = ({ timeoutMs = 5_000, signal }: CallOptions = {}) =>
    new Promise<StoreFault>((resolve) => {
      const end = () => {
        cancel();
        resolve(new StoreFault('unavailable', 'the engine did not answer', 'wait'));
      };
      const cancel = deadlines.after(timeoutMs, end);
      signal?.addEventListener('abort', end, { once: true });
    });
  return {
    ...store,
    read: async (keys, options) => {
      if (stalled()) throw await hang(options);
      return store.read(keys, options);
    },
    transact: async (transactions, options) => {
      if (!stalled()) return store.transact(transactions, options);
      const cause = await hang(options);
      return transactions.map(() => ({ outcome: 'ambiguous', cause }));
    },
  };
}

/** Change what `transact` answers or does; everything else stays sound. */
export function transacting(
  transact: (
    sound: MemoryStore,
    transactions: readonly Transaction[],
    options: CallOptions | undefined,
  ) => Promise<TransactionResult[]>,
): Spoil {
  return ({ sound }) => ({
    ...sound,
    transact: (transactions, options) => transact(sound, transactions, options),
  });
}

/** Replace some calls; the others stay sound. */
export function overriding(override: (parts: FakeParts) => Partial<Store>): Spoil {
  return (parts) => ({ ...parts.sound, ...override(parts) });
}

/** Makes the writes, regardless of the compares. */
export function writesOf({ writes }: Transaction): Transaction {
  return { compares: [], writes };
}

/** A later turn of the event loop. */
export function later(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
