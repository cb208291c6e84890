import assert from 'node:assert/strict';
import {
  type Store,
  StoreFault,
  type StoreFaultCode,
  type Transaction,
  type TransactionResult,
} from '../../port.ts';
import type { Opened } from './harness.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

export function text(value: Uint8Array | null | undefined): string | null {
  return value === null || value === undefined ? null : decoder.decode(value);
}

/**
 * A transaction that compares and writes texts. In a compare, null means absence; in a write, null deletes
 * the key.
 */
export function transaction(
  writes: Readonly<Record<string, string | null>>,
  compares: Readonly<Record<string, string | null>> = {},
): Transaction {
  const entries = (of: Readonly<Record<string, string | null>>) =>
    Object.entries(of).map(([key, value]) => ({ key, value: value === null ? null : bytes(value) }));
  return { compares: entries(compares), writes: entries(writes) };
}

/** Run one transaction in a separate call. */
export async function run(store: Store, one: Transaction): Promise<TransactionResult> {
  const results = await store.transact([one]);
  assert.equal(results.length, 1, 'one transaction has one result');
  const [result] = results;
  assert.ok(result !== undefined);
  return result;
}

/** Write texts without compares; throws unless applied. */
export async function put(store: Store, writes: Readonly<Record<string, string | null>>): Promise<void> {
  assert.deepEqual(await run(store, transaction(writes)), { outcome: 'applied' });
}

/** The values of the keys as texts. */
export async function texts(store: Store, keys: readonly string[]): Promise<(string | null)[]> {
  const values = await store.read(keys);
  assert.equal(values.length, keys.length, 'a read answers one value for each key');
  return values.map(text);
}

/** Throws unless the call rejects with a {@link StoreFault} that has one of these codes and a remedy. */
export async function expectFault(
  call: Promise<unknown>,
  ...codes: readonly StoreFaultCode[]
): Promise<StoreFault> {
  const fault = await call.then(
    (value) => assert.fail(`expected a StoreFault (${codes.join(' or ')}), got ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  assert.ok(
    fault instanceof StoreFault,
    `expected a StoreFault (${codes.join(' or ')}), got ${String(fault)}`,
  );
  assert.ok(
    codes.includes(fault.code),
    `expected code ${codes.join(' or ')}, got ${fault.code}: ${fault.message}`,
  );
  assert.notEqual(fault.message, '');
  assert.notEqual(fault.remedy, '', 'a fault has a remedy');
  return fault;
}

/**
 * Repeats the check until it passes, and lets time pass in between; throws the last error after so many
 * tries.
 */
export async function eventually(
  { letTimePass }: Pick<Opened, 'letTimePass'>,
  check: () => void | Promise<void>,
  { pauseMs, tries }: { readonly pauseMs: number; readonly tries: number } = { pauseMs: 25, tries: 200 },
): Promise<void> {
  for (let left = tries; ; left--) {
    try {
      return await check();
    } catch (error) {
      if (left <= 1) throw error;
    }
    await letTimePass(pauseMs);
  }
}
