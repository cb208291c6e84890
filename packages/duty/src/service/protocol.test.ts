import assert from 'node:assert/strict';
import test, { describe, type TestContext } from 'node:test';
import { type Store, StoreFault, type Transaction } from '../store/index.ts';
import type { LedgerItem } from './ledger/port.ts';
import {
  ask,
  CHAIN,
  claimOf,
  FIT_REPORT,
  fakeDeaf,
  fakeSeen,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  OTHER_INCARNATION,
  policyDocument,
  put,
  type ServiceSetup,
  seal,
  startAdopted,
  startPair,
  startServing,
} from './testing/services.ts';
import { clockOf } from './testing/world.ts';

/**
 * One test for each sentence of the claim protocol that a model has shown to be needed and that is the
 * service's to keep. Sentences about sessions, sets of the original protocol and handovers have theirs in
 * protocol-sessions, sessions, sets and watches.
 */
const BABE = `mark/${CHAIN}/${KEY}/babe`;
const only = [{ name: 'b', rank: 0 }];

/** A service and every transaction that it sent. */
async function startSeen(context: TestContext, setup: ServiceSetup = {}) {
  const sent: Transaction[] = [];
  const inner = memoryStore(context);
  const store = fakeSeen(inner, (transaction) => {
    sent.push(transaction);
    return undefined;
  });
  const service = await startAdopted(context, { watchTtlMs: 20_000 }, { ...setup, store });
  const grants = () => sent.filter((item) => item.compares.some(({ key }) => key.startsWith('mark/')));
  return { ...service, inner, sent, grants, clear: () => sent.splice(0) };
}

describe('what a grant rests on is compared in its transaction', () => {
  test('the value of the mark, although the service holds an older one', async (context) => {
    const { first, second } = await startPair(context, { standbyDelayMs: 0 });
    assert.equal(await ask(second.permit, 'a', { unit: '1' }), 'granted:new');
    assert.equal(await ask(first.permit, 'a', { unit: '2' }), 'granted:new');
    const late = { unit: '2', digest: seal('02'), incarnation: OTHER_INCARNATION };
    assert.equal(await ask(second.permit, 'b', late), 'denied:unit-taken');
  });

  test('the version of the policy: a removed node is granted nothing, and nothing again, by a service that did not hear of it', async (context) => {
    const { first, second: deaf } = await startPair(context, {}, { seen: fakeDeaf });
    assert.equal(await ask(deaf.permit, 'a', { unit: '1' }), 'granted:new');
    await first.permit.applyPolicy(policyDocument({ roster: only }), 'test');
    assert.equal(await ask(deaf.permit, 'a', { unit: '1' }), 'denied:not-listed');
    await first.permit.applyPolicy(policyDocument(), 'test');
    assert.equal(await ask(deaf.permit, 'a', { unit: '1' }), 'granted:repeat');
    await first.permit.applyPolicy(policyDocument({ roster: only }), 'test');
    assert.equal(await ask(deaf.permit, 'a', { unit: '2' }), 'denied:not-listed');
  });

  test('the epoch', async (context) => {
    const { permit, store } = await startAdopted(context);
    await put(store, 'epoch', '{"epoch":"another","v":1}');
    assert.equal(await ask(permit, 'a'), 'denied:store-behind');
  });

  test('the session of the service', async (context) => {
    const { permit, store } = await startAdopted(context);
    await put(store, `session/${(await permit.health()).service}`, null);
    assert.equal(await ask(permit, 'a'), 'denied:session-lost');
  });

  test('for enter, the holder and the term of the watch', async (context) => {
    let act: (() => Promise<unknown>) | null = null;
    const { permit, store } = await startAdopted(
      context,
      { watchTtlMs: 20_000 },
      {
        parts: {
          failpoint: async (name) => {
            if (name !== 'before-transaction' || act === null) return;
            const now = act;
            act = null;
            await now();
          },
        },
      },
    );
    await permit.observe({ chain: CHAIN, setId: '0', round: '1' }, 'watcher');
    await permit.reportReadiness(FIT_REPORT, 'a');
    act = () => put(store, `watch/${CHAIN}/${KEY}`, '{"holder":"b","relief":null,"term":"2","v":1}');
    const enter = { duty: 'grandpa', unit: '0/1', part: 'enter', digest: null, term: '1' } as const;
    assert.equal(await ask(permit, 'a', enter), 'denied:watch-moved');
    assert.equal((await permit.marks({})).find((mark) => mark.duty === 'grandpa')?.recent.length, 0);
  });
});

describe('policies', () => {
  test('are never deleted, and each version has a different id', async (context) => {
    const { permit, store } = await startAdopted(context);
    const before = await store.list(`policy/${CHAIN}/${KEY}/version/`);
    for (let version = 0; version < 3; version++) await permit.applyPolicy(policyDocument(), 'test');
    const after = await store.list(`policy/${CHAIN}/${KEY}/version/`);
    assert.equal(after.records.length, before.records.length + 3);
    for (const { key, value } of before.records)
      assert.deepEqual(after.records.find((record) => record.key === key)?.value, value);
  });

  test('are not said to have changed where only the service has lost its session', async (context) => {
    const inner = memoryStore(context);
    let lapses = false;
    const store = fakeSeen(inner, async ({ writes }) => {
      if (!lapses || !writes.some(({ key }) => key.startsWith('policy/'))) return undefined;
      const { records } = await inner.list('session/');
      const gone = records.map(({ key }) => ({ key, value: null }));
      await inner.transact([{ compares: [], writes: gone }]);
      return undefined;
    });
    const { permit } = await startAdopted(context, {}, { store });
    lapses = true;
    const applied = permit.applyPolicy(policyDocument({ roster: only }), 'test');
    await assert.rejects(applied, { code: 'not-serving', message: /session/ });
    assert.equal((await permit.policies())[0]?.roster.length, 2);
  });
});

describe('entries', () => {
  test('an unseen last entry is durable here before the transaction that replaces it', async (context) => {
    const remembered: (string | undefined)[] = [];
    let heads: () => string | undefined = () => undefined;
    const { first, second } = await startPair(
      context,
      { standbyDelayMs: 0 },
      {
        second: {
          parts: {
            failpoint: (name) => {
              if (name === 'before-transaction') remembered.push(heads());
            },
          },
        },
      },
    );
    heads = () => second.ledger.point(`${CHAIN}/${KEY}/babe`)?.hash;
    const told = await first.permit.claim(claimOf({ unit: '1' }), { node: 'a' });
    assert.equal(await ask(second.permit, 'a', { unit: '2' }), 'granted:new');
    assert.equal(remembered.at(-1), told.head?.hash);
  });

  test('a grant and a repeat run a transaction and sync their entry before the reply', async (context) => {
    const { permit, ledger, grants, clear } = await startSeen(context);
    const appended: number[] = [];
    const append = ledger.append.bind(ledger);
    Object.assign(ledger, {
      append: async (items: readonly LedgerItem[]) => {
        await append(items);
        appended.push(
          ...items.filter((item) => item.decision !== null).map((item) => Number(item.entry.seq)),
        );
      },
    });
    for (const expected of ['granted:new', 'granted:repeat']) {
      clear();
      appended.length = 0;
      assert.equal(await ask(permit, 'a'), expected);
      assert.equal(grants().length, 1, expected);
      assert.deepEqual(appended, [2], expected);
    }
  });
});

describe('one claim, one transaction', () => {
  test('no transaction holds two claims on one mark, and no two under way write the same mark', async (context) => {
    let underWay = 0;
    let most = 0;
    const clock = clockOf(context);
    const inner = memoryStore(context);
    const store: Store = {
      ...inner,
      transact: async (transactions, options) => {
        const heads = transactions.flatMap((item) => item.writes.filter((write) => write.key === BABE));
        for (const item of transactions)
          assert.ok(
            item.writes.filter((write) => write.key.startsWith('mark/')).length <= 1 ||
              item.writes.length > 5,
          );
        underWay += heads.length;
        most = Math.max(most, underWay);
        await clock.sleep(1);
        underWay -= heads.length;
        return inner.transact(transactions, options);
      },
    };
    const { permit } = await startAdopted(context, { standbyDelayMs: 0 }, { store });
    const units = Array.from({ length: 20 }, (_, index) => ask(permit, 'a', { unit: String(index + 1) }));
    assert.deepEqual(new Set(await Promise.all(units)), new Set(['granted:new']));
    assert.equal(most, 1);
  });

  test('every attempt has a different nonce, whatever the claimant sends', async (context) => {
    const nonces: string[] = [];
    let lost = 2;
    const store = fakeSeen(memoryStore(context), async (transaction) => {
      const mark = transaction.writes.find((write) => write.key === BABE);
      if (mark === undefined || mark.value === null) return undefined;
      nonces.push(JSON.parse(Buffer.from(mark.value).toString()).last.nonce);
      if (nonces.length < 2 || lost-- <= 0) return undefined;
      return { outcome: 'ambiguous', cause: new StoreFault('unavailable', 'no answer', 'nothing') };
    });
    const { permit } = await startAdopted(context, {}, { store });
    for (const unit of ['1', '2'])
      assert.equal(await ask(permit, 'a', { unit, claimId: 'the-same' }), 'granted:new');
    assert.equal(nonces.length, 5);
    assert.equal(new Set(nonces).size, 5);
  });

  test('an adoption is one transaction: floors, mode and all', async (context) => {
    let refuse = false;
    const store = fakeSeen(memoryStore(context), async (transaction) => {
      if (!refuse || !transaction.writes.some((write) => write.key.startsWith('mark/'))) return undefined;
      refuse = false;
      throw new StoreFault('unavailable', 'no answer', 'nothing');
    });
    const { permit } = await startServing(context, { store });
    await permit.applyPolicy(policyDocument(), 'test');
    refuse = true;
    const request = { chain: CHAIN, key: KEY, floors: NEVER_SIGNED, confirmation: 'a new key' };
    await assert.rejects(permit.adopt(request, 'test'));
    assert.deepEqual(await permit.marks({}), []);
    const versions = async () => (await store.list(`policy/${CHAIN}/${KEY}/version/`)).records.length;
    assert.equal(await versions(), 1);
    assert.equal(await ask(permit, 'a'), 'denied:not-adopted');
    await permit.adopt(request, 'test');
    assert.equal((await permit.marks({})).length, 4);
  });
});
