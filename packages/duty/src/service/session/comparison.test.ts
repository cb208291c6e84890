import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { encodeHead, pointOf } from '../../rule/index.ts';
import { FREE, SEAL } from '../claim/testing/claim.ts';
import type { MemoryView, PointView } from '../contract.ts';
import type { LedgerIdentity } from '../ground/genesis.ts';
import { keys, markName } from '../ground/keys.ts';
import { memoryOf, pointView } from '../ground/memory.ts';
import { encodeRecord, type RecoveryRecord, type ServiceRecord } from '../ground/records.ts';
import { contextOf, memoryStore, put } from '../testing/services.ts';
import { compareMemories } from './comparison.ts';
import { encodeSession } from './record.ts';
import type { ServiceBook } from './services.ts';

/** The looks of a service that begins a session: protocol section 6. */
const SELF = 'service-1';
const EPOCH = FREE.mark.epoch;
const LEDGER = 'ledger-1';
const NAME = markName(SEAL.chain, SEAL.key, SEAL.duty.name);
const AT = pointView(pointOf(FREE.mark));
const AHEAD = { ...AT, seq: '99', hash: 'ee'.repeat(32), unit: '9', part: 'seal', top: '9' } as const;
const NOBODY: ReadonlySet<string> = new Set();

const serving = (change: Partial<ServiceRecord> = {}): ServiceRecord => ({
  name: 'two',
  url: 'second',
  state: 'serving',
  vouchedBy: 'x',
  reason: null,
  ...change,
});
const answerOf = (change: Partial<MemoryView> = {}): MemoryView => ({
  service: 'service-2',
  ledger: LEDGER,
  points: {},
  ...change,
});

interface Around {
  readonly own?: ServiceRecord | null;
  readonly points?: Readonly<Record<string, PointView>>;
  readonly listed?: Readonly<Record<string, ServiceRecord>>;
  readonly gone?: string;
  readonly answers?: Readonly<Record<string, MemoryView>>;
}

/** A store with one mark, and this service as `around` describes it. */
async function ground(context: TestContext, around: Around = {}) {
  const store = memoryStore(context);
  await put(store, keys.epoch, encodeRecord('epoch', { epoch: EPOCH }));
  await put(store, keys.mark(SEAL.chain, SEAL.key, SEAL.duty.name), encodeHead(FREE.mark, SEAL.duty));
  const calls: string[] = [];
  const memory = async (url: string, secret: string, timeoutMs: number) => {
    calls.push(`${url} ${secret} ${timeoutMs}`);
    return around.answers?.[url] ?? Promise.reject(new Error('connection refused'));
  };
  const ledger = { serviceId: SELF, points: () => memoryOf(answerOf(around)) };
  const core = contextOf(context, { store, ledger, peers: { memory } });
  const identity = {
    epoch: EPOCH,
    epochText: encodeRecord('epoch', { epoch: EPOCH }),
    ledger: LEDGER,
    peerSecret: 'secret',
    voided: NOBODY,
  };
  const services = {
    readOwn: async () => (around.own === undefined ? serving() : around.own),
    readAll: async () => new Map(Object.entries(around.listed ?? {})),
    goneFrom: () => around.gone ?? null,
  };
  const inherited: string[] = [];
  const parts = {
    context: core,
    identity: identity as unknown as LedgerIdentity,
    services: services as unknown as ServiceBook,
    inherit: ({ service }: MemoryView) => void inherited.push(service),
  };
  const look = async (except = NOBODY, isOpen = true) => {
    const { obstacle, agreed } = await compareMemories({ ...parts, isOpen: () => isOpen }, except);
    return { said: obstacle === null ? 'none' : `${obstacle.state}: ${obstacle.why}`, agreed };
  };
  return { store, look, calls, inherited };
}

describe('the store', () => {
  test('of another epoch is behind, and no peer is asked', async (context) => {
    const { store, look, calls } = await ground(context, { listed: { 'service-2': serving() } });
    for (const text of [encodeRecord('epoch', { epoch: 'other' }), null]) {
      await put(store, keys.epoch, text);
      const { said, agreed } = await look();
      assert.equal(said, 'behind: the epoch of the store is not the one this service began with');
      assert.deepEqual(agreed, []);
    }
    assert.deepEqual(calls, []);
  });

  test('with a recovery under way is waited for; one that is done is no obstacle', async (context) => {
    const { store, look } = await ground(context);
    const recovery: RecoveryRecord = {
      ...{ plan: 'plan-1', confirmation: 'c', epoch: EPOCH, voided: [], atMs: 1 },
      open: [
        { chain: '0xc1', key: '0x01' },
        { chain: '0xc1', key: '0x02' },
      ],
      doneMs: null,
    };
    await put(store, keys.recovery, encodeRecord('recovery', recovery));
    assert.equal(
      (await look()).said,
      'checking: the recovery plan-1 is not finished: 2 keys are to be adopted. Stop every service and run `watchbill recover --execute plan-1`',
    );
    await put(store, keys.recovery, encodeRecord('recovery', { ...recovery, doneMs: 5 }));
    assert.equal((await look()).said, 'none');
  });
});

describe('the record and the memory of the service itself', () => {
  const said = async (context: TestContext, around: Around) =>
    (await (await ground(context, around)).look()).said;

  test('agree with the store: no obstacle', async (context) => {
    assert.equal(await said(context, { points: { [NAME]: AT } }), 'none');
  });

  test('a service that is not listed is behind; one that was removed stays out, with the reason', async (context) => {
    assert.equal(
      await said(context, { own: null }),
      'behind: this service is not listed in the ledger of the store',
    );
    const removed = (reason: string | null) => said(context, { own: serving({ state: 'removed', reason }) });
    const end = 'start with a new data directory';
    assert.equal(await removed('retired'), `joining: this service was removed (retired); ${end}`);
    assert.equal(await removed(null), `joining: this service was removed (no reason); ${end}`);
  });

  test('a memory that is ahead of the store stops it, also while it joins', async (context) => {
    const why = `behind: our own memory is ahead of the store at ${NAME}: entry 99 (9) is remembered; the mark in the store is at entry ${AT.seq}, unit - and does not hold it`;
    assert.equal(await said(context, { points: { [NAME]: AHEAD } }), why);
    assert.equal(await said(context, { points: { [NAME]: AHEAD }, own: serving({ state: 'joining' }) }), why);
  });

  test('a service that joins waits to be approved', async (context) => {
    assert.equal(
      await said(context, { own: serving({ state: 'joining' }) }),
      'joining: no memory of this ledger yet; waiting to be approved',
    );
  });
});

describe('the other services', () => {
  test('one that is no longer listed: the store is behind', async (context) => {
    const { look, calls } = await ground(context, { gone: 'service-9', listed: { 'service-2': serving() } });
    assert.deepEqual(await look(), {
      said: 'behind: service service-9 was listed and is no longer',
      agreed: [],
    });
    assert.deepEqual(calls, []);
  });

  test('are asked if they serve, with the secret and a deadline; those that were asked before are not', async (context) => {
    const listed = {
      [SELF]: serving({ url: 'self' }),
      'service-2': serving(),
      'service-3': serving({ url: 'third' }),
      'service-4': serving({ url: 'fourth', state: 'joining' }),
      'service-5': serving({ url: 'fifth', state: 'removed' }),
    };
    const answers = { second: answerOf(), third: answerOf({ service: 'service-3' }) };
    const { look, calls } = await ground(context, { listed, answers });
    assert.deepEqual(await look(), { said: 'none', agreed: ['service-2', 'service-3'] });
    assert.deepEqual(calls, ['second secret 2000', 'third secret 2000']);
    assert.deepEqual(await look(new Set(['service-2'])), { said: 'none', agreed: ['service-3'] });
  });

  test('that cannot be asked, do not answer, or are others than listed are waited for', async (context) => {
    const missing = async (record: ServiceRecord, answer?: MemoryView) => {
      const answers = answer === undefined ? {} : { second: answer };
      const around = { listed: { 'service-2': record }, answers };
      const { said, agreed } = await (await ground(context, around)).look();
      assert.deepEqual(agreed, []);
      return said;
    };
    assert.equal(
      await missing(serving({ url: null })),
      'checking: service two (service-2) has no url in the ledger, so it cannot be asked',
    );
    assert.equal(
      await missing(serving()),
      'checking: service two (service-2) does not answer: connection refused',
    );
    const other = 'checking: a different service answers at the url of service two (service-2)';
    assert.equal(await missing(serving(), answerOf({ service: 'service-3' })), other);
    assert.equal(await missing(serving(), answerOf({ ledger: 'ledger-2' })), other);
  });

  test('that remember more than the store holds stop it, whichever others are missing', async (context) => {
    const { look } = await ground(context, {
      listed: { 'service-3': serving({ url: 'third', name: 'three' }), 'service-2': serving() },
      answers: { second: answerOf({ points: { [NAME]: AHEAD } }) },
    });
    assert.deepEqual(await look(), {
      said: `behind: the memory of two is ahead of the store at ${NAME}: entry 99 (9) is remembered; the mark in the store is at entry ${AT.seq}, unit - and does not hold it`,
      agreed: [],
    });
  });

  test('pass on their base to the session alone for which they are compared', async (context) => {
    const session = encodeSession('s2', 4n);
    const answers = { second: answerOf({ session, openedMs: 5 }) };
    const { store, look, inherited } = await ground(context, { listed: { 'service-2': serving() }, answers });
    await put(store, keys.session('service-2'), session);
    await look(NOBODY, false);
    assert.deepEqual(inherited, []);
  });

  test('pass on their base while the store holds their session, and not otherwise', async (context) => {
    const session = encodeSession('s2', 4n);
    const cases: readonly (readonly [string | null, Partial<MemoryView>, boolean])[] = [
      [encodeSession('s2', 4n), { session, openedMs: 5 }, true],
      [encodeSession('s2', 5n), { session, openedMs: null }, true],
      [encodeSession('s2', 3n), { session, openedMs: 5 }, false],
      [encodeSession('s9', 9n), { session, openedMs: 5 }, false],
      [null, { session, openedMs: 5 }, false],
      [encodeSession('s2', 4n), { session }, false],
      [encodeSession('s2', 4n), { openedMs: 5 }, false],
    ];
    for (const [held, answer, isInherited] of cases) {
      const answers = { second: answerOf(answer) };
      const one = await ground(context, { listed: { 'service-2': serving() }, answers });
      await put(one.store, keys.session('service-2'), held);
      assert.deepEqual(await one.look(), { said: 'none', agreed: ['service-2'] });
      assert.deepEqual(one.inherited, isInherited ? ['service-2'] : [], `${held} ${JSON.stringify(answer)}`);
    }
  });
});
