import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type LedgerPoint, pointOf } from '../../rule/index.ts';
import type { Store, Transaction } from '../../store/index.ts';
import { adopted, claimWith, FREE, IDENTITY } from '../claim/testing/claim.ts';
import type { LedgerIdentity } from '../ground/genesis.ts';
import { keys, markName } from '../ground/keys.ts';
import { decodeRecord, encodeRecord, type ServiceRecord } from '../ground/records.ts';
import type { LedgerItem } from '../ledger/port.ts';
import {
  CHAIN,
  contextOf,
  fakeLog,
  fakeSeen,
  KEY,
  memoryStore,
  put,
  refusal,
  textAt,
  textIn,
} from '../testing/services.ts';
import { createServiceBook } from './services.ts';

const JOINING: ServiceRecord = { name: 'two', url: null, state: 'joining', vouchedBy: null, reason: null };
const SERVING: ServiceRecord = { ...JOINING, state: 'serving', vouchedBy: 'one', reason: 'compared' };
const OWN = { ...SERVING, name: 'the first' };
const SESSION = 'the session of this service';
const isSure = () => false;
type Listed = Readonly<Record<string, ServiceRecord>>;

interface Ground {
  /** Another process writes these records right before each transaction. */
  readonly meanwhile?: Listed;
  /** The store refuses every transaction. */
  readonly refuses?: boolean;
  readonly url?: string;
  readonly points?: ReadonlyMap<string, LedgerPoint>;
}

/** The book of the service `one`, which has a session, over a store with these services. */
async function ground(context: TestContext, listed: Listed = {}, setup: Ground = {}) {
  const { points = new Map(), url = null } = setup;
  const inner = memoryStore(context);
  const list = async (services: Listed) => {
    for (const [id, record] of Object.entries(services))
      await put(inner, keys.service(id), encodeRecord('service', record));
  };
  await list(listed);
  await put(inner, keys.epoch, 'the epoch');
  await put(inner, keys.session('one'), SESSION);
  const seen = fakeSeen(inner, async () => {
    await list(setup.meanwhile ?? {});
    return setup.refuses === true ? { outcome: 'conflict', current: [] } : undefined;
  });
  const transactions: Transaction[] = [];
  const budgets: unknown[] = [];
  const transact: Store['transact'] = (some, options) => {
    transactions.push(...some);
    budgets.push(options?.timeoutMs);
    return seen.transact(some, options);
  };
  const appended: (readonly LedgerItem[])[] = [];
  const ledger = {
    serviceId: 'one',
    point: (mark: string) => points.get(mark) ?? null,
    points: () => points,
    append: async (items: readonly LedgerItem[]) => void appended.push(items),
  };
  const { log, lines: logged } = fakeLog('info', 'warn');
  const core = contextOf(context, { store: { ...seen, transact }, log, ledger }, { name: 'the first', url });
  const book = createServiceBook(core, { ...IDENTITY, epochText: 'the epoch' } as unknown as LedgerIdentity);
  const record = async (id: string) => decodeRecord('service', await textAt(inner, keys.service(id)));
  return { inner, book, record, transactions, budgets, appended, logged };
}

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
  const { book } = await ground(context, {}, { refuses: true });
  assert.equal(await book.readOwn(), null);
  const other = await ground(context, {}, { meanwhile: { one: OWN } });
  assert.deepEqual(await other.book.readOwn(), OWN);
});

test('a service that moved writes its name and its address over the record that it read', async (context) => {
  const url = 'http://new';
  for (const before of [
    { ...SERVING, url },
    { ...SERVING, name: 'the first' },
  ]) {
    const { book, record, transactions } = await ground(context, { one: before }, { url });
    assert.deepEqual(
      [await book.readOwn(), await record('one')],
      [
        { ...OWN, url },
        { ...OWN, url },
      ],
    );
    const compared = transactions[0]?.compares.map(({ key, value }) => [
      key,
      Buffer.from(value ?? '').toString(),
    ]);
    assert.deepEqual(compared, [[keys.service('one'), encodeRecord('service', before)]]);
  }
  const { book } = await ground(context, { one: SERVING }, { refuses: true });
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
  const { inner, book, record, transactions, logged } = await ground(context, { two: JOINING });
  await put(inner, keys.session('two'), 'a session');
  await book.approve('two', 'I looked', 'ada');
  assert.deepEqual(await record('two'), { ...SERVING, vouchedBy: 'ada', reason: 'I looked' });
  assert.notEqual(await textIn(inner, keys.session('two')), null);
  const approval = () => refusal(book.approve('two', 'again', 'ada'));
  const release =
    'To end a rollback report, release it: `watchbill rollback-report release ID --reason TEXT`.';
  assert.equal(await approval(), `409 service-serving: service two serves already | ${release}`);
  await book.remove('two', 'retired', 'bob');
  const removed = { ...SERVING, vouchedBy: 'ada', state: 'removed', reason: 'bob: retired' };
  assert.deepEqual(await record('two'), removed);
  const anew = 'service two was removed and stays removed | Start it with a new data directory instead.';
  assert.equal(await approval(), `409 service-removed: ${anew}`);
  assert.equal(await textIn(inner, keys.session('two')), null);
  const sizes = transactions.map(({ compares, writes }) => `${compares.length} ${writes.length}`);
  assert.deepEqual(sizes, ['1 1', '1 2']);
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
  const self = 'a service does not remove itself | Ask another service of the ledger, or stop this one.';
  assert.equal(await refusal(book.remove('one', 'retired', 'ada')), `409 service-self: ${self}`);
  const unknown = 'no service two is listed | List them with `watchbill service list`.';
  assert.equal(await refusal(book.remove('two', 'retired', 'ada')), `404 service-unknown: ${unknown}`);
  assert.deepEqual([transactions, logged], [[], []]);
  const meanwhile = { two: { ...JOINING, url: 'http://moved' } };
  const other = await ground(context, { two: JOINING }, { meanwhile });
  const changed = 'the record of service two changed meanwhile | Look at it and ask again.';
  assert.equal(
    await refusal(other.book.approve('two', 'I looked', 'ada')),
    `409 service-changed: ${changed}`,
  );
  assert.deepEqual([(await other.record('two')).state, other.logged], ['joining', []]);
});

test('the marks that are not in memory are learned, in one append', async (context) => {
  const { mark, headText } = adopted(claimWith());
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
  const learned = appended.map((items) =>
    items.map(({ hash, entry, decision }) => `${entry.duty} ${entry.seq} ${hash} ${decision}`).sort(),
  );
  const lines = [mark, last.mark].map((of) => `${of.last.duty} ${of.last.seq} ${of.lastHash} null`);
  assert.deepEqual(learned, [lines]);
});

test('a serving service approves those that join, in its session and its epoch alone', async (context) => {
  const listed = { one: SERVING, two: JOINING, three: { ...JOINING, state: 'removed' as const } };
  const { book, record, transactions, logged } = await ground(context, listed);
  await book.approveJoining(SESSION, isSure);
  const reason = 'a service with memory compared it with the store';
  assert.deepEqual(await record('two'), { ...SERVING, reason });
  const compared = transactions.map(({ compares }) => compares.map(({ key }) => key));
  assert.deepEqual(compared, [[keys.service('two'), keys.epoch, keys.session('one')]]);
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
  const ahead = { ...pointOf(FREE.mark), seq: 9n, hash: 'f'.repeat(64) };
  const points = new Map([[markName(CHAIN, KEY, 'babe'), ahead]]);
  for (const [isInDoubt, setup, state] of [
    [() => true, {}, 'joining'],
    [isSure, {}, 'serving'],
    [isSure, { points }, 'joining'],
  ] as const) {
    const { book, record } = await ground(context, { two: JOINING }, setup);
    await book.approveJoining(SESSION, isInDoubt);
    assert.equal((await record('two')).state, state);
  }
});

test('the list shows each service as it is, and which of them has a session', async (context) => {
  const listed = { one: { ...SERVING, url: 'https://ops:hunter2@box1:8450/' }, two: JOINING };
  const { book } = await ground(context, listed);
  assert.deepEqual(await book.views(), [
    { ...listed.one, id: 'one', url: 'https://…@box1:8450/', live: true, self: true },
    { ...JOINING, id: 'two', live: false, self: false },
  ]);
});
