import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Store, StoreFault } from '../../store/index.ts';
import { keys } from '../ground/keys.ts';
import { createPolicyBook, type HeldPolicy } from '../ground/policies.ts';
import { CHAIN, contextOf, fakeLog, KEY, memoryStore, policyDocument, put } from '../testing/services.ts';
import { clockOf, until, worldOf } from '../testing/world.ts';
import { type NextVersion, versionOf } from './ledger-changes.ts';

const OTHER = `0x${'cd'.repeat(32)}`;
const TIMEOUT_MS = 1_500;

const of = (version: number, key = KEY) => {
  const before = { policy: { versionId: 'ab'.repeat(32), version: version - 1 } } as HeldPolicy;
  const settings = { ...policyDocument({ key }), mode: 'enforce' } as const;
  return versionOf(settings, version === 1 ? null : before, 'ada', 1);
};

async function write(store: Store, { writes }: Pick<NextVersion, 'writes'>): Promise<void> {
  await store.transact([{ compares: [], writes }]);
}

/** The policies of a store, and the keys of every read with its budget. */
async function ground(context: TestContext, store: Store = memoryStore(context)) {
  const reads: string[] = [];
  const read: Store['read'] = (wanted, options) => {
    reads.push(`${wanted.join()} ${options?.timeoutMs}`);
    return store.read(wanted, options);
  };
  const { log, events: warnings } = fakeLog('warn');
  const book = await createPolicyBook(contextOf(context, { store: { ...store, read }, log }));
  worldOf(context).atEnd(async () => book.stop());
  return { store, book, reads, warnings };
}

test('the policies that the store has are known at the start', async (context) => {
  const store = memoryStore(context);
  await write(store, of(1));
  await write(store, of(2, OTHER));
  const { book } = await ground(context, store);
  const { policy, pointerText } = of(1);
  assert.deepEqual(book.get(CHAIN, KEY), { policy, pointerText });
  const known = book.all().map(({ key }) => key);
  assert.deepEqual(known.sort(), [KEY, OTHER].sort());
  assert.equal(book.get(CHAIN, `0x${'ee'.repeat(32)}`), null);
  assert.equal(book.leastSkewMs(), policyDocument().ceilings.allowedSkewMs);
});

test('a policy that another service applies is followed, and so is one that is gone', async (context) => {
  const { store, book } = await ground(context);
  assert.equal(book.get(CHAIN, KEY), null);
  for (const version of [1, 2]) {
    await write(store, of(version));
    await until(context, () => book.get(CHAIN, KEY)?.policy.version === version, `version ${version}`);
  }
  await put(store, keys.policyPointer(CHAIN, KEY), null);
  await until(context, () => book.get(CHAIN, KEY) === null, 'the policy to be gone');
  assert.deepEqual(book.all(), []);
});

test('a version by itself is not read', async (context) => {
  const { store, reads } = await ground(context);
  await write(store, { writes: of(1).writes.slice(1) });
  await clockOf(context).sleep(1_000);
  assert.deepEqual(reads, []);
});

test('a stopped book follows nothing more', async (context) => {
  const { store, book } = await ground(context);
  book.stop();
  await write(store, of(1));
  await clockOf(context).sleep(1_000);
  assert.equal(book.get(CHAIN, KEY), null);
});

test('a policy is read again only if its pointer moved, within the budget of the call', async (context) => {
  const store = memoryStore(context);
  await write(store, of(1));
  const { book, reads } = await ground(context, store);
  reads.length = 0;
  const known = await book.load(CHAIN, KEY, TIMEOUT_MS);
  const pointer = `${keys.policyPointer(CHAIN, KEY)} ${TIMEOUT_MS}`;
  assert.deepEqual([known, reads], [book.get(CHAIN, KEY), [pointer]]);
  const deaf = { ...store, watch: () => ({ ready: Promise.resolve(), stop: () => undefined }) };
  const late = await ground(context, deaf);
  await write(store, of(2));
  late.reads.length = 0;
  assert.equal((await late.book.load(CHAIN, KEY, TIMEOUT_MS))?.policy.version, 2);
  assert.deepEqual(late.reads, [
    pointer,
    `${keys.policyVersion(CHAIN, KEY, of(2).policy.versionId)} ${TIMEOUT_MS}`,
  ]);
  assert.equal(late.book.get(CHAIN, KEY)?.policy.version, 2, 'it is kept');
  await put(store, keys.policyPointer(CHAIN, KEY), null);
  assert.equal(await late.book.load(CHAIN, KEY, TIMEOUT_MS), null);
  assert.equal(late.book.get(CHAIN, KEY), null, 'it is forgotten');
});

test('a version that is missing or was edited is a fault, and is logged when it is followed', async (context) => {
  const { store, book, warnings } = await ground(context);
  const [pointer, version] = of(3).writes;
  await store.transact([{ compares: [], writes: [pointer ?? assert.fail()] }]);
  const message = `policy version ${of(3).policy.versionId} is missing`;
  await assert.rejects(book.load(CHAIN, KEY, TIMEOUT_MS), { message });
  await until(context, () => warnings.length > 0, 'the warning');
  assert.deepEqual(warnings[0], {
    event: 'policy-unread',
    chain: CHAIN,
    key: KEY,
    error: `Error: ${message}`,
  });
  const edited = Buffer.from(version?.value ?? [])
    .toString()
    .replace('"by":"ada"', '"by":"bob"');
  await put(store, version?.key ?? '', edited);
  await assert.rejects(book.load(CHAIN, KEY, TIMEOUT_MS), { message: /its text was changed/ });
});

test('a policy that could not be read stays as it was', async (context) => {
  const inner = memoryStore(context);
  await write(inner, of(1));
  let isDown = false;
  const fault = new StoreFault('unavailable', 'no answer', 'nothing');
  const read: Store['read'] = (wanted, options) =>
    isDown ? Promise.reject(fault) : inner.read(wanted, options);
  const { book, warnings } = await ground(context, { ...inner, read });
  isDown = true;
  await assert.rejects(book.load(CHAIN, KEY, TIMEOUT_MS), fault);
  await write(inner, of(2));
  await until(context, () => warnings.length > 0, 'the warning');
  assert.equal(book.get(CHAIN, KEY)?.policy.version, 1);
});
