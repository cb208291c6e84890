// A process of its own that claims units by transactions, as a service does: it may be killed at any moment.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Store, StoreFault } from '@watchbill/duty/store';
import { openTikvStore, type TikvOptions } from '@watchbill/duty/store/tikv';
import { systemClock } from '@watchbill/kit';

/** From the test to the racer. The first one is the set-up, each further one units to race for. */
export type ToRacer =
  | { readonly kind: 'set-up'; readonly endpoints: readonly string[]; readonly name: string }
  | { readonly kind: 'units'; readonly units: readonly number[] };

/** From the racer to the test. `value` is what the racer says that the record of the unit holds for ever. */
export type FromRacer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'told'; readonly unit: number; readonly value: string }
  | { readonly kind: 'failed'; readonly why: string };

export const RACE_PREFIX = '/race/';
export const unitKey = (unit: number): string => `unit/${unit}`;

const LANES = 8;
const CALL_TIMEOUT_MS = 3_000;
const RETRY_MS = 50;
/** Far above any outage of the test; a unit that takes longer fails the race. */
const UNIT_TIMEOUT_MS = 60_000;

interface Racer {
  readonly store: Store;
  readonly name: string;
  attempts: number;
}

/** One attempt: what the record holds for certain, or null where that is not certain. */
async function attempt(racer: Racer, unit: number): Promise<string | null> {
  const key = unitKey(unit);
  racer.attempts += 1;
  const value = `${racer.name}:${process.pid}:${racer.attempts}`;
  const [result] = await racer.store.transact([
    { compares: [{ key, value: null }], writes: [{ key, value: Buffer.from(value) }] },
  ]);
  if (result?.outcome === 'applied') return value;
  if (result?.outcome === 'conflict') return textOf(result.current[0]);
  return textOf((await racer.store.read([key]))[0]);
}

function textOf(value: Uint8Array | null | undefined): string | null {
  return value === null || value === undefined ? null : Buffer.from(value).toString();
}

async function settle(racer: Racer, unit: number): Promise<string> {
  const deadline = performance.now() + UNIT_TIMEOUT_MS;
  for (;;) {
    try {
      const value = await attempt(racer, unit);
      if (value !== null) return value;
    } catch (error) {
      if (!(error instanceof StoreFault)) throw error;
    }
    if (performance.now() > deadline) throw new Error(`unit ${unit} stayed open for ${UNIT_TIMEOUT_MS} ms`);
    await sleep(RETRY_MS);
  }
}

/** The cluster may have no leader just then. */
async function opened(options: TikvOptions): Promise<Store> {
  const deadline = performance.now() + UNIT_TIMEOUT_MS;
  for (;;) {
    try {
      return await openTikvStore(options);
    } catch (error) {
      if (!(error instanceof StoreFault) || performance.now() > deadline) throw error;
      await sleep(RETRY_MS);
    }
  }
}

function say(message: FromRacer): void {
  process.send?.(message);
}

async function race(racer: Racer, units: readonly number[]): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let unit = units[next++]; unit !== undefined; unit = units[next++])
      say({ kind: 'told', unit, value: await settle(racer, unit) });
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** Be a racer, until the parent is gone. */
function serve(): void {
  let racer: Racer | null = null;
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: ToRacer) => {
    const work = async (): Promise<void> => {
      if (message.kind === 'units') {
        if (racer !== null) await race(racer, message.units);
        return;
      }
      const { endpoints, name } = message;
      const callTimeoutMs = CALL_TIMEOUT_MS;
      const options = { endpoints, prefix: RACE_PREFIX, clock: systemClock(), callTimeoutMs };
      racer = { store: await opened(options), name, attempts: 0 };
      say({ kind: 'ready' });
    };
    work().catch((error: unknown) => say({ kind: 'failed', why: String(error) }));
  });
}

if (process.send !== undefined && process.env.WATCHBILL_RACER === '1') serve();
