import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RecordError } from '../../rule/index.ts';
import { type Store, StoreFault } from '../../store/index.ts';
import { keys } from '../ground/keys.ts';
import { contextOf, fakeLog, memoryStore, put, refusal, textIn } from '../testing/services.ts';
import { clockOf, until, worldOf } from '../testing/world.ts';
import { encodeSession } from './record.ts';
import { type Session, type SessionTasks, startSession } from './session.ts';

/** The loop of a session over a memory store; its rules have their own tests. */
const KEY = keys.session('service-1');
const TTL_MS = 3_000;
const FAULT = new StoreFault('unavailable', 'no answer', 'nothing');
const AGREED = { obstacle: null, agreed: [] };

interface Around {
  readonly store?: (inner: Store) => Partial<Store>;
  readonly tasks?: Partial<SessionTasks>;
  readonly ttlMs?: number;
}

function start(context: TestContext, around: Around = {}) {
  const inner = memoryStore(context);
  const { log, lines: logged } = fakeLog('info', 'warn', 'error');
  const parts = { store: { ...inner, ...around.store?.(inner) }, log, ledger: { serviceId: 'service-1' } };
  const core = contextOf(context, parts, { sessionTtlMs: around.ttlMs ?? TTL_MS });
  const served: string[] = [];
  const session = startSession(core, {
    compare: async () => AGREED,
    allowedSkewMs: () => 1_000,
    opened: async () => undefined,
    learnMarks: async () => undefined,
    serveOthers: async (text) => void served.push(text),
    ...around.tasks,
  });
  worldOf(context).atEnd(session.stop);
  const stored = () => textIn(inner, KEY);
  const reaches = (state: string) => until(context, () => session.state() === state, state);
  const shown = () => `${session.state()}: ${session.detail()}`;
  return { session, inner, logged, served, stored, reaches, shown };
}

async function serving(context: TestContext, around: Around = {}) {
  const started = start(context, around);
  await started.reaches('serving');
  return { ...started, began: started.session.generation() };
}

test('a session of more than thirty seconds is refused', async (context) => {
  const long = '400 session-too-long: a session of 30001 ms is longer than 30000 ms';
  const remedy = 'Make session.ttlMs smaller: a store that went back is noticed within a third of it.';
  assert.equal(await refusal(serving(context, { ttlMs: 30_001 })), `${long} | ${remedy}`);
  await serving(context, { ttlMs: 30_000 });
});

test('a service serves once memory and store agree, under the record that it wrote', async (context) => {
  const { session, logged, stored, reaches, shown } = start(context);
  assert.deepEqual([shown(), session.recordText()], ['starting: the session is being opened', null]);
  await reaches('serving');
  assert.equal(shown(), 'serving: memory and store agree');
  assert.equal(session.recordText(), await stored());
  const event = { event: 'session', state: 'serving', detail: 'memory and store agree' };
  assert.deepEqual(logged, [{ level: 'info', ...event, text: `the service is serving: ${event.detail}` }]);
});

test('a session lives on by its renewals, and serves others after each', async (context) => {
  const { session, served, stored } = await serving(context);
  await clockOf(context).sleep(10 * TTL_MS);
  assert.equal(session.state(), 'serving');
  assert.equal(session.recordText(), await stored());
  assert.equal(served.at(-1), session.recordText());
  assert.ok(served.length >= 20, `${served.length} renewals`);
});

test('a renewal counts from before it was asked for', async (context) => {
  const { clock } = worldOf(context);
  let renewals = 0;
  const store = (inner: Store): Partial<Store> => ({
    keepLeaseAlive: async (id, options) => {
      renewals += 1;
      if (renewals > 1) return Promise.reject(FAULT);
      await clock.sleep(300);
      return inner.keepLeaseAlive(id, options);
    },
  });
  const askedMs = clock.monotonicMs() + TTL_MS / 3;
  const { session, began } = await serving(context, { store });
  await clock.sleep(askedMs + TTL_MS - clock.monotonicMs());
  assert.equal(session.holds(began), true);
  await clock.sleep(1);
  assert.equal(session.holds(began), false);
});

test('others that were not served are logged, and the session goes on', async (context) => {
  const error = 'no service was read';
  const serveOthers = () => Promise.reject(new Error(error));
  const { session, logged } = await serving(context, { tasks: { serveOthers } });
  await clockOf(context).sleep(2 * TTL_MS);
  assert.equal(session.state(), 'serving');
  const text = 'waiting services were not looked at';
  assert.deepEqual(logged[1], { level: 'warn', event: 'session', error, text });
});

test('an opening, a comparison or a learning that failed is tried again, and the reason is shown meanwhile', async (context) => {
  for (const fault of [FAULT, new RecordError('the mark', 'it is not JSON')]) {
    let tries = 0;
    const failTwice = async () => {
      tries += 1;
      if (tries <= 2) throw fault;
      return AGREED;
    };
    const grantLease = (inner: Store, ...of: Parameters<Store['grantLease']>) =>
      failTwice().then(() => inner.grantLease(...of));
    for (const around of [
      { store: (inner: Store) => ({ grantLease: grantLease.bind(null, inner) }) },
      { tasks: { compare: failTwice } },
      { tasks: { learnMarks: async () => void (await failTwice()) } },
    ]) {
      tries = 0;
      const { session, reaches } = start(context, around);
      const reason = `the store does not answer: ${fault.message}; ${fault.remedy}`;
      await until(context, () => session.detail() === reason, 'the reason');
      assert.equal(session.state(), 'starting');
      await reaches('serving');
      assert.equal(tries, 3);
    }
  }
});

test('an obstacle is shown, and the services that agreed are asked again in another session', async (context) => {
  const excepts: string[] = [];
  const asking: (() => boolean)[] = [];
  const compare: SessionTasks['compare'] = async (except, isOpen) => {
    asking.push(isOpen);
    excepts.push([...except].join());
    const obstacle = excepts.length < 3 ? ({ state: 'checking', why: 'one is missing' } as const) : null;
    return { obstacle, agreed: ['two'] };
  };
  const { session, reaches, shown } = start(context, { tasks: { compare } });
  await reaches('checking');
  assert.equal(shown(), 'checking: one is missing');
  await reaches('serving');
  session.lost('by a test');
  await until(context, () => asking.length === 4, 'the next session');
  assert.equal(excepts.join('|'), '|two|two|');
  assert.equal(asking.map((isOpen) => isOpen()).join(), 'false,false,false,true');
});

test('a comparison that takes longer than the session lives does not end it; no claim is answered meanwhile', async (context) => {
  const compare: SessionTasks['compare'] = async () => {
    await clockOf(context).sleep(3 * TTL_MS);
    return AGREED;
  };
  const { session, stored, reaches } = start(context, { tasks: { compare } });
  await until(context, () => session.recordText() !== null, 'the record');
  const first = await stored();
  assert.deepEqual([session.state(), session.holds(session.generation())], ['starting', false]);
  await reaches('serving');
  assert.equal(JSON.parse((await stored()) ?? '').session, JSON.parse(first ?? '').session);
});

test('a claim is answered under the generation in which it began, while the service serves or drains', async (context) => {
  const { session, began } = await serving(context);
  assert.equal(session.holds(began), true);
  session.cancelUndelivered();
  assert.equal(session.holds(began), false, 'another service asked for the memory');
  assert.equal(session.generation(), began + 1, 'it rises, so no claim of before is ever answered');
  assert.equal(session.holds(session.generation()), true);
  session.drain();
  assert.equal(session.state(), 'draining');
  assert.equal(session.holds(session.generation()), true);
  session.lost('a test');
  assert.equal(session.holds(session.generation()), false, 'no session is open');
});

test('a session that ended answers no claim, and is opened again at once, without the rest of its pause', async (context) => {
  const other = encodeSession('other', 0n);
  const ends: readonly (readonly [(session: Session, text: string) => void, shown: string])[] = [
    [(session) => session.lost('a test'), 'checking: a test'],
    [(session) => session.behind('entry 9 is missing'), 'behind: entry 9 is missing'],
    [
      (session, text) => session.compareFailed(text, other),
      'checking: another process has opened a session of this service',
    ],
  ];
  for (const [end, ended] of ends) {
    const { session, inner, shown, began } = await serving(context);
    const text = session.recordText() ?? assert.fail('no record');
    session.compareFailed(text, text);
    assert.equal(session.state(), 'serving', 'the same record');
    await put(inner, KEY, other);
    end(session, text);
    assert.deepEqual([shown(), session.holds(began)], [ended, false]);
    await clockOf(context).sleep(50);
    assert.deepEqual([session.state(), session.holds(began)], ['serving', false]);
    assert.notEqual(session.recordText(), text);
  }
});

test('a claim that comes after the session lapsed is not answered, although the loop has not looked yet', async (context) => {
  const { clock } = worldOf(context);
  const store = (): Partial<Store> => ({ keepLeaseAlive: () => clock.sleep(60_000).then(() => 'alive') });
  const { session, began } = await serving(context, { store });
  await clock.sleep(TTL_MS + 10);
  assert.equal(session.holds(began), false);
  assert.match(session.detail(), /^the session lapsed: it was not renewed in time; /);
});

test('while it is not certain whether a renewal was applied no record is certain', async (context) => {
  let unsure = false;
  const store = (inner: Store): Partial<Store> => ({
    transact: async (transactions, options) => {
      const results = await inner.transact(transactions, options);
      return unsure ? [{ outcome: 'ambiguous', cause: FAULT }] : results;
    },
    read: (wanted, options) => (unsure ? Promise.reject(FAULT) : inner.read(wanted, options)),
  });
  const { session, stored } = await serving(context, { store });
  unsure = true;
  await until(context, () => session.recordText() === null, 'an uncertain renewal');
  assert.equal(session.state(), 'serving');
  unsure = false;
  await until(context, () => session.recordText() !== null, 'the record to be read');
  assert.equal(session.recordText(), await stored());
});

test('a store that went back while the service drains is logged with its own reason', async (context) => {
  const { session, inner, logged, stored } = await serving(context);
  const first = await stored();
  await until(context, async () => (await stored()) !== first, 'a renewal');
  session.drain();
  await put(inner, KEY, first);
  const wentBack = () => logged.find(({ event }) => event === 'store-went-back');
  await until(context, () => wentBack() !== undefined, 'it to notice');
  const reason = /^the store went back: it holds renewal 0 of the session, renewal \d+ was/;
  assert.match(String(wentBack()?.detail), reason);
  assert.deepEqual([wentBack()?.text, session.detail()], [wentBack()?.detail, 'the service is stopping']);
});

test('a session that ends gives its record up at once', async (context) => {
  const { session, stored, shown } = await serving(context);
  const { clock } = worldOf(context);
  const beforeMs = clock.monotonicMs();
  await session.stop();
  assert.ok(clock.monotonicMs() - beforeMs < 100, 'it did not wait for the next renewal');
  assert.deepEqual([shown(), await stored()], ['stopped: the service has stopped', null]);
  const generation = session.generation();
  session.cancelUndelivered();
  session.drain();
  session.behind('a test');
  assert.deepEqual([session.state(), session.generation()], ['stopped', generation]);
});

test('a session ends although the store does not answer, within the time of one call', async (context) => {
  const budgets: unknown[] = [];
  const revokeLease: Store['revokeLease'] = (_id, options) => {
    budgets.push(options?.timeoutMs);
    return Promise.reject(FAULT);
  };
  const { session } = await serving(context, { store: () => ({ revokeLease }) });
  await session.stop();
  assert.deepEqual([session.state(), budgets], ['stopped', [2_000]]);
});

test('a service that is stopped while it opens a session leaves none', async (context) => {
  const { session, stored } = start(context);
  await session.stop();
  assert.deepEqual([session.state(), await stored()], ['stopped', null]);
});
