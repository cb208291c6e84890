import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Store, StoreFault, type Transaction, type TransactionResult } from '../../store/index.ts';
import { memoryStore, partsOf, put, silentLog } from '../testing/services.ts';
import { encodeObservation, mapFields, NO_RECEIPTS, type ObservationRecord } from './record.ts';
import { type Records, readRecords, writeRecords } from './store-calls.ts';

const keyOf = (observer: string) => `observed/0xc1/${observer}`;
const recordOf = (observer: string, session = 4n): ObservationRecord => ({
  observation: { observer, ...mapFields(() => null), session },
  receipts: { ...NO_RECEIPTS, session: '2' },
});

/** The records of so many observers: `node-0`, `node-1`, … */
const recordsOf = (count: number): Records =>
  Array.from({ length: count }, (_, index) => [keyOf(`node-${index}`), recordOf(`node-${index}`)]);

/** A service over this store, and its warnings. */
function setUp(context: TestContext, change: (inner: Store) => Partial<Store>) {
  const inner = memoryStore(context);
  const store = { ...inner, ...change(inner) };
  const warned: unknown[] = [];
  const warn = (event: object, text: string) => void warned.push([event, text]);
  const core = partsOf(context, {
    store,
    parts: { log: { ...silentLog, info: warn, warn } },
    options: { storeTimeoutMs: 700 },
  });
  return { core, inner, warned, state: { refused: false } };
}

/** A store that answers writes so, and the calls that it saw. */
function answering(context: TestContext, answer: () => readonly TransactionResult[]) {
  const calls: { transactions: readonly Transaction[]; timeoutMs: number | undefined }[] = [];
  const transact: Store['transact'] = (transactions, { timeoutMs } = {}) => {
    calls.push({ transactions, timeoutMs });
    return Promise.resolve([...answer()]);
  };
  return { ...setUp(context, () => ({ transact })), calls };
}

const AWAY = new StoreFault('unavailable', 'the store is away', 'wait');
const APPLIED: TransactionResult = { outcome: 'applied' };
const CONFLICT: TransactionResult = { outcome: 'conflict', current: [] };
const AMBIGUOUS: TransactionResult = { outcome: 'ambiguous', cause: AWAY };

test('one call writes all records, 32 in a transaction, within the budget of the service', async (context) => {
  const { core, state, calls } = answering(context, () => [APPLIED, APPLIED]);
  const records = recordsOf(64);
  assert.deepEqual(await writeRecords(core, state, records), []);
  const [call] = calls;
  assert.deepEqual([calls.length, call?.timeoutMs], [1, 700]);
  assert.deepEqual(
    call?.transactions.map(({ compares, writes }) => [compares, writes.length]),
    [
      [[], 32],
      [[], 32],
    ],
  );
  const written = call?.transactions.flatMap(({ writes }) => writes) ?? [];
  assert.deepEqual(
    written.map(({ key, value }) => [key, Buffer.from(value ?? []).toString()]),
    records.map(([key, record]) => [key, encodeObservation(record)]),
  );
});

test('records of a transaction that was not applied, or has no certain answer, were not written', async (context) => {
  let results: readonly TransactionResult[] = [];
  const { core, state, warned } = answering(context, () => results);
  const records = recordsOf(65);
  const names = records.map(([key]) => key);
  const failed = (...answers: readonly TransactionResult[]) => {
    results = answers;
    return writeRecords(core, state, records);
  };
  assert.deepEqual(await failed(APPLIED, CONFLICT, APPLIED), names.slice(32, 64));
  assert.deepEqual(await failed(AMBIGUOUS, APPLIED, APPLIED), names.slice(0, 32));
  assert.deepEqual(await failed(APPLIED, APPLIED, AMBIGUOUS), names.slice(64));
  assert.deepEqual(await failed(APPLIED, APPLIED), names.slice(64), 'no answer is no certain one');
  assert.deepEqual(warned, [], 'the next write has them');
});

test('if the store refuses writes, none of the records was written; the log has the first refusal, with five names, and the end', async (context) => {
  let isAway = true;
  const transact = () => (isAway ? Promise.reject(AWAY) : Promise.resolve([APPLIED]));
  const { core, state, warned } = setUp(context, () => ({ transact }));
  const names = recordsOf(7).map(([key]) => key);
  for (isAway of [true, true, false, true])
    assert.deepEqual(await writeRecords(core, state, recordsOf(7)), isAway ? names : []);
  const event = { event: 'observation-unwritten', keys: names.slice(0, 5), error: String(AWAY) };
  const first = [event, 'observations that were not shared: 7'];
  assert.deepEqual(warned, [
    first,
    [{ event: 'observation-written' }, 'observations are shared again'],
    first,
  ]);
});

test('a read that fails, or finds what is no record, finds nothing and says so', async (context) => {
  const read = () => Promise.reject(AWAY);
  const names = recordsOf(6).map(([key]) => key);
  const away = setUp(context, () => ({ read }));
  assert.deepEqual(await readRecords(away.core, names), []);
  const event = {
    event: 'observation-unread',
    keys: names.slice(0, 5),
    error: 'StoreFault: the store is away',
  };
  assert.deepEqual(away.warned, [[event, 'an observation was not read']]);
  const odd = setUp(context, () => ({}));
  await put(odd.inner, keyOf('one'), 'null');
  assert.deepEqual(await readRecords(odd.core, [keyOf('one')]), []);
  assert.equal(odd.warned.length, 1);
});
