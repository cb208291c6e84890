// Why a slot was missed, on real nodes: each unit names its cause.

import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { UnitsPage, UnitView } from '@watchbill/duty/service';
import { devPublicKey, untilReady, waitFor } from '@watchbill/testkit';
import { startDave } from './dave-ground.ts';

const KEY = `0x${devPublicKey('Dave', 'babe')}`;
/** Slots are a second long, and four authorities share them: several are Dave's. */
const PHASE_MS = 20_000;
/** On a busy machine a node asks for slot after slot so late that the service has no part in it. */
const SLOW_TIMEOUT_MS = 240_000;
const BY_STORE = /The longest step is store, \d{3,} ms/;

test('each missed slot names its cause: not asked, denied, slow', async (context) => {
  const { service, network } = await startDave(context, ['dave-1', 'dave-2']);
  const [first, second] = [network.node('dave-1'), network.node('dave-2')];
  const units = async (fromMs: number, untilMs: number): Promise<readonly UnitView[]> => {
    const path = `/v1/units?key=${KEY}&duty=babe&limit=256&since=${fromMs}`;
    const page = (await service.admin('GET', path)) as UnitsPage;
    assert.equal(page.complete, true);
    return page.units.filter(({ at }) => at < untilMs);
  };
  /** The slots that lie whole within a time, a second away from its ends. */
  const phase = async (name: string, run: () => Promise<unknown>) => {
    const fromMs = Date.now() + 1_000;
    await run();
    const untilMs = Date.now() - 2_000;
    return { name, fromMs, untilMs };
  };
  const rest = () => sleep(PHASE_MS);
  /** On a busy machine nodes may ask too late, slot after slot: until one is as it should be. */
  const restUntil = async (what: string, isIt: (unit: UnitView) => boolean) => {
    const fromMs = Date.now() + 1_000;
    await rest();
    const isSeen = async () => (await units(fromMs, Date.now() - 2_000)).some(isIt);
    await waitFor(what, isSeen, { timeoutMs: SLOW_TIMEOUT_MS, everyMs: 1_000 });
  };

  await Promise.all([first.start(), second.start()]);
  const signedOnce = async () => (await units(0, Date.now())).some(({ outcome }) => outcome === 'signed');
  await waitFor('a slot of Dave is signed', signedOnce, { timeoutMs: 240_000, everyMs: 1_000 });

  const both = await phase('both', rest);
  await first.stop();
  const one = await phase('one', () => restUntil('a node asks', ({ node }) => node !== undefined));
  await second.stop();
  const none = await phase('none', rest);
  await Promise.all([first.start(), second.start()]);
  const again = Date.now();
  const signedAgain = async () =>
    (await units(again, Date.now())).some(({ outcome }) => outcome === 'signed');
  await waitFor('it signs again', signedAgain, { timeoutMs: 120_000, everyMs: 1_000 });
  await service.admin('POST', '/v1/freezes', { key: KEY, reason: 'a test' });
  const frozen = await phase('frozen', () =>
    restUntil('a slot is denied', ({ outcome }) => outcome === 'denied'),
  );
  await service.admin('POST', '/v1/freezes/lift', { key: KEY, reason: 'the test goes on' });
  await service.kill('SIGTERM');
  await service.restart({ WATCHBILL_FAILPOINT: 'before-transaction:delay=900' });
  await untilReady(service);
  // A unit is judged half a minute after it was due: by then those of the other phases are judged too.
  const slowedMs = Date.now();
  const slowByStore = async () =>
    (await units(slowedMs, Date.now())).some(({ outcome, say }) => outcome === 'slow' && BY_STORE.test(say));
  await waitFor('a slot is missed by the slow store', slowByStore, {
    timeoutMs: SLOW_TIMEOUT_MS,
    everyMs: 2_000,
  });

  const outcomes: Record<string, Record<string, number>> = {};
  const found = new Map<string, readonly UnitView[]>();
  for (const { name, fromMs, untilMs } of [both, one, none, frozen]) {
    const views = await units(fromMs, untilMs);
    found.set(name, views);
    const counts: Record<string, number> = {};
    for (const { outcome } of views) counts[outcome] = (counts[outcome] ?? 0) + 1;
    outcomes[name] = counts;
  }
  console.log(JSON.stringify(outcomes));
  for (const [name, views] of found)
    for (const { unit, outcome, say } of views)
      if (outcome !== 'signed') console.log(name, unit.slot, outcome, say);
  const of = (name: string) => found.get(name) ?? [];
  const count = (name: string, outcome: string) => outcomes[name]?.[outcome] ?? 0;

  // On a busy machine a slot may be missed in any phase: it then has another true cause. That slots are
  // signed was waited for above.
  assert.ok(of('both').length > 0 && of('one').length > 0, 'two machines run, then one');
  const asked = of('one').flatMap(({ node }) => (node === undefined ? [] : [node]));
  assert.deepEqual([...new Set(asked)], ['dave-2'], 'the other machine asks');
  assert.ok(count('none', 'not-asked') > 0, 'no machine runs');
  assert.deepEqual(Object.keys(outcomes.none ?? {}), ['not-asked'], 'and no slot has another cause');
  assert.ok(count('frozen', 'denied') > 0, 'the machines ask, and are denied');
  const denied = of('frozen').filter(({ outcome }) => outcome === 'denied');
  assert.ok(denied.every(({ reason }) => reason === 'key-frozen'));
  assert.ok(
    denied.every(({ remedy }) => remedy?.includes('watchbill status')),
    'each names the next step',
  );

  // Counted a minute after a unit at the earliest: those of the last phase may come later.
  const text = await fetch(`${service.url}/metrics`).then((answer) => answer.text());
  assert.match(text, /watchbill_units_total\{key="0x[0-9a-f]+",duty="babe",outcome="[a-z-]+"\} [1-9]/);
});
