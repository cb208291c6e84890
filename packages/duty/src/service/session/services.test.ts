import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type LedgerPoint, pointOf } from '../../rule/index.ts';
import type { Store, Transaction } from '../../store/index.ts';
import { adopted, claimWith, FREE, IDENTITY } from '../claim/testing/claim.ts';
import type { LedgerIdentity } from '../ground/genesis.ts';
import { keys, markName } from '../ground/keys.ts';
import { decodeRecord, encodeRecord, type ServiceRecord } from '../ground/records.ts';
import type { LedgerItem } from '../ledger/port.ts';
import { CHAIN, contextOf, fakeSeen, KEY, memoryStore, put, textIn } from '../testing/services.ts';
import { createServiceBook } from './services.ts';

const JOINING: ServiceRecord = { name: 'two', url: null, state: 'joining', vouchedBy: null, reason: null };
const SERVING: ServiceRecord = { ...JOINING, state: 'serving', vouchedBy: 'one', reason: 'compared' };
const SESSION = 'the session of this service';
const isSure = () => false;

interface Ground {
  /** Sees each transaction first; a result that it returns is the answer. */
  readonly see?: (transaction: Transaction) => Promise<void> | undefined;
  readonly answer?: (inner: Store) => Store;
  readonly url?: string | null;
  readonly points?: ReadonlyMap<string, LedgerPoint>;
}

/** The book of the service `one`, which has a session, over a store with these services. */
async function ground(context: TestContext, listed: Record<string, ServiceRecord> = {}, setup: Ground = {}) {
  const inner = memoryStore(context);
  for (const [id, record] of Object.entries(listed))
    await put(inner, keys.service(id), encodeRecord('service', record));
  await put(inner, keys.epoch, 'the epoch');
  await put(inner, keys.session('one'), SESSION);
  const transactions: Transaction[] = [];
  const budgets: unknown[] = [];
  const base =
    setup.answer?.(inner) ?? fakeSeen(inner, async (transaction) => void (await setup.see?.(transaction)));
  const store: Store = {
    ...base,
    transact: (some, options) => {
      transactions.push(...some);
      budgets.push(options?.timeoutMs);
      return base.transact(some, options);
    },
  };
  const appended: (readonly LedgerItem[])[] = [];
  const logged: unknown[] = [];
  const note = (level: string) => (event: object, text: string) =>
    void logged.push({ level, ...event, text });
  const points = setup.points ?? new Map<string, LedgerPoint>();
  const ledger = {
    serviceId: 'one',
    point: (mark: string) => points.get(mark) ?? null,
    points: () => points,
    append: async (items: readonly LedgerItem[]) => void appended.push(items),
  };
  const log = { info: note('info'), warn: note('warn') };
  const identity = { ...IDENTITY, epochText: 'the epoch' } as unknown as LedgerIdentity;
  const core = contextOf(context, { store, log, ledger }, { name: 'the first', url: setup.url ?? null });
  const book = createServiceBook(core, identity);
  const record = async (id: string) => {
    const text = await textIn(inner, keys.service(id));
    return text === null ? null : decodeRecord('service', text);
  };
  const session = async (id: string) => (await inner.read([keys.session(id)]))[0] !== null;
  return { inner, book, record, session, transactions, budgets, appended, logged };
}

const refusing = (inner: Store): Store => ({
  ...inner,
  transact: async () => [{ outcome: 'conflict' } as never],
});

test('a service that is not listed registers as joining, once', async (context) => {
  const { book, record, transactions, budgets } = await ground(context);
  const own = { ...JOINING, name: 'the first' };
  assert.deepEqual(await book.readOwn(), own);
  assert.deepEqual(await record('one'), own);
  assert.deepEqual(transactions.splice(0)[0]?.compares, [{ key: keys.service('one'), value: null }]);
  assert.deepEqual(await book.readOwn(), own);
  assert.deepEqual([transactions, budgets], [[], [2_000]]);
});

test('a service whose registration failed has no record, and one that was listed meanwhile keeps that', async (context) => {
  const { book } = await ground(context, {}, { answer: refusing });
  assert.equal(await book.readOwn(), null);
  const other = await ground(context, {}, { see: () => put(other.inner, keys.service('one'), text) });
  const own = { ...SERVING, name: 'the first' };
  const text = encodeRecord('service', own);
  assert.deepEqual(await other.book.readOwn(), own);
});

test('a service that moved writes its name and its address over the record that it read', async (context) => {
  for (const before of [
    { ...SERVING, url: 'http://new' },
    { ...SERVING, name: 'the first' },
  ]) {
    const { book, record, transactions } = await ground(context, { one: before }, { url: 'http://new' });
    const after = { ...SERVING, name: 'the first', url: 'http://new' };
    assert.deepEqual(await book.readOwn(), after);
    assert.deepEqual(await record('one'), after);
    const value = Buffer.from(encodeRecord('service', before));
    assert.deepEqual(
      transactions[0]?.compares.map((each) => ({ ...each, value: Buffer.from(each.value ?? '') })),
      [{ key: keys.service('one'), value }],
    );
  }
  const { book } = await ground(context, { one: SERVING }, { answer: refusing });
  assert.deepEqual(await book.readOwn(), SERVING, 'the record changed meanwhile');
});

test('a service that was listed before and is no longer is missed', async (context) => {
  const { inner, book } = await ground(context, { one: SERVING, two: JOINING });
  const listed = await book.readAll();
  assert.deepEqual([...listed.keys()].sort(), ['one', 'two']);
  assert.equal(book.goneFrom(listed), null);
  await put(inner, keys.service('two'), null);
  assert.equal(book.goneFrom(await book.readAll()), 'two');
});

test('an operator approves or removes another service; the removed one loses its session with it', async (context) => {
  const { inner, book, record, session, transactions, logged } = await ground(context, { two: JOINING });
  await put(inner, keys.session('two'), 'a session');
  await book.approve('two', 'I looked', 'ada');
  assert.deepEqual(await record('two'), { ...SERVING, vouchedBy: 'ada', reason: 'I looked' });
  assert.equal(await session('two'), true);
  await assert.rejects(book.approve('two', 'again', 'ada'), {
    code: 'service-serving',
    status: 409,
    message: 'service two serves already',
    remedy: 'To end a rollback report, release it: `watchbill rollback-report release ID --reason TEXT`.',
  });
  await book.remove('two', 'retired', 'bob');
  const removed = { ...SERVING, vouchedBy: 'ada', state: 'removed', reason: 'bob: retired' };
  assert.deepEqual(await record('two'), removed);
  await assert.rejects(book.approve('two', 'again', 'ada'), {
    code: 'service-removed',
    status: 409,
    message: 'service two was removed and stays removed',
    remedy: 'Start it with a new data directory instead.',
  });
  assert.equal(await session('two'), false);
  assert.deepEqual(
    transactions.map(({ compares, writes }) => [compares.length, writes.length]),
    [
      [1, 1],
      [1, 2],
    ],
  );
  const fields = { level: 'warn', service: 'two' };
  const approved = { ...fields, event: 'service-vouched', reason: 'I looked', by: 'ada' };
  const retired = { ...fields, event: 'service-removed', reason: 'retired', by: 'bob' };
  assert.deepEqual(logged, [
    { ...approved, text: 'an operator approved a service' },
    { ...retired, text: 'an operator removed a service' },
  ]);
});

test('a service is not removed by itself, nor one that is not listed or changed meanwhile', async (context) => {
  const { book, transactions, logged } = await ground(context, { one: SERVING });
  await assert.rejects(book.remove('one', 'retired', 'ada'), {
    code: 'service-self',
    status: 409,
    message: 'a service does not remove itself',
    remedy: 'Ask another service of the ledger, or stop this one.',
  });
  await assert.rejects(book.remove('two', 'retired', 'ada'), {
    code: 'service-unknown',
    status: 404,
    message: 'no service two is listed',
    remedy: 'List them with `watchbill service list`.',
  });
  assert.deepEqual([transactions, logged], [[], []]);
  const other = await ground(
    context,
    { two: JOINING },
    {
      see: () =>
        put(other.inner, keys.service('two'), encodeRecord('service', { ...JOINING, url: 'http://moved' })),
    },
  );
  await assert.rejects(other.book.approve('two', 'I looked', 'ada'), {
    code: 'service-changed',
    status: 409,
    message: 'the record of service two changed meanwhile',
    remedy: 'Look at it and ask again.',
  });
  assert.equal((await other.record('two'))?.state, 'joining');
  assert.deepEqual(other.logged, []);
});

test('the marks that are not in memory are learned, in one append', async (context) => {
  const claim = claimWith();
  const { mark, headText } = adopted(claim);
  const last = adopted(claimWith({ dutyName: 'grandpa' }));
  const known = pointOf(mark);
  const points = new Map([[markName(CHAIN, KEY, 'babe'), known]]);
  const { inner, book, appended } = await ground(context, {}, { points });
  await put(inner, keys.mark(CHAIN, KEY, 'babe'), headText);
  await put(inner, keys.mark(CHAIN, KEY, 'later'), 'a duty of a later release');
  await book.learnMarks();
  assert.equal(appended.length, 0, 'all of them are in memory');
  await put(inner, keys.mark(CHAIN, KEY, 'grandpa'), last.headText);
  points.set(markName(CHAIN, KEY, 'babe'), { ...known, hash: 'f'.repeat(64) });
  await book.learnMarks();
  const items = appended[0] ?? [];
  assert.deepEqual([appended.length, items.length], [1, 2]);
  assert.deepEqual(
    new Set(items.map(({ hash, decision }) => `${hash} ${decision}`)),
    new Set([mark, last.mark].map(({ lastHash }) => `${lastHash} null`)),
  );
  assert.ok(items.some(({ entry }) => entry.duty === 'grandpa' && entry.seq === last.mark.seq));
});

test('a serving service approves those that join, in its session and its epoch alone', async (context) => {
  const listed = { one: SERVING, two: JOINING, three: { ...JOINING, state: 'removed' as const } };
  const { book, record, transactions, logged } = await ground(context, listed);
  await book.approveJoining(SESSION, isSure);
  const reason = 'a service with memory compared it with the store';
  assert.deepEqual(await record('two'), { ...JOINING, state: 'serving', vouchedBy: 'one', reason });
  assert.deepEqual(
    transactions.map(({ compares }) => compares.map(({ key }) => key)),
    [[keys.service('two'), keys.epoch, keys.session('one')]],
  );
  const fields = { level: 'info', event: 'service-vouched', service: 'two', by: 'one' };
  assert.deepEqual(logged, [{ ...fields, text: 'service two may serve' }]);
  for (const lost of [keys.epoch, keys.session('one')]) {
    const late = await ground(context, { two: JOINING });
    await put(late.inner, lost, 'another');
    await late.book.approveJoining(SESSION, isSure);
    assert.deepEqual([await late.record('two'), late.logged], [JOINING, []], lost);
  }
});

test('no service is approved in doubt, or by one that remembers more than the store holds', async (context) => {
  const doubting = await ground(context, { two: JOINING });
  await doubting.book.approveJoining(SESSION, () => true);
  assert.equal((await doubting.record('two'))?.state, 'joining');
  await doubting.book.approveJoining(SESSION, isSure);
  assert.equal((await doubting.record('two'))?.state, 'serving');
  const ahead = { ...pointOf(FREE.mark), seq: 9n, hash: 'f'.repeat(64) };
  const points = new Map([[markName(CHAIN, KEY, 'babe'), ahead]]);
  const behind = await ground(context, { two: JOINING }, { points });
  await behind.book.approveJoining(SESSION, isSure);
  assert.equal((await behind.record('two'))?.state, 'joining');
});

test('the list shows each service as it is, and which of them has a session', async (context) => {
  const listed = { one: { ...SERVING, url: 'https://ops:hunter2@box1:8450/' }, two: JOINING };
  const { book } = await ground(context, listed);
  assert.deepEqual(await book.views(), [
    { ...listed.one, id: 'one', url: 'https://…@box1:8450/', live: true, self: true },
    { ...JOINING, id: 'two', live: false, self: false },
  ]);
});
