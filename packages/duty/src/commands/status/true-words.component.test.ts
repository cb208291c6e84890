import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Store } from '@watchbill/duty/store';
import { followCertificate } from '../../service/index.ts';
import {
  ask,
  memoryStore,
  SESSION_TTL_MS,
  silentLog,
  startAdopted,
  untilServing,
  untilState,
} from '../../service/testing/services.ts';
import { clockOf, START_MS, until, worldOf } from '../../service/testing/world.ts';
import { FAULTS, type Sources, sourcesOf } from '../testing/six-sources.ts';

/** Each fault in six places: the log and those of {@link Sources} name one cause and a remedy that helps. */
const OF_STORE = [
  ['a full disk', FAULTS.fullDisk, /the disk is full/, /make room on the file system/],
  [
    'a disk that was remounted read-only',
    FAULTS.readOnly,
    /become read-only/,
    /mount the file system read-write/,
  ],
  ['a store without quorum', FAULTS.noQuorum, /etcd gave no answer/, /check that the members run/],
  [
    'an expired certificate of the store',
    FAULTS.certificate,
    /certificate has expired/,
    /renew the etcd.+s certificate/,
  ],
] as const;

async function ground(context: TestContext, certificateEndsMs?: number) {
  const inner = memoryStore(context);
  /** Lets every write fail, or lets sessions wait for their store. */
  const fault = {
    ofStore: null as Error | null,
    ofLedger: null as Error | null,
    opening: null as Promise<void> | null,
    isSlow: false,
  };
  const events: { event: unknown; text: string }[] = [];
  const note = ({ event }: Record<string, unknown>, text = '') => void events.push({ event, text });
  const store: Store = {
    ...inner,
    transact: async (...call) => {
      if (fault.ofStore !== null) throw fault.ofStore;
      return inner.transact(...call);
    },
    grantLease: async (...call) => {
      await fault.opening;
      return inner.grantLease(...call);
    },
    keepLeaseAlive: async (...call) => {
      if (fault.isSlow) await clockOf(context).sleep(2 * SESSION_TTL_MS);
      return inner.keepLeaseAlive(...call);
    },
  };
  const options = certificateEndsMs === undefined ? {} : { certificateEndsMs };
  const log = { ...silentLog, info: note, warn: note, error: note };
  const { permit, ledger } = await startAdopted(
    context,
    { standbyDelayMs: 0 },
    { store, parts: { log }, options },
  );
  const { append } = ledger;
  Object.assign(ledger, {
    append: async (...items: Parameters<typeof append>) => {
      if (fault.ofLedger !== null) throw fault.ofLedger;
      return append(...items);
    },
    trouble: async () => (fault.ofLedger === null ? null : FAULTS.ledgerFull.message),
  });
  const sources = () => sourcesOf(permit, clockOf(context), certificateEndsMs);
  return { permit, events, fault, sources };
}

function assertSay(sources: object, patterns: Partial<Record<keyof Sources, readonly RegExp[]>>): void {
  for (const [name, text] of Object.entries(sources))
    for (const pattern of patterns[name as keyof Sources] ?? [])
      assert.match(text, pattern, `${name}:\n${text}`);
  const { status, console } = sources as Sources;
  assert.doesNotMatch(status, /serving/, 'never beside such a fault');
  assert.doesNotMatch(console, /pill [a-z]+">serving/, 'never beside such a fault');
}

for (const [name, error, cause, remedy] of OF_STORE)
  test(`a store that takes no write: ${name}: six places name the cause and the remedy, also of a claim under way`, async (context) => {
    const { permit, events, fault, sources } = await ground(context);
    const said = (event: string) => events.filter((one) => one.event === event);
    fault.ofStore = error;
    const underWay = ask(permit, 'a', { unit: '1799' });
    const both = [cause, remedy];
    const patterns = { status: [...both, /NOT READY, checking/, /store +DOWN/], readyz: both, console: both };
    const alert = [/WatchbillStoreDown: .*`status`|WatchbillStoreDown: .*watchbill status/];
    await until(context, () => said('store-down').length > 0, 'the first write to fail');
    assertSay(await sources(), { ...patterns, alert });
    assert.equal(await underWay, 'unknown:store-unavailable', 'a claim under way');
    await until(
      context,
      () => said('session').some(({ text }) => /lapsed/.test(text)),
      'the session to lapse',
    );
    assertSay(await sources(), { ...patterns, alert, denial: [/^store-unavailable/, ...both] });
    for (const pattern of both) assert.match(said('store-down')[0]?.text ?? '', pattern);
    assert.match(said('session').at(-1)?.text ?? '', cause, 'the end of the session names it too');
    fault.ofStore = null;
    await untilServing(context, permit);
    assert.deepEqual([said('store-down').length, said('store-up').length], [1, 1]);
    assert.match((await sources()).status, /ready, serving/);
  });

test('a full disk under the ledger alone: six places name it, and it goes on by itself', async (context) => {
  const { permit, events, fault, sources } = await ground(context);
  fault.ofLedger = FAULTS.ledgerFull;
  const both = [/the disk is full/, /Free space on the disk/];
  assert.equal(await ask(permit, 'a', { unit: '1798' }), 'unknown:ledger-unavailable');
  const [cause = /^/] = both;
  assertSay(await sources(), {
    status: [cause, /NOT READY, checking/],
    readyz: [cause],
    console: [cause],
    denial: [/^ledger-unavailable/, cause, /Check free space/],
    alert: [/WatchbillServiceNotReady: .*readyz/],
  });
  fault.ofLedger = null;
  assert.equal(await ask(permit, 'a', { unit: '1798' }), 'granted:repeat');
  assert.match((await sources()).status, /ready, serving/);
  const logged = events.filter(({ event }) => `${event}`.match(/^ledger-(down|up)$/));
  assert.deepEqual(
    logged.map(({ event }) => event),
    ['ledger-down', 'ledger-up'],
  );
  for (const pattern of both) assert.match(logged[0]?.text ?? '', pattern);
});

describe('the TLS certificate of the service', () => {
  const REMEDY = /renew it, and restart the services one by one/;
  const DAY_MS = 86_400_000;

  test('expires soon: five places name it and the remedy, and the service serves', async (context) => {
    const { permit, events, sources } = await ground(context, START_MS + 9.5 * DAY_MS);
    const both = [/TLS certificate of .* expires (in 9|within 14) days/, REMEDY];
    const { denial, ...places } = await sources();
    for (const [name, text] of Object.entries(places))
      for (const pattern of both) assert.match(text, pattern, name);
    assert.match(places.status, /ready, serving/);
    assert.match(denial, /^new:/);
    const logged = events.filter(({ event }) => event === 'certificate-ends');
    assert.equal(logged.length, 1);
    for (const pattern of both) assert.match(logged[0]?.text ?? '', pattern);
    assert.equal((await permit.health()).ready, true);
  });

  test('has expired: five places name it, the service is not ready, and it answers who still asks', async (context) => {
    const { permit, events, sources } = await ground(context, START_MS + 60_000);
    await clockOf(context).sleep(60_001);
    assert.equal((await permit.health()).ready, false);
    const both = [/TLS certificate of .* has expired/, REMEDY];
    const found = await sources();
    assert.doesNotMatch(found.console, /does not grant/, 'one line of what to do is enough');
    assertSay(found, {
      ...{ status: [...both, /NOT READY, checking/], readyz: both, console: both, alert: both },
      denial: [/^new:/],
    });
    await permit.drain(0);
    await clockOf(context).sleep(DAY_MS);
    const logged = events.filter(({ event }) => event === 'certificate-ends').map(({ text }) => text);
    assert.deepEqual(
      logged.map((text) => /expires in 0 days|has expired/.exec(text)?.[0]),
      ['expires in 0 days', 'has expired'],
    );
  });

  test('is logged once a day, until the service stops', async (context) => {
    const clock = clockOf(context);
    const texts: string[] = [];
    const note = (_event: object, text = '') =>
      void texts.push(/expires in \d+ days?|expired/.exec(text)?.[0] ?? '');
    const log = { ...silentLog, warn: note, error: note };
    const stop = followCertificate({ clock, log }, START_MS + 15.5 * DAY_MS);
    for (let day = 0; day < 17; day++) await clock.sleep(DAY_MS);
    assert.deepEqual([texts[0], texts[12], texts.length], ['expires in 13 days', 'expires in 1 day', 16]);
    assert.deepEqual(texts.slice(-1), ['expired']);
    stop();
    await clock.sleep(2 * DAY_MS);
    assert.equal(texts.length, 16);
  });

  test('far from its end is no trouble', async (context) => {
    const { permit, events, sources } = await ground(context, START_MS + 15 * DAY_MS);
    assert.equal((await permit.health()).certificate, undefined);
    assert.doesNotMatch(Object.values(await sources()).join(), /certificate/i);
    assert.ok(!events.some(({ event }) => event === 'certificate-ends'));
  });
});

const OF_SESSION = [
  ['a clock step', /clock of this machine was stepped by 7200000 ms; let one time service/, 'clock-stepped'],
  ['a lapsed session', /session expired in the store: .*; look at the load of this machine/, 'session'],
] as const;

for (const [name, cause, event] of OF_SESSION)
  test(`${name}: six places name it and a remedy, and none sends a person to another service`, async (context) => {
    const { permit, events, fault, sources } = await ground(context);
    const clock = clockOf(context);
    const opening = Promise.withResolvers<void>();
    worldOf(context).atEnd(async () => opening.resolve());
    fault.opening = opening.promise;
    if (event === 'clock-stepped') clock.step(7_200_000);
    else fault.isSlow = true;
    await untilState(context, permit, 'checking');
    assertSay(await sources(), {
      status: [cause, /NOT READY, checking/],
      readyz: [cause],
      console: [cause],
      denial: [/^session-lost/, cause, /goes on by itself/],
      alert: [/WatchbillServiceNotReady: .*readyz/],
    });
    assert.ok(events.some((one) => one.event === event && cause.test(one.text)));
    Object.assign(fault, { opening: null, isSlow: false });
    opening.resolve();
    await untilServing(context, permit);
  });
