import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RecordError } from '../../rule/index.ts';
import { type Store, StoreFault } from '../../store/index.ts';
import { keys } from '../ground/keys.ts';
import { contextOf, memoryStore, put, textIn } from '../testing/services.ts';
import { clockOf, until, worldOf } from '../testing/world.ts';
import { encodeSession } from './record.ts';
import { type Session, type SessionTasks, startSession } from './session.ts';

/** The loop of a session over a memory store; its rules have their own tests. */
const KEY = keys.session('service-1');
const TTL_MS = 3_000;
const FAULT = new StoreFault('unavailable', 'no answer', 'nothing');

interface Around {
  readonly store?: (inner: Store) => Partial<Store>;
  readonly tasks?: Partial<SessionTasks>;
  readonly ttlMs?: number;
}

function start(context: TestContext, around: Around = {}) {
  const { atEnd } = worldOf(context);
  const inner = memoryStore(context);
  const logged: Record<string, unknown>[] = [];
  const note = (level: string) => (event: Record<string, unknown>, text: string) =>
    void logged.push({ level, ...event, text });
  const log = { info: note('info'), warn: note('warn'), error: note('error') };
  const store = { ...inner, ...around.store?.(inner) };
  const parts = { store, log, ledger: { serviceId: 'service-1' } };
  const core = contextOf(context, parts, { sessionTtlMs: around.ttlMs ?? TTL_MS });
  const served: string[] = [];
  const session = startSession(core, {
    compare: async () => ({ obstacle: null, agreed: [] }),
    allowedSkewMs: () => 1_000,
    opened: async () => undefined,
    learnMarks: async () => undefined,
    serveOthers: async (text) => void served.push(text),
    ...around.tasks,
  });
  atEnd(session.stop);
  const stored = () => textIn(inner, KEY);
  const reaches = (state: string) => until(context, () => session.state() === state, state);
  return { session, inner, logged, served, stored, reaches };
}

test('a session of more than thirty seconds is refused', async (context) => {
  assert.throws(() => start(context, { ttlMs: 30_001 }), {
    name: 'PermitFault',
    code: 'session-too-long',
    status: 400,
    message: 'a session of 30001 ms is longer than 30000 ms',
    remedy: 'Make session.ttlMs smaller: a store that went back is noticed within a third of it.',
  });
  await start(context, { ttlMs: 30_000 }).reaches('serving');
});

test('a service serves once memory and store agree, under the record that it wrote', async (context) => {
  const { session, logged, stored, reaches } = start(context);
  assert.deepEqual([session.state(), session.detail()], ['starting', 'the session is being opened']);
  assert.equal(session.recordText(), null);
  await reaches('serving');
  assert.equal(session.detail(), 'memory and store agree');
  assert.equal(session.recordText(), await stored());
  const event = { event: 'session', state: 'serving', detail: 'memory and store agree' };
  assert.deepEqual(logged, [{ level: 'info', ...event, text: `the service is serving: ${event.detail}` }]);
});

test('a session lives on by its renewals, and serves others after each', async (context) => {
  const { session, served, stored, reaches } = start(context);
  await reaches('serving');
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
  const { session, reaches } = start(context, { store });
  await reaches('serving');
  const began = session.generation();
  await clock.sleep(askedMs + TTL_MS - clock.monotonicMs());
  assert.equal(session.holds(began), true);
  await clock.sleep(1);
  assert.equal(session.holds(began), false);
});

test('others that were not served are logged, and the session goes on', async (context) => {
  const serveOthers = () => Promise.reject(new Error('no service was read'));
  const { session, logged, reaches } = start(context, { tasks: { serveOthers } });
  await reaches('serving');
  await clockOf(context).sleep(2 * TTL_MS);
  assert.equal(session.state(), 'serving');
  assert.deepEqual(logged[1], {
    level: 'warn',
    event: 'session',
    error: 'no service was read',
    text: 'waiting services were not looked at',
  });
});

test('an opening that failed is tried again, and the reason is shown meanwhile', async (context) => {
  let isDown = true;
  const store = (inner: Store): Partial<Store> => ({
    grantLease: (ttlMs, options) => (isDown ? Promise.reject(FAULT) : inner.grantLease(ttlMs, options)),
  });
  const { session, reaches } = start(context, { store });
  const reason = 'the store does not answer: no answer; nothing';
  await until(context, () => session.detail() === reason, 'the reason');
  assert.equal(session.state(), 'starting');
  isDown = false;
  await reaches('serving');
});

test('a comparison that failed is made again, and so is the learning of marks', async (context) => {
  const faults = { comparison: FAULT, marks: new RecordError('the mark', 'it is not JSON') };
  for (const [step, fault] of Object.entries(faults)) {
    let tries = 0;
    const failTwice = async () => {
      tries += 1;
      if (tries <= 2) throw fault;
      return { obstacle: null, agreed: [] };
    };
    const marks = { learnMarks: async () => void (await failTwice()) };
    const tasks = step === 'marks' ? marks : { compare: failTwice };
    const { session, reaches } = start(context, { tasks });
    const reason = `the store does not answer: ${fault.message}; ${fault.remedy}`;
    await until(context, () => session.detail() === reason, step);
    assert.notEqual(session.state(), 'serving');
    await reaches('serving');
    assert.equal(tries, 3);
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
  const { session, reaches } = start(context, { tasks: { compare } });
  await reaches('checking');
  assert.equal(session.detail(), 'one is missing');
  await reaches('serving');
  session.lost('by a test');
  await until(context, () => asking.length === 4, 'the next session');
  assert.equal(excepts.join('|'), '|two|two|');
  assert.equal(asking.map((isOpen) => isOpen()).join(), 'false,false,false,true');
});

test('a comparison that takes longer than the session lives does not end it', async (context) => {
  const clock = clockOf(context);
  const compare: SessionTasks['compare'] = async () => {
    await clock.sleep(3 * TTL_MS);
    return { obstacle: null, agreed: [] };
  };
  const { stored, reaches } = start(context, { tasks: { compare } });
  await until(context, async () => (await stored()) !== null, 'the record');
  const first = await stored();
  await reaches('serving');
  assert.equal(JSON.parse((await stored()) ?? '').session, JSON.parse(first ?? '').session);
});

test('a claim is answered under the generation in which it began, while the service serves or drains', async (context) => {
  const { session, reaches } = start(context);
  assert.equal(session.holds(session.generation()), false, 'it does not serve yet');
  await reaches('serving');
  const began = session.generation();
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

test('a claim is not answered while the memories are compared, although the session is open', async (context) => {
  const compare: SessionTasks['compare'] = () => new Promise(() => undefined);
  const { session } = start(context, { tasks: { compare } });
  await until(context, () => session.recordText() !== null, 'the record');
  assert.equal(session.state(), 'starting');
  assert.equal(session.holds(session.generation()), false);
});

test('a session that ended is opened again at once, without the rest of its pause', async (context) => {
  const { session, reaches } = start(context);
  await reaches('serving');
  const began = session.generation();
  const text = session.recordText();
  session.lost('a test');
  assert.deepEqual([session.state(), session.detail()], ['checking', 'a test']);
  await clockOf(context).sleep(50);
  assert.equal(session.state(), 'serving');
  assert.notEqual(session.recordText(), text);
  assert.equal(session.holds(began), false);
});

test('a store that contradicts a memory ends the session', async (context) => {
  const { session, reaches } = start(context);
  await reaches('serving');
  const began = session.generation();
  session.behind('entry 9 is missing');
  assert.deepEqual([session.state(), session.detail()], ['behind', 'entry 9 is missing']);
  assert.equal(session.holds(began), false);
});

test('a claim that comes after the session lapsed is not answered, although the loop has not looked yet', async (context) => {
  const clock = clockOf(context);
  const store = (inner: Store): Partial<Store> => ({
    keepLeaseAlive: async (id, options) => {
      await clock.sleep(60_000);
      return inner.keepLeaseAlive(id, options);
    },
  });
  const { session, reaches } = start(context, { store });
  await reaches('serving');
  const began = session.generation();
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
  const { session, stored, reaches } = start(context, { store });
  await reaches('serving');
  unsure = true;
  await until(context, () => session.recordText() === null, 'an uncertain renewal');
  assert.equal(session.state(), 'serving');
  unsure = false;
  await until(context, () => session.recordText() !== null, 'the record to be read');
  assert.equal(session.recordText(), await stored());
});

test('a compare that met another session ends this one, and a new one is opened', async (context) => {
  const { session, inner, logged, reaches } = start(context);
  await reaches('serving');
  const text = session.recordText() ?? assert.fail('no record');
  session.compareFailed(text, text);
  assert.equal(session.state(), 'serving', 'the same record');
  const other = encodeSession('other', 0n);
  await put(inner, KEY, other);
  session.compareFailed(text, other);
  assert.deepEqual(
    [session.state(), session.detail()],
    ['checking', 'another process has opened a session of this service'],
  );
  assert.equal(logged.at(-1)?.level, 'warn');
  await reaches('serving');
  assert.notEqual(session.recordText(), text);
});

test('a store that is behind is logged as an error, with its reason', async (context) => {
  const compare: SessionTasks['compare'] = async () => ({
    obstacle: { state: 'behind', why: 'entry 9 is missing' },
    agreed: [],
  });
  const { session, logged, reaches } = start(context, { tasks: { compare } });
  await reaches('behind');
  assert.equal(session.detail(), 'entry 9 is missing');
  const text = 'the service is behind: entry 9 is missing';
  const event = { event: 'session', state: 'behind', detail: 'entry 9 is missing' };
  assert.deepEqual(logged, [{ level: 'error', ...event, text }]);
});

/** The log line about a store that is put back to an earlier renewal; `before` runs right before that. */
async function putBackToFirst(context: TestContext, before: (session: Session) => void = () => {}) {
  const { session, inner, logged, stored, reaches } = start(context);
  await reaches('serving');
  const first = await stored();
  await until(context, async () => (await stored()) !== first, 'a renewal');
  before(session);
  await put(inner, KEY, first);
  const wentBack = () => logged.find(({ event }) => event === 'store-went-back');
  await until(context, () => wentBack() !== undefined, 'it to notice');
  return { session, found: wentBack() };
}

test('a store that went back to an earlier renewal is logged by itself', async (context) => {
  const { found } = await putBackToFirst(context);
  assert.equal(found?.detail, found?.text);
  assert.match(
    String(found?.detail),
    /^the store went back: it holds renewal 0 of the session, renewal \d+ was/,
  );
});

test('a store that went back while the service drains is logged with its own reason', async (context) => {
  const { session, found } = await putBackToFirst(context, (running) => running.drain());
  assert.deepEqual([found?.detail, session.detail()], [found?.text, 'the service is stopping']);
});

test('a session that ends gives its record up at once', async (context) => {
  const { session, stored, reaches } = start(context);
  await reaches('serving');
  const { clock } = worldOf(context);
  const before = clock.monotonicMs();
  await session.stop();
  assert.ok(clock.monotonicMs() - before < 100, 'it did not wait for the next renewal');
  assert.deepEqual([session.state(), session.detail()], ['stopped', 'the service has stopped']);
  assert.equal(await stored(), null);
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
  const { session, reaches } = start(context, { store: () => ({ revokeLease }) });
  await reaches('serving');
  await session.stop();
  assert.deepEqual([session.state(), budgets], ['stopped', [2_000]]);
});

test('a service that is stopped while it opens a session leaves none', async (context) => {
  const { session, stored } = start(context);
  await session.stop();
  assert.equal(session.state(), 'stopped');
  assert.equal(await stored(), null);
});
