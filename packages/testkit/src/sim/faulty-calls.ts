import {
  type CallOptions,
  type Store,
  StoreFault,
  type Transaction,
  type TransactionResult,
} from '@watchbill/duty/store';
import { delayMs, type Fate, fateOfOther, fateOfTransaction, type StoreLine } from './store-line.ts';

const DEFAULT_TIMEOUT_MS = 5_000;

export async function transactOver(
  line: StoreLine,
  inner: Store,
  transactions: readonly Transaction[],
  call: CallOptions = {},
): Promise<TransactionResult[]> {
  const { clock } = line;
  const fate = fateOfTransaction(line);
  const timeoutMs = call.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const lost = () => transactions.map((): TransactionResult => ({ outcome: 'ambiguous', cause: noAnswer() }));
  if (fate === 'refused') {
    await clock.sleep(delayMs(line));
    throw noAnswer();
  }
  if (fate === 'request-lost') return clock.sleep(timeoutMs, call.signal).then(lost);
  const answer = travel(line, inner, fate, transactions, timeoutMs);
  const gaveUp = linkedTo(call.signal);
  const tired = clock.sleep(timeoutMs, gaveUp.signal).then(() => null);
  const result = await Promise.race([answer, tired]);
  gaveUp.abort();
  return result ?? lost();
}

/** The request on its way; null if no answer comes back. */
async function travel(
  line: StoreLine,
  inner: Store,
  fate: Fate,
  transactions: readonly Transaction[],
  timeoutMs: number,
): Promise<TransactionResult[] | null> {
  const { clock, random } = line;
  const never = new Promise<null>(() => {});
  await clock.sleep(fate === 'late' ? timeoutMs + random.int(...line.faults.lateMs) : delayMs(line));
  const chosen = fate === 'some' ? transactions.filter(() => random.chance(0.5)) : transactions;
  const applied = inner.transact(chosen);
  if (fate !== 'answered') {
    applied.catch(() => {});
    return never;
  }
  const results = await applied;
  await clock.sleep(delayMs(line));
  return line.cut === 'no-answers' ? never : results;
}

/** All calls but transactions: an answer, or `unavailable`. A lost request may still have an effect. */
export async function askOver<Result>(
  line: StoreLine,
  work: () => Promise<Result>,
  call: CallOptions = {},
): Promise<Result> {
  const { clock } = line;
  const fate = fateOfOther(line);
  const timeoutMs = call.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const firstMs = delayMs(line);
  if (fate === 'request-lost' || firstMs >= timeoutMs) return tiredOf(line, timeoutMs, call);
  await clock.sleep(firstMs);
  const result = await work();
  const backMs = delayMs(line);
  if (fate !== 'answered' || line.cut !== null || firstMs + backMs >= timeoutMs)
    return tiredOf(line, timeoutMs - firstMs, call);
  await clock.sleep(backMs);
  return result;
}

async function tiredOf({ clock }: StoreLine, ms: number, call: CallOptions): Promise<never> {
  await clock.sleep(Math.max(0, ms), call.signal);
  throw noAnswer();
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
