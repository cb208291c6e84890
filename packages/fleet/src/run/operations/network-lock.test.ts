import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock, field } from '@watchbill/kit/testing';
import { type FakeRecords, fakeRecords } from '../apply/testing/fake-records.ts';
import type { LockEvent, LockPlace } from './lock-place.ts';
import { type LockHolder, readLock, thisHolder } from './lock-record.ts';
import { LOCK_EXPIRY_MS, LOCK_RIGHT_MS, type LockSettings, lockNetwork } from './network-lock.ts';

const NEVER = new AbortController().signal;
const ALICE: LockHolder = { user: 'alice', host: 'laptop', pid: 7, origin: '', startTicks: '' };
const BOB: LockHolder = { ...ALICE, user: 'bob', host: 'runner' };

interface Bench {
  readonly clock: ReturnType<typeof createVirtualClock>;
  readonly records: Readonly<Record<'a' | 'b', FakeRecords>>;
  readonly events: LockEvent[];
  /** The renewals of all holders, as their timers would start them. */
  readonly renew: () => Promise<void>;
  readonly lock: (change?: Partial<LockSettings>) => ReturnType<typeof lockNetwork>;
}

function bench(): Bench {
  const clock = createVirtualClock({ startMs: 0, flowing: true });
  const records = { a: fakeRecords(), b: fakeRecords() };
  const events: LockEvent[] = [];
  const timers: { readonly work: () => Promise<void>; readonly signal: AbortSignal }[] = [];
  // The order differs from that of the names.
  const places: readonly LockPlace[] = [
    { name: 'iron', order: '2', records: records.b },
    { name: 'fra', order: '1', records: records.a },
  ];
  return {
    clock,
    records,
    events,
    renew: async () => {
      for (const { work, signal } of timers) if (!signal.aborted) await work();
    },
    lock: (change = {}) =>
      lockNetwork({
        ...{ network: 'net', places, holder: ALICE, work: 'apply plan 5ab1', clock, waitMs: 0 },
        repeat: (_everyMs, work, signal) => void timers.push({ work, signal }),
        onEvent: (event) => void events.push(event),
        signal: NEVER,
        ...change,
      }),
  };
}

const ofBob = { holder: BOB, work: 'apply plan 9c00' };
const holderAt = (records: FakeRecords) =>
  readLock(records.stored.get('lock')?.text ?? '')?.holder?.user ?? null;

test('a second process is refused with the name of the first, and has the lock once it is released', async () => {
  const { records, lock, events } = bench();
  const first = await lock();
  await assert.rejects(lock(ofBob), {
    ...{ code: 'network-locked', kind: 'denied' },
    message:
      /another process works on network net: apply plan 5ab1 of alice@laptop \(process 7\), since 1970-01-01 00:00:00 UTC/,
  });
  await first.release();
  await first.release();
  assert.deepEqual([holderAt(records.a), holderAt(records.b)], [null, null]);
  const second = await lock(ofBob);
  assert.deepEqual([holderAt(records.a), holderAt(records.b)], ['bob', 'bob']);
  assert.deepEqual(events, [], 'a free lock is not taken over');
  assert.equal(await second.confirm(NEVER), null);
});

test('a process that waits gets the lock when the first one releases it', async () => {
  const { clock, lock, events, renew } = bench();
  const first = await lock();
  let isOver = false;
  const second = lock({ ...ofBob, waitMs: 600_000 }).finally(() => {
    isOver = true;
  });
  for (let at = 0; at < 10; at++) {
    await clock.sleep(15_000);
    await renew();
  }
  assert.equal(isOver, false, 'a lock that is renewed is never taken over');
  assert.equal(first.lost(), null);
  await first.release();
  assert.equal(await (await second).confirm(NEVER), null);
  assert.deepEqual(events.map(field('kind')), ['lock-waiting']);
});

test('a lock that is not renewed is taken over at all places after one expiry, and its holder may do nothing more', async () => {
  const { clock, records, lock, events } = bench();
  const first = await lock();
  const beganMs = clock.monotonicMs();
  const second = await lock({ ...ofBob, waitMs: LOCK_EXPIRY_MS + 10_000 });
  const tookMs = clock.monotonicMs() - beganMs;
  assert.ok(tookMs >= LOCK_EXPIRY_MS && tookMs < LOCK_EXPIRY_MS + 5_000, String(tookMs));
  assert.deepEqual(
    events.map(({ kind, place }) => `${kind} ${place}`),
    ['lock-waiting fra', 'lock-taken-over fra', 'lock-taken-over iron'],
  );
  assert.match(first.lost() ?? '', /not renewed for 45 s/);
  assert.match((await first.confirm(NEVER)) ?? '', /now apply plan 9c00 of bob@runner .* has the lock/);
  assert.match(first.lost() ?? '', /of bob@runner/);
  await first.release();
  assert.deepEqual(
    [holderAt(records.a), holderAt(records.b)],
    ['bob', 'bob'],
    'it releases what it holds only',
  );
  assert.equal(await second.confirm(NEVER), null);
});

test('the clocks of holders do not decide: a record from the future or the past expires in the same way', async () => {
  for (const nowMs of [0, 4_000_000_000_000]) {
    const { clock, lock } = bench();
    await lock({ clock: { ...clock, nowMs: () => nowMs } });
    await assert.rejects(lock({ ...ofBob, waitMs: LOCK_EXPIRY_MS - 10_000 }), /another process works on/);
    const beganMs = clock.monotonicMs();
    await lock({ ...ofBob, waitMs: LOCK_EXPIRY_MS + 10_000 });
    assert.ok(clock.monotonicMs() - beganMs >= LOCK_EXPIRY_MS);
  }
});

test('a holder that cannot renew loses its right before anyone else can have it', async () => {
  const { clock, records, lock, renew } = bench();
  const first = await lock();
  records.b.hook.before = () => {
    throw new Error('no route');
  };
  await clock.sleep(LOCK_RIGHT_MS - 1_000);
  await renew();
  assert.equal(first.lost(), null);
  assert.match((await first.confirm(NEVER)) ?? '', /iron: .*no route/);
  await clock.sleep(2_000);
  assert.match(first.lost() ?? '', /not renewed/);
  records.b.hook.before = () => undefined;
  assert.equal(await first.confirm(NEVER), null, 'it never lost the lock, and may renew again');
});

test('an answer that was lost is found out by a read', async () => {
  const { records, lock } = bench();
  const first = await lock();
  const { write } = records.a;
  let isLost = false;
  Object.assign(records.a, {
    write: async (...args: Parameters<typeof write>) => {
      const done = await write(...args);
      if (isLost) return done;
      isLost = true;
      return { outcome: 'unknown', detail: 'the answer was lost' } as const;
    },
  });
  assert.equal(await first.confirm(NEVER), null);
  assert.equal(await first.confirm(NEVER), null);
  await first.release();
  assert.equal(holderAt(records.a), null);
});

test('a lock that a person removed is lost; a damaged one is held until it expires', async () => {
  const { records, lock } = bench();
  const first = await lock();
  records.b.stored.delete('lock');
  assert.match((await first.confirm(NEVER)) ?? '', /iron: the lock was removed/);
  records.a.stored.set('lock', { text: 'x', version: 'x' });
  await assert.rejects(lock(ofBob), /works on network net: an unknown process/);
  await lock({ ...ofBob, waitMs: LOCK_EXPIRY_MS + 10_000 });
});

test('a process of this machine that ended is seen at once; a process of another namespace is not', async () => {
  const own = thisHolder();
  const ended: LockHolder = { ...own, startTicks: '1' };
  for (const [holder, isTaken] of [
    [ended, true],
    [own, false],
    [{ ...ended, origin: `${own.origin} other` }, false],
    [{ ...ended, origin: '' }, false],
  ] as const) {
    const { lock, events } = bench();
    await lock({ holder });
    const next = lock({ holder: own });
    if (isTaken) await next;
    else await assert.rejects(next, /another process works on/);
    assert.equal(events.filter(({ kind }) => kind === 'lock-taken-over').length, isTaken ? 2 : 0);
  }
});
