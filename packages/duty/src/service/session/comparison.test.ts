import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { encodeHead, pointOf } from '../../rule/index.ts';
import { FREE, SEAL } from '../claim/testing/claim.ts';
import type { MemoryView, PointView } from '../contract.ts';
import type { LedgerIdentity } from '../ground/genesis.ts';
import { keys, markName } from '../ground/keys.ts';
import { memoryOf, pointView } from '../ground/memory.ts';
import { encodeRecord, type ServiceRecord } from '../ground/records.ts';
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
  /** In the store, beside one mark and the epoch. */
  readonly records?: Readonly<Record<string, string | null>>;
  readonly except?: readonly string[];
  readonly isOpen?: boolean;
}

/** The comparison of this service, which is as `around` describes it. */
async function compare(context: TestContext, around: Around = {}) {
  const { own = serving(), listed = {}, except = [], isOpen = true } = around;
  const store = memoryStore(context);
  const epochText = encodeRecord('epoch', { epoch: EPOCH });
  await put(store, keys.epoch, epochText);
  await put(store, keys.mark(SEAL.chain, SEAL.key, SEAL.duty.name), encodeHead(FREE.mark, SEAL.duty));
  for (const [key, text] of Object.entries(around.records ?? {})) await put(store, key, text);
  const calls: string[] = [];
  const memory = async (url: string, secret: string, timeoutMs: number) => {
    calls.push(`${url} ${secret} ${timeoutMs}`);
    return around.answers?.[url] ?? Promise.reject(new Error('connection refused'));
  };
  const ledger = { serviceId: SELF, points: () => memoryOf(answerOf(around)) };
  const identity = { epoch: EPOCH, epochText, ledger: LEDGER, peerSecret: 'secret', voided: new Set() };
  const services = {
    readOwn: async () => own,
    readAll: async () => new Map(Object.entries(listed)),
    goneFrom: () => around.gone ?? null,
  };
  const inherited: string[] = [];
  const parts = {
    context: contextOf(context, { store, ledger, peers: { memory } }),
    identity: identity as unknown as LedgerIdentity,
    services: services as unknown as ServiceBook,
    inherit: ({ service }: MemoryView) => void inherited.push(service),
    isOpen: () => isOpen,
  };
  const { obstacle, agreed } = await compareMemories(parts, new Set(except));
  return {
    said: obstacle === null ? 'none' : `${obstacle.state}: ${obstacle.why}`,
    agreed,
    calls,
    inherited,
  };
}

/** The obstacle that a service meets in itself: it asks no other one. */
async function alone(context: TestContext, around: Around): Promise<string> {
  const { said, agreed, calls } = await compare(context, { listed: { 'service-2': serving() }, ...around });
  assert.deepEqual([agreed, calls], [[], []]);
  return said;
}

const isAhead = (whose: string) =>
  `behind: ${whose} is ahead of the store at ${NAME}: entry 99 (9) is remembered; the mark in the store is at entry ${AT.seq}, unit - and does not hold it`;

describe('the store', () => {
  test('of another epoch is behind', async (context) => {
    const why = 'behind: the epoch of the store is not the one this service began with';
    for (const text of [encodeRecord('epoch', { epoch: 'other' }), null])
      assert.equal(await alone(context, { records: { [keys.epoch]: text } }), why);
  });

  test('with a recovery under way is waited for; one that is done is no obstacle', async (context) => {
    const open = ['0x01', '0x02'].map((key) => ({ chain: '0xc1', key }));
    const plan = { plan: 'plan-1', confirmation: 'c', epoch: EPOCH, voided: [], atMs: 1, open };
    const recovery = (doneMs: number | null) => ({
      records: { [keys.recovery]: encodeRecord('recovery', { ...plan, doneMs }) },
    });
    const why =
      'checking: the recovery plan-1 is not finished: 2 keys are to be adopted. Stop every service and run `watchbill recover --execute plan-1`';
    assert.equal(await alone(context, recovery(null)), why);
    assert.equal((await compare(context, recovery(5))).said, 'none');
  });
});

test('a service is in its own way if it is not listed, was removed, joins, or remembers more than the store', async (context) => {
  const removed = (why: string) =>
    `joining: this service was removed (${why}); start with a new data directory`;
  const joining = serving({ state: 'joining' });
  const ahead = { [NAME]: AHEAD };
  for (const [around, why] of [
    [{ own: null }, 'behind: this service is not listed in the ledger of the store'],
    [{ own: serving({ state: 'removed', reason: 'retired' }) }, removed('retired')],
    [{ own: serving({ state: 'removed' }) }, removed('no reason')],
    [{ points: ahead }, isAhead('our own memory')],
    [{ points: ahead, own: joining }, isAhead('our own memory')],
    [{ own: joining }, 'joining: no memory of this ledger yet; waiting to be approved'],
    [{ gone: 'service-9' }, 'behind: service service-9 was listed and is no longer'],
  ] as const)
    assert.equal(await alone(context, around), why);
  assert.equal((await compare(context, { points: { [NAME]: AT } })).said, 'none', 'memory and store agree');
});

describe('the other services', () => {
  const two = { 'service-2': serving() };

  test('are asked if they serve, with the secret and a deadline; those that were asked before are not', async (context) => {
    const listed = {
      ...two,
      [SELF]: serving({ url: 'self' }),
      'service-3': serving({ url: 'third' }),
      'service-4': serving({ url: 'fourth', state: 'joining' }),
      'service-5': serving({ url: 'fifth', state: 'removed' }),
    };
    const answers = { second: answerOf(), third: answerOf({ service: 'service-3' }) };
    const { said, agreed, calls } = await compare(context, { listed, answers });
    assert.deepEqual([said, agreed], ['none', ['service-2', 'service-3']]);
    assert.deepEqual(calls, ['second secret 2000', 'third secret 2000']);
    const again = await compare(context, { listed, answers, except: ['service-2'] });
    assert.deepEqual([again.said, again.agreed], ['none', ['service-3']]);
  });

  test('that cannot be asked, do not answer, or are others than listed are waited for', async (context) => {
    const name = 'service two (service-2)';
    const other = `a different service answers at the url of ${name}`;
    for (const [record, answer, why] of [
      [serving({ url: null }), undefined, `${name} has no url in the ledger, so it cannot be asked`],
      [serving(), undefined, `${name} does not answer: connection refused`],
      [serving(), answerOf({ service: 'service-3' }), other],
      [serving(), answerOf({ ledger: 'ledger-2' }), other],
    ] as const) {
      const answers = answer === undefined ? {} : { second: answer };
      const { said, agreed } = await compare(context, { listed: { 'service-2': record }, answers });
      assert.deepEqual([said, agreed], [`checking: ${why}`, []]);
    }
  });

  test('that remember more than the store holds stop it, whichever others are missing', async (context) => {
    const listed = { 'service-3': serving({ url: 'third', name: 'three' }), ...two };
    const answers = { second: answerOf({ points: { [NAME]: AHEAD } }) };
    const { said, agreed } = await compare(context, { listed, answers });
    assert.deepEqual([said, agreed], [isAhead('the memory of two'), []]);
  });

  test('pass on their base while the store holds their session, to the open session alone', async (context) => {
    const session = encodeSession('s2', 4n);
    const opened = { session, openedMs: 5 };
    for (const [held, answer, isInherited, isOpen] of [
      [encodeSession('s2', 4n), opened, true, true],
      [encodeSession('s2', 4n), opened, false, false],
      [encodeSession('s2', 5n), { session, openedMs: null }, true, true],
      [encodeSession('s2', 3n), opened, false, true],
      [encodeSession('s9', 9n), opened, false, true],
      [null, opened, false, true],
      [encodeSession('s2', 4n), { session }, false, true],
      [encodeSession('s2', 4n), { openedMs: 5 }, false, true],
    ] as const) {
      const around = { listed: two, answers: { second: answerOf(answer) }, isOpen };
      const found = await compare(context, { ...around, records: { [keys.session('service-2')]: held } });
      assert.deepEqual([found.said, found.agreed], ['none', ['service-2']]);
      assert.deepEqual(
        found.inherited,
        isInherited ? ['service-2'] : [],
        `${held} ${JSON.stringify(answer)}`,
      );
    }
  });
});
