import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type Store, StoreFault } from '../store/index.ts';
import { target, voteKey } from './freeze/testing/vote-key.ts';
import {
  adoptOther,
  ask,
  CHAIN,
  claimOf,
  FIT_REPORT,
  INCARNATION,
  KEY,
  memoryStore,
  OTHER_INCARNATION,
  put,
  releaseAll,
  seal,
  startAdopted,
  textAt,
  untilServing,
  vote,
  wordAhead,
} from './testing/services.ts';
import { clockOf } from './testing/world.ts';
import type { UnitFile } from './units/file.ts';
import type { UnitRecord } from './units/record.ts';

const OTHER_KEY = `0x${'ee'.repeat(32)}`;

/** A history of units that keeps every row that it is given. */
function fakeUnits(): { readonly unitFile: UnitFile; readonly rows: () => string[] } {
  const written: UnitRecord[] = [];
  const unitFile: UnitFile = {
    page: () => ({ facts: [], ended: null }),
    exactly: () => [],
    uncounted: () => [],
    tally: () => [],
    write: (records) => void written.push(...records),
    bytes: () => 0,
    close: () => undefined,
  };
  const nameOf = (record: UnitRecord) => (record.kind === 'pass' ? record.slot : record.unit.join('/'));
  return { unitFile, rows: () => written.splice(0).map((row) => `${row.kind} ${row.duty} ${nameOf(row)}`) };
}

async function startNoted(context: TestContext) {
  const { unitFile, rows } = fakeUnits();
  const service = await startAdopted(context, {}, { parts: { unitFile } });
  const { permit } = service;
  const noted = () => {
    permit.unitFacts({ chain: CHAIN, key: KEY, limit: 1 });
    return rows();
  };
  return { ...service, noted, rows };
}

test('a slot is granted once, repeated to the same start, and denied to everyone else', async (context) => {
  const { permit, ledger } = await startAdopted(context);
  assert.equal(await ask(permit, 'a'), 'granted:new');
  assert.equal(await ask(permit, 'a'), 'granted:repeat');
  assert.equal(await ask(permit, 'a', { digest: seal('02') }), 'denied:digest-differs');
  assert.equal(await ask(permit, 'a', { incarnation: OTHER_INCARNATION }), 'denied:unit-taken');
  assert.equal(await ask(permit, 'b'), 'denied:unit-taken');
  assert.equal(await ask(permit, 'b', { unit: '2' }), 'granted:new');
  assert.equal(await ask(permit, 'a', { unit: '1' }), 'denied:below-floor');
  const [mark] = await permit.marks({ chain: CHAIN, key: KEY });
  assert.equal(mark?.floor, '1');
  assert.equal(ledger.point(`${CHAIN}/${KEY}/babe`)?.seq, 3n);
});

test('a round is entered while active, voted in once per part, and repeated to any listed node with the same digest', async (context) => {
  const { permit } = await startAdopted(context);
  const round = { duty: 'grandpa', unit: '0/1' } as const;
  await permit.observe({ chain: CHAIN, setId: '0', round: '1' }, 'watcher');
  const [watch] = await permit.reportReadiness(FIT_REPORT, 'a');
  assert.deepEqual([watch?.holder, watch?.term], ['a', '1']);
  assert.equal(await ask(permit, 'a', { ...round, part: 'enter', digest: null, term: '1' }), 'granted:new');
  const prevote = { ...round, part: 'prevote', digest: vote('01') } as const;
  assert.equal(await ask(permit, 'b', prevote), 'denied:unit-taken');
  assert.equal(await ask(permit, 'a', prevote), 'granted:new');
  assert.equal(await ask(permit, 'b', prevote), 'granted:repeat');
  assert.equal(await ask(permit, 'b', { ...prevote, digest: vote('02') }), 'denied:digest-differs');
});

test('no observer other than the claimant: unknown, not denied', async (context) => {
  const { permit } = await startAdopted(context);
  await permit.observe({ chain: CHAIN, setId: '0', round: '1' }, 'a');
  const prevote = { duty: 'grandpa', unit: '0/1', part: 'prevote', digest: vote('01') } as const;
  assert.equal(await ask(permit, 'a', prevote), 'unknown:ceiling-unknown');
});

test('many claims on one mark: exactly one digest wins', async (context) => {
  const { permit } = await startAdopted(context, { standbyDelayMs: 0 });
  const asked = Array.from({ length: 40 }, (_, index) =>
    permit.claim(
      claimOf({ unit: '7', digest: seal(index.toString(16).padStart(2, '0')), incarnation: INCARNATION }),
      { node: index % 2 === 0 ? 'a' : 'b' },
    ),
  );
  const replies = await Promise.all(asked);
  assert.equal(replies.filter((reply) => reply.outcome === 'granted').length, 1);
  assert.equal(replies.filter((reply) => reply.outcome === 'denied').length, 39);
});

test('the history of units gets claims, blocks, due units and precommits', async (context) => {
  const { permit, noted } = await startNoted(context);
  await ask(permit, 'a');
  assert.deepEqual(noted(), ['claim babe 1']);
  const block = { number: '7', hash: seal('77') };
  const signature = { key: KEY, duty: 'babe', unit: '3', digest: seal('01'), block };
  await permit.reportSignatures({ chain: CHAIN, signatures: [signature] }, 'watcher');
  assert.deepEqual(noted(), ['seen babe 3']);
  const passes = [{ after: '3', slot: '5', author: OTHER_KEY, due: [{ key: KEY, unit: '4' }] }];
  permit.reportDue({ chain: CHAIN, duty: 'babe', passes }, 'watcher');
  assert.deepEqual(noted(), ['pass babe 5', 'due babe 4']);
  const { key, vote: sign } = voteKey('11');
  await adoptOther(permit, ['a'], key);
  const votes = [sign('3/5', target('aa'), 'prevote'), sign('3/6', target('aa'))];
  await permit.reportVotes({ chain: CHAIN, votes }, 'watcher');
  assert.deepEqual(noted(), ['seen grandpa 3/6'], 'a round is signed by its last part');
});

test('lists show the keys that were asked for', async (context) => {
  const { permit } = await startAdopted(context);
  await adoptOther(permit, ['a'], OTHER_KEY);
  const keysOf = (views: readonly { readonly key: string }[]) => new Set(views.map(({ key }) => key));
  for (const list of [permit.watches, permit.standbys]) {
    assert.deepEqual(keysOf(await list({ chain: CHAIN })), new Set([KEY, OTHER_KEY]));
    assert.deepEqual(keysOf(await list({ key: OTHER_KEY })), new Set([OTHER_KEY]));
    assert.deepEqual(await list({ chain: `0x${'c2'.repeat(32)}`, key: KEY }), []);
  }
});

test('those who listen get each decision', async (context) => {
  const { permit } = await startAdopted(context);
  const heard: string[] = [];
  const leave = permit.subscribe(({ outcome, unit }) => heard.push(`${outcome} ${unit}`));
  await ask(permit, 'a');
  leave();
  await ask(permit, 'a', { unit: '2' });
  assert.deepEqual(heard, ['granted 1']);
});

test('a peer has the secret of the ledger', async (context) => {
  const { permit, store } = await startAdopted(context);
  const { secret } = JSON.parse(await textAt(store, 'secret/peers'));
  assert.deepEqual([secret, `${secret}x`, 'x', ''].map(permit.isPeer), [true, false, false, false]);
});

test('a store that says by itself that it went back ends the session, and is logged', async (context) => {
  const errors: unknown[] = [];
  const log = { info: () => undefined, warn: () => undefined };
  const error = (event: object, text: string) => void errors.push({ ...event, text });
  const { permit } = await startAdopted(context, {}, { parts: { log: { ...log, error } } });
  permit.storeWentBack('revision 7 after 9');
  const text = 'the store went back in time';
  assert.deepEqual(errors, [{ event: 'store-went-back', detail: 'revision 7 after 9', text }]);
  const { state, ready, detail } = await permit.health();
  assert.deepEqual([state, ready, detail], ['checking', false, `${text}: revision 7 after 9`]);
  await untilServing(context, permit);
});

test('health says who the service is, whether it grants, and if not why', async (context) => {
  const { permit, ledger, store } = await startAdopted(context);
  const { epoch } = JSON.parse(await textAt(store, 'epoch'));
  const { store: stored, ...health } = await permit.health();
  assert.deepEqual(health, {
    ready: true,
    state: 'serving',
    detail: 'memory and store agree',
    ledger: ledger.ledgerId(),
    epoch,
    service: ledger.serviceId,
    inFlight: 0,
  });
  assert.deepEqual(stored, await store.health());
  const word = await wordAhead(store);
  assert.equal(await ask(permit, 'a', { word }), 'denied:store-behind');
  const behind = await permit.health();
  assert.deepEqual([behind.ready, behind.state], [false, 'behind']);
  assert.match(behind.detail, /rollback-report release/);
  permit.storeWentBack('a test');
  const checking = await permit.health();
  assert.deepEqual([checking.state, checking.detail], ['checking', 'the store went back in time: a test']);
  await releaseAll(permit);
});

test('health names each key whose policy cannot be read; a service that reads none is not ready', async (context) => {
  const { permit, store } = await startAdopted(context);
  const health = async () => {
    await clockOf(context).sleep(10);
    const { ready, state, detail } = await permit.health();
    return [ready, state, detail];
  };
  const unread = 'the policy of key …eeeeee: the pointer record cannot be read: it is not JSON';
  await adoptOther(permit, ['a'], OTHER_KEY);
  const pointer = `policy/${CHAIN}/${OTHER_KEY}/current`;
  const text = await textAt(store, pointer);
  await put(store, pointer, '{');
  assert.deepEqual(await health(), [true, 'serving', `memory and store agree; ${unread}`]);
  await put(store, pointer, text);
  assert.deepEqual(await health(), [true, 'serving', 'memory and store agree']);
  await put(store, pointer, null);
  await put(store, `policy/${CHAIN}/${KEY}/current`, null);
  assert.deepEqual(
    [await health(), await permit.policies()],
    [[true, 'serving', 'memory and store agree'], []],
  );
  await put(store, pointer, '{');
  assert.deepEqual(await health(), [false, 'checking', unread]);
});

test('another service gets the memory, and the session only while it serves', async (context) => {
  const { permit, ledger, store } = await startAdopted(context);
  await permit.observe({ chain: CHAIN, setId: '0', round: '1' }, 'watcher');
  await ask(permit, 'a');
  const memory = await permit.memory();
  assert.deepEqual([memory.service, memory.ledger], [ledger.serviceId, ledger.ledgerId()]);
  const mark = `${CHAIN}/${KEY}/babe`;
  assert.deepEqual(Object.keys(memory.points).sort(), [...ledger.points().keys()].sort());
  assert.deepEqual([memory.points[mark]?.unit, memory.points[mark]?.hash], ['1', ledger.point(mark)?.hash]);
  assert.equal(memory.session, await textAt(store, `session/${ledger.serviceId}`));
  assert.equal(memory.openedMs, null, 'it created the ledger');
  assert.ok(memory.reports !== undefined);
  permit.storeWentBack('a test');
  const { session, openedMs, reports, ...rest } = await permit.memory();
  assert.deepEqual([session, openedMs, reports], [undefined, undefined, undefined]);
  assert.deepEqual(rest.points, memory.points);
});

test('a service that drains takes no new claim, writes its history and follows nothing more', async (context) => {
  const { permit, store, rows } = await startNoted(context);
  await clockOf(context).sleep(1_000);
  rows();
  await ask(permit, 'a');
  const draining = permit.drain(1_000);
  assert.equal((await permit.health()).state, 'draining');
  assert.equal((await permit.memory()).session, undefined, 'no peer goes on from its base');
  assert.equal(await ask(permit, 'a', { unit: '2' }), 'unknown:draining');
  await draining;
  assert.deepEqual(rows(), ['claim babe 1', 'claim babe 2']);
  assert.equal((await permit.health()).state, 'stopped');
  const pointer = JSON.stringify({ v: 1, version: 9, versionId: 'missing' });
  await put(store, `policy/${CHAIN}/${KEY}/current`, null);
  await put(store, `policy/${CHAIN}/${OTHER_KEY}/current`, pointer);
  await clockOf(context).sleep(1_000);
  assert.deepEqual(
    (await permit.policies()).map(({ key }) => key),
    [KEY],
  );
});

test('no session is shown while its record is not certain', async (context) => {
  const fault = new StoreFault('unavailable', 'no answer', 'nothing');
  const inner = memoryStore(context);
  let isUnsure = false;
  const store: Store = {
    ...inner,
    transact: async (transactions, options) =>
      isUnsure ? [{ outcome: 'ambiguous', cause: fault }] : inner.transact(transactions, options),
    read: (wanted, options) => (isUnsure ? Promise.reject(fault) : inner.read(wanted, options)),
  };
  const { permit } = await startAdopted(context, {}, { store });
  isUnsure = true;
  const seen = new Set<string>();
  for (let look = 0; look < 120; look++) {
    await clockOf(context).sleep(10);
    const [{ state }, { session }] = [await permit.health(), await permit.memory()];
    seen.add(`${state} ${session === null ? 'null' : typeof session}`);
  }
  assert.deepEqual(seen, new Set(['serving string', 'checking undefined']));
});

test('the health of the store is asked within the time of one call', async (context) => {
  const inner = memoryStore(context);
  const budgets: unknown[] = [];
  const health: Store['health'] = (options) => {
    budgets.push(options?.timeoutMs);
    return inner.health(options);
  };
  const { permit } = await startAdopted(context, {}, { store: { ...inner, health } });
  budgets.splice(0);
  await permit.health();
  assert.deepEqual(budgets, [2_000]);
});

test('a proof of the exports of another ledger is refused', async (context) => {
  const { permit, ledger } = await startAdopted(context);
  await assert.rejects(permit.noteVerification({ ledger: 'another', verdict: 'proven' }, 'bob'), {
    code: 'other-ledger',
    status: 409,
    message: `the exports are of ledger another, and this service has ledger ${ledger.ledgerId()}`,
    remedy: 'Name a service of the ledger of the exports.',
  });
  assert.deepEqual(permit.upkeep(), { lastExport: null, lastVerification: null });
});
