import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type Store, StoreFault, type Transaction, type TransactionResult } from '../../store/index.ts';
import type { ClaimRequest, Permit } from '../contract.ts';
import {
  ask,
  CHAIN,
  KEY,
  memoryStore,
  policyDocument,
  seal,
  startAdopted,
  vote,
} from '../testing/services.ts';

type Mishap = 'none' | 'lost-after' | 'lost-before' | 'unavailable' | 'late';
const lost = () => new StoreFault('unavailable', 'the answer was lost', 'nothing');

/** A store whose next transactions that write a mark meet the given mishaps, one each. */
function fakeMishaps(inner: Store, mishaps: Mishap[]): Store & { readonly late: Transaction[] } {
  const late: Transaction[] = [];
  async function one(transaction: Transaction): Promise<TransactionResult> {
    const isGrant = transaction.writes.some((write) => write.key.startsWith('mark/'));
    const mishap = isGrant ? (mishaps.shift() ?? 'none') : 'none';
    if (mishap === 'unavailable') throw lost();
    if (mishap === 'late') late.push(transaction);
    if (mishap === 'lost-before' || mishap === 'late') return { outcome: 'ambiguous', cause: lost() };
    const [result] = await inner.transact([transaction]);
    if (result === undefined) throw new Error('no result');
    return mishap === 'lost-after' ? { outcome: 'ambiguous', cause: lost() } : result;
  }
  return { ...inner, late, transact: (transactions) => Promise.all(transactions.map(one)) };
}

async function start(context: TestContext) {
  const mishaps: Mishap[] = [];
  const store = fakeMishaps(memoryStore(context), mishaps);
  const service = await startAdopted(context, {}, { store });
  return { ...service, mishaps, store };
}

test('an answer lost after the transaction applied is found by its nonce and told once', async (context) => {
  const { permit, mishaps } = await start(context);
  mishaps.push('lost-after');
  assert.equal(await ask(permit, 'a'), 'granted:new');
  assert.equal(await ask(permit, 'b', { digest: seal('02') }), 'denied:unit-taken');
});

test('an answer lost before it applied is decided again under a new nonce', async (context) => {
  const { permit, mishaps, ledger } = await start(context);
  mishaps.push('lost-before', 'lost-before');
  assert.equal(await ask(permit, 'a'), 'granted:new');
  assert.equal(ledger.point(`${CHAIN}/${KEY}/babe`)?.seq, 2n);
});

test('a transaction that applies late changes no earlier answer', async (context) => {
  const { permit, mishaps, store } = await start(context);
  mishaps.push('late');
  assert.equal(await ask(permit, 'a'), 'granted:new');
  const before = await permit.marks({});
  const results = await store.transact(store.late);
  assert.equal(results[0]?.outcome, 'conflict');
  assert.deepEqual(await permit.marks({}), before);
});

test('a claim without a digest whose answer was lost gets one grant and never another', async (context) => {
  const { permit, mishaps } = await start(context);
  mishaps.push('lost-after');
  await permit.observe({ chain: CHAIN, session: '4' }, 'watcher');
  const heartbeat = { duty: 'im-online', unit: '5', part: 'heartbeat', digest: null } as const;
  assert.equal(await ask(permit, 'a', heartbeat), 'granted:new');
  assert.equal(await ask(permit, 'a', heartbeat), 'denied:unit-taken');
});

const freeze = (permit: Permit) => permit.freeze({ key: KEY, reason: 'a copy may run' }, 'test');
const HEARTBEAT = { duty: 'im-online', unit: '5', part: 'heartbeat', digest: null } as const;
const VOTE = { duty: 'beefy', unit: '0/5', part: 'vote', digest: vote('01').slice(0, 66) } as const;

/** A change, a claim whose answer was lost before it, and the next answer to that claim. */
const MEANWHILE: [string, (permit: Permit) => Promise<unknown>, Partial<ClaimRequest>, string][] = [
  [
    'its node is removed',
    (permit) => permit.applyPolicy(policyDocument({ roster: [{ name: 'b', rank: 0 }] }), 'test'),
    {},
    'denied:not-listed',
  ],
  ['its key is frozen', freeze, {}, 'denied:key-frozen'],
  ['its key is frozen, and it has no digest', freeze, HEARTBEAT, 'denied:unit-taken'],
  ['its key is frozen, and its signature is deterministic', freeze, VOTE, 'granted:new'],
];

for (const [change, act, claim, answer] of MEANWHILE)
  test(`a claim whose answer was lost while ${change}: ${answer}`, async (context) => {
    const { permit, mishaps, store } = await start(context);
    const report = { chain: CHAIN, session: '4', beefySetId: '0', finalizedBlock: '4' };
    await permit.observe(report, 'watcher');
    mishaps.push('lost-after');
    const { read } = store;
    let isChanged = false;
    store.read = async (wanted, options) => {
      // The first read after the transaction: the claim looks for its nonce.
      if (mishaps.length === 0 && !isChanged && wanted.some((key) => key.startsWith('mark/'))) {
        isChanged = true;
        await act(permit);
      }
      return read(wanted, options);
    };
    assert.equal(await ask(permit, 'a', claim), answer);
    assert.equal(isChanged, true);
  });
