import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { adoptMark, dutyNamed, type Mark } from '../../rule/index.ts';
import { type Store, StoreFault, type Transaction } from '../../store/index.ts';
import { policyOf } from '../claim/testing/claim.ts';
import type { CoreContext } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import { contextOf, memoryStore, put, refusal, textIn } from '../testing/services.ts';
import { blankEntry, type Entry } from './book.ts';
import { encodeReport, type Report, reportId, reportOf } from './report.ts';
import { judgeWords, type ReadMark, releaseRecord, writeRecord } from './store-records.ts';
import { bookOf, CHAIN, EPOCH, KEY, OTHER, placeOf, pointAt, SERVICE, wordOf } from './testing/steps.ts';

const FAULT = new StoreFault('unavailable', 'no answer', 'nothing');
const WORD = wordOf(5);
const PLACE = placeOf(WORD);
const ID = reportId(PLACE);
const HELD = reportOf(SERVICE, WORD);
const BY = { by: 'ada', reason: 'a copy', atMs: 7 };
const RELEASED: Report = { ...HELD, released: { how: 'operator', ...BY } };
const entryOf = (report: Report, recordKey = PLACE): Entry => ({ ...blankEntry(recordKey), report });
const NONE = bookOf().book;
const SIX = entryOf(reportOf(SERVICE, wordOf(6)), placeOf(wordOf(6)));
const HERE = bookOf(SIX, entryOf(HELD)).book;

/** A store with these records, which a test may change, and every transaction that came to it. */
async function ground(
  context: TestContext,
  records: Record<string, string> = {},
  change: (inner: Store) => Partial<Store> = () => ({}),
) {
  const inner = memoryStore(context);
  for (const [key, text] of Object.entries(records)) await put(inner, key, text);
  const base: Store = { ...inner, ...change(inner) };
  const asked: (Transaction & { readonly timeoutMs: unknown })[] = [];
  const store: Store = {
    ...base,
    transact(transactions, options) {
      asked.push(...transactions.map((each) => ({ ...each, timeoutMs: options?.timeoutMs })));
      return base.transact(transactions, options);
    },
  };
  const warnings: unknown[] = [];
  const log = { warn: (event: object, text: string) => void warnings.push({ ...event, text }) };
  const core = contextOf(context, { store, log });
  const stored = (key = PLACE) => textIn(inner, key);
  return { inner, core, asked, warnings, stored };
}

test('a write says whether it was applied; without a certain answer, why not', async (context) => {
  const { core, asked, stored } = await ground(context);
  const write = (before: string | null, text: string, of = core) => writeRecord(of, PLACE, before, text);
  assert.deepEqual(await write(null, 'one'), true);
  assert.deepEqual(await write(null, 'two'), false);
  assert.deepEqual(await write('one', 'three'), true);
  assert.equal(await stored(), 'three');
  assert.deepEqual(asked[0]?.timeoutMs, 2_000);
  for (const [transact, why] of [
    [async () => [{ outcome: 'ambiguous', cause: FAULT }], 'no answer'],
    [() => Promise.reject(FAULT), 'no answer'],
  ] as const) {
    const other = await ground(context, {}, () => ({ transact: transact as Store['transact'] }));
    await assert.rejects(write(null, 'one', other.core), { message: why });
  }
});

function markAt(slot: bigint, epoch: string): Mark {
  const babe = dutyNamed('babe');
  assert.ok(babe);
  const attempt = { ledger: 'l', epoch, nonce: `n${slot}`, service: 's', atMs: 0 };
  return adoptMark(policyOf({ chain: CHAIN, key: KEY }), babe, null, [slot], attempt, 'test');
}

/** The verdict on word 5 of {@link EPOCH} by a mark with this floor. */
async function verdictBy(context: TestContext, mark: Mark | null, epoch = EPOCH) {
  const { core } = await ground(context);
  const epochs = { epoch, voided: new Set([EPOCH, 'epoch-0']) };
  const entry = entryOf(HELD);
  return (await judgeWords(core, epochs, async () => mark, [entry])).verdicts.get(entry);
}

test('a word is judged by its mark; one of an epoch that a recovery ended was answered by the recovery', async (context) => {
  assert.equal(await verdictBy(context, null), 'none');
  assert.equal(await verdictBy(context, markAt(4n, EPOCH)), 'none');
  assert.equal(await verdictBy(context, markAt(5n, EPOCH)), 'floor');
  assert.equal(await verdictBy(context, { ...markAt(4n, EPOCH), lastHash: pointAt(5).hash }), 'lineage');
  assert.equal(await verdictBy(context, markAt(5n, 'epoch-2'), 'epoch-2'), 'recovered');
  assert.equal(await verdictBy(context, markAt(4n, 'epoch-2'), 'epoch-2'), 'none');
});

test('words of one mark are judged by one read; those of a mark that was not read are left out', async (context) => {
  const { core, warnings } = await ground(context);
  const reads: string[] = [];
  let isDown = true;
  const readMark: ReadMark = async (chain, key, duty) => {
    reads.push(`${chain === CHAIN} ${key === KEY ? 'one' : 'other'} ${duty}`);
    if (key === OTHER && isDown) throw FAULT;
    return null;
  };
  const words = [WORD, wordOf(6), wordOf(7, { key: OTHER }), wordOf(8, { duty: 'aura' })];
  const asked = words.map((word) => entryOf(reportOf(SERVICE, word), placeOf(word)));
  const judge = () => judgeWords(core, { epoch: EPOCH, voided: new Set() }, readMark, asked);
  const found = await judge();
  const kept = [PLACE, placeOf(wordOf(6)), placeOf(wordOf(8, { duty: 'aura' }))];
  assert.deepEqual(
    [...found.verdicts].map(([{ recordKey }, verdict]) => [recordKey, verdict]),
    kept.map((place) => [place, 'none']),
  );
  assert.deepEqual(reads, ['true one babe', 'true other babe', 'true one aura']);
  const event = { event: 'mark-unread', chain: CHAIN, key: OTHER, duty: 'babe', error: 'no answer' };
  assert.deepEqual(warnings, [{ ...event, text: 'a mark was not read' }]);
  isDown = false;
  assert.equal((await judge()).verdicts.size, 4);
});

test('the policies are those that the store points to, or not known', async (context) => {
  const records = {
    [keys.policyPointer(CHAIN, KEY)]: 'a pointer',
    [keys.policyVersion(CHAIN, OTHER, 'v1')]: 'a version alone',
  };
  const { core } = await ground(context, records);
  const policiesOf = async (of: CoreContext) =>
    (await judgeWords(of, { epoch: EPOCH, voided: new Set() }, async () => null, [])).policies;
  assert.deepEqual(await policiesOf(core), [{ chain: CHAIN, key: KEY }]);
  const late = await ground(context, records, () => ({ list: () => Promise.reject(FAULT) }));
  assert.equal(await policiesOf(late.core), null);
  const text = 'the policies were not read';
  assert.deepEqual(late.warnings, [{ event: 'policy-unread', error: 'no answer', text }]);
});

test('an operator releases the record that the store has, and it alone', async (context) => {
  const other = placeOf(wordOf(6));
  const records = { [other]: encodeReport(reportOf(SERVICE, wordOf(6))), [PLACE]: encodeReport(HELD) };
  const { core, stored } = await ground(context, records);
  const text = encodeReport(RELEASED);
  assert.deepEqual(await releaseRecord(core, NONE, ID, BY), new Map([[PLACE, text]]));
  assert.deepEqual([await stored(), await stored(other)], [text, records[other]]);
  const remedy = 'List them with `watchbill rollback-report list`.';
  const again = `409 report-released: rollback report ${ID} is released already | ${remedy}`;
  for (const book of [NONE, bookOf(SIX, entryOf(RELEASED)).book])
    assert.equal(await refusal(releaseRecord(core, book, ID, BY)), again);
  const unknown = `404 report-unknown: there is no rollback report none | ${remedy}`;
  assert.equal(await refusal(releaseRecord(core, NONE, 'none', BY)), unknown);
});

test('an operator releases a report that this service holds and the store does not', async (context) => {
  const { core, asked, stored } = await ground(context);
  await releaseRecord(core, HERE, ID, BY);
  assert.equal(await stored(), encodeReport(RELEASED));
  assert.deepEqual(asked[0]?.compares, [{ key: PLACE, value: null }]);
  const later = { ...BY, by: 'bob' };
  await releaseRecord(core, HERE, ID, later);
  const again = { ...RELEASED, released: { how: 'operator', ...later } } as const;
  assert.equal(await stored(), encodeReport(again), 'it was said again after its release');
});

test('a record that keeps changing is tried three times', async (context) => {
  /** A record that changes so often just before it is written. */
  const changing = async (times: number) => {
    const found = await ground(context, { [PLACE]: encodeReport(HELD) }, (inner) => ({
      transact: async (transactions, options) => {
        const why = `${found.asked.length}`;
        if (found.asked.length <= times) await put(inner, PLACE, encodeReport({ ...HELD, why }));
        return inner.transact(transactions, options);
      },
    }));
    return found;
  };
  const { core, asked } = await changing(3);
  const why = `409 changed: rollback report ${ID} keeps changing | Look at it again and repeat the command.`;
  assert.equal(await refusal(releaseRecord(core, NONE, ID, BY)), why);
  assert.equal(asked.length, 3);
  const twice = await changing(2);
  await releaseRecord(twice.core, NONE, ID, BY);
  assert.equal(await twice.stored(), encodeReport({ ...RELEASED, why: '2' }), 'what changed meanwhile stays');
});

test('a release without a certain answer is read back', async (context) => {
  const unsure = (apply: boolean, change: Partial<Store> = {}) =>
    ground(context, { [PLACE]: encodeReport(HELD) }, (inner) => ({
      transact: async (transactions, options) => {
        if (apply) await inner.transact(transactions, options);
        return [{ outcome: 'ambiguous', cause: FAULT }];
      },
      ...change,
    }));
  const { core } = await unsure(true);
  const text = encodeReport(RELEASED);
  assert.deepEqual(await releaseRecord(core, NONE, ID, BY), new Map([[PLACE, text]]));
  const remedy =
    'Look at it with `watchbill rollback-report list`, and repeat the command if it is still held.';
  const why = `503 store-unavailable: it is not certain whether the release was written: no answer | ${remedy}`;
  for (const other of [await unsure(false), await unsure(true, { read: () => Promise.reject(FAULT) })])
    assert.equal(await refusal(releaseRecord(other.core, NONE, ID, BY)), why);
});

test('a record that this release cannot read is released by the one that wrote it', async (context) => {
  const { core, asked } = await ground(context, { [PLACE]: '{"v":3}' });
  const why = await refusal(releaseRecord(core, NONE, ID, BY));
  assert.match(why, /^409 report-unreadable: .*it has version 3, this release reads version 2/);
  assert.match(why, / \| Release it with the release of watchbill that wrote it[.]$/);
  assert.deepEqual(asked, []);
});
