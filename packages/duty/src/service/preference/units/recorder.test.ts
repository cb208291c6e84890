import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Policy } from '../../../rule/index.ts';
import type { Asked } from '../../claim/asked.ts';
import { claimWith, policyOf } from '../../claim/testing/claim.ts';
import type { Verdict } from '../../ground/verdict.ts';
import type { CoreModules } from '../../modules.ts';
import { CHAIN, fakeLog, KEY } from '../../testing/services.ts';
import { START_MS, worldOf } from '../../testing/world.ts';
import { MAX_FIELD, type UnitRecord } from '../../units/record.ts';
import { createUnitRecorder } from './recorder.ts';

/** The slot in which every test begins: slots of a second since an hour before it. */
const NOW_SLOT = 3_600n;
const OTHER_KEY = `0x${'ee'.repeat(32)}`;
const DIGEST = `0x${'01'.repeat(32)}`;
const GRANTED = { outcome: 'granted', reason: 'new' } as unknown as Verdict;
const AHEAD = { outcome: 'denied', reason: 'unit-ahead' } as unknown as Verdict;

/** A recorder over a file that keeps what it is given, until `refuse` names a reason. */
function ground(context: TestContext, policies: readonly Policy[] = [policyOf()], hasFile = true) {
  const { clock, atEnd } = worldOf(context);
  const batches: { readonly atMs: number; readonly records: readonly UnitRecord[] }[] = [];
  const { log, lines: logged } = fakeLog('info', 'warn');
  let refused: string | null = null;
  const refuse = (reason: string | null) => {
    refused = reason;
  };
  const write = (records: readonly UnitRecord[], atMs: number) => {
    if (refused !== null) throw new Error(refused);
    batches.push({ atMs: atMs - START_MS, records });
  };
  const get = (chain: string, key: string) => {
    const policy = policies.find((each) => each.chain === chain && each.key === key);
    return policy === undefined ? null : { policy, pointerText: '' };
  };
  const parts = { clock, log, unitFile: hasFile ? { write } : undefined };
  const modules = { policies: { all: () => policies, get }, context: { parts } } as unknown as CoreModules;
  const recorder = createUnitRecorder(modules);
  atEnd(async () => recorder.stop());
  const counted = (number: number, key = KEY) => {
    for (let unit = 0; unit < number; unit++)
      recorder.counted({ kind: 'counted', chain: CHAIN, key, duty: 'babe', unit: [BigInt(unit)], atMs: 0 });
  };
  /** Everything that waits, as it is written. */
  const written = () => {
    recorder.flush();
    return batches.splice(0).flatMap(({ records }) => records);
  };
  const sizes = () => batches.splice(0).map(({ records }) => records.length);
  return { recorder, clock, batches, logged, counted, written, sizes, refuse };
}

function asked(change: Parameters<typeof claimWith>[0] = {}, arrivedMs = 0): Asked {
  const claim = claimWith({ unit: [NOW_SLOT], ...change });
  return { claim, arrivedMs } as unknown as Asked;
}

test('a claim is noted with its answer, its time and its steps', async (context) => {
  const { recorder, clock, written } = ground(context);
  await clock.sleep(7);
  const steps = [{ name: 'store', ms: 5 }];
  recorder.claimed(asked({}, 1.6), { ...GRANTED, steps } as unknown as Verdict);
  recorder.claimed(asked({ digest: null }, 9), GRANTED);
  const fact = { node: 'a', parts: ['seal'], outcome: 'granted', reason: 'new' };
  const name = { kind: 'claim', chain: CHAIN, key: KEY, duty: 'babe', unit: [NOW_SLOT] };
  const [first, second] = [START_MS + 2, START_MS + 7];
  assert.deepEqual(written(), [
    { ...name, atMs: first, claim: { ...fact, digest: DIGEST, atMs: first, tookMs: 5, steps } },
    { ...name, atMs: second, claim: { ...fact, digest: null, atMs: second, tookMs: 0, steps: [] } },
  ]);
});

test('a claim for no unit of the key is not noted', (context) => {
  const { recorder, written } = ground(context);
  for (const change of [
    { unit: [1n, 2n, 3n, 4n] },
    { unit: [] },
    { unit: [MAX_FIELD + 1n] },
    { key: OTHER_KEY },
    { owner: { node: 'stranger', incarnation: '11' } },
  ])
    recorder.claimed(asked(change), GRANTED);
  assert.deepEqual(written(), []);
});

test('a claim for a slot up to a minute ahead is noted, a later slot or a round ahead is not', (context) => {
  const { recorder, written } = ground(context);
  for (const [change, verdict, isNoted] of [
    [{ unit: [NOW_SLOT + 60n] }, AHEAD, true],
    [{ unit: [NOW_SLOT + 61n] }, AHEAD, false],
    [{ unit: [NOW_SLOT + 61n] }, GRANTED, true],
    [{ dutyName: 'grandpa' }, AHEAD, false],
    [{ dutyName: 'grandpa' }, GRANTED, true],
  ] as const) {
    recorder.claimed(asked(change), verdict);
    assert.equal(written().length === 1, isNoted);
  }
});

test('an observer notes passes of slots, and due units of keys that it may report for', (context) => {
  const grandpaOff = { ...policyOf().duties, grandpa: { enabled: false, digestRequired: true, window: 64 } };
  const policies = [
    policyOf({ duties: grandpaOff }),
    policyOf({ key: OTHER_KEY, ceilings: { ...policyOf().ceilings, observers: [] }, roster: [] }),
  ];
  const { recorder, written } = ground(context, policies);
  const report = (duty: string, pass: object) => {
    const passes = [{ after: '3600', slot: '3602', author: OTHER_KEY, due: [], ...pass }];
    recorder.due({ chain: CHAIN, duty, passes }, 'watcher');
    return written();
  };
  const pass = { kind: 'pass', chain: CHAIN, duty: 'babe', author: OTHER_KEY, atMs: START_MS };
  const due = (key: string, unit: string) => ({ due: [{ key, unit }] });
  assert.deepEqual(report('babe', due(KEY, '3601')), [
    { ...pass, after: 3_600n, slot: 3_602n },
    { kind: 'due', chain: CHAIN, key: KEY, duty: 'babe', unit: [3_601n], atMs: START_MS },
  ]);
  const [most, more] = [`${MAX_FIELD}`, `${MAX_FIELD + 1n}`];
  const last = { ...pass, after: MAX_FIELD, slot: MAX_FIELD };
  assert.deepEqual(report('babe', { after: most, slot: most }), [last]);
  for (const far of [{ after: more }, { slot: more }])
    assert.deepEqual(report('babe', far), [], 'no row holds it');
  const unlisted = [due(OTHER_KEY, '3601'), due(`0x${'dd'.repeat(32)}`, '1')];
  for (const other of [...unlisted, due(KEY, 'x'), due(KEY, more)])
    assert.equal(report('babe', other).length, 1, 'the pass alone');
  assert.deepEqual(report('grandpa', due(KEY, '0/1')), [], 'the duty is off, and its units are no slots');
  assert.deepEqual(report('aura', due(KEY, '3601')).length, 1, 'the policy does not name the duty');
  assert.deepEqual(report('none', due(KEY, '3601')), [], 'the duty is not known');
  const refused = { name: 'PermitFault', code: 'not-observer' };
  assert.throws(() => recorder.due({ chain: CHAIN, duty: 'babe', passes: [] }, 'stranger'), refused);
});

test('a signature is noted for a key that the observer may report for', (context) => {
  const { recorder, written } = ground(context);
  const seen = { key: KEY, duty: 'babe', unit: '3600', digest: DIGEST, block: { number: '7', hash: DIGEST } };
  recorder.seen(CHAIN, [seen, { ...seen, unit: '1/2' }, { ...seen, key: OTHER_KEY }], 'watcher');
  recorder.seen(CHAIN, [seen], 'stranger');
  const name = { chain: CHAIN, key: KEY, duty: 'babe', unit: [NOW_SLOT], atMs: START_MS };
  assert.deepEqual(written(), [{ kind: 'seen', ...name, digest: DIGEST }]);
});

test('rows that came while others were written wait a second, unless they are very many', async (context) => {
  for (const [more, nextMs] of [
    [2_198, 2_020],
    [2_199, 1_040],
  ] as const) {
    const { clock, batches, counted } = ground(context);
    const startMs = clock.monotonicMs();
    counted(201);
    await clock.sleep(1_010);
    counted(more);
    await clock.sleep(1_015);
    const times = batches.map(({ atMs, records }) => `${atMs - startMs}: ${records.length}`);
    assert.deepEqual(times.slice(0, 3), ['1000: 200', '1020: 200', `${nextMs}: 200`]);
  }
});

test('a reader has four writes done, and a recorder that stops writes all', async (context) => {
  const { recorder, clock, counted, sizes } = ground(context);
  counted(1_001);
  recorder.flush();
  assert.deepEqual(sizes(), [200, 200, 200, 200]);
  counted(20_000);
  recorder.stop();
  assert.equal(sizes().length, 100);
  recorder.flush();
  assert.deepEqual(sizes(), [], 'the queue took 20,000');
  counted(1);
  await clock.sleep(5_000);
  assert.deepEqual(sizes(), [], 'it writes nothing by itself any more');
});

test('a file that takes nothing costs facts, and is logged once for each reason', (context) => {
  const { recorder, logged, counted, written, refuse } = ground(context);
  refuse('the disk is full');
  counted(20_003);
  recorder.stop();
  refuse('the disk is gone');
  counted(2);
  recorder.flush();
  refuse(null);
  recorder.flush();
  const text = 'the history of units cannot be written: facts are lost; no grant needs them';
  const failure = (error: string) => ({ level: 'warn', event: 'units-unwritten', text, error });
  const failures = [failure('Error: the disk is full'), failure('Error: the disk is gone')];
  assert.deepEqual(logged.splice(0), failures, 'the file took no row meanwhile');
  counted(1);
  assert.equal(written().length, 1);
  const again = { level: 'info', event: 'units-written', text: 'the history of units is written again' };
  assert.deepEqual(logged.splice(0), [{ ...again, dropped: 20_005 }]);
  counted(1);
  assert.equal(written().length, 1);
  assert.deepEqual(logged, []);
  refuse('the disk is full');
  counted(1);
  recorder.flush();
  refuse(null);
  counted(1);
  recorder.flush();
  assert.deepEqual(logged, [failures[0], { ...again, dropped: 1 }]);
});

test('a file is written again when rows are, and not while none wait', async (context) => {
  const { recorder, clock, batches, logged, counted, refuse } = ground(context);
  refuse('the disk is full');
  counted(1);
  recorder.flush();
  refuse(null);
  await clock.sleep(3_000);
  assert.deepEqual([batches, logged.length], [[], 1], 'no row came');
  counted(1);
  await clock.sleep(1_000);
  assert.deepEqual([batches.length, logged.length], [1, 2]);
});

test('passes of one chain are written side by side', async (context) => {
  const other = `0x${'c2'.repeat(32)}`;
  const { recorder, clock, batches } = ground(context, [policyOf(), policyOf({ chain: other })]);
  const passes = [{ after: '3600', slot: '3601', author: OTHER_KEY, due: [] }];
  for (const chain of [CHAIN, other, CHAIN]) recorder.due({ chain, duty: 'babe', passes }, 'watcher');
  await clock.sleep(1_000);
  const chains = batches.flatMap(({ records }) => records.map(({ chain }) => chain));
  assert.deepEqual(chains, [CHAIN, CHAIN, other]);
});

test('without a file no fact is kept, and no loop runs', (context) => {
  const before = worldOf(context).clock.pending();
  const { recorder, clock, counted, logged } = ground(context, undefined, false);
  counted(1);
  recorder.claimed(asked(), GRANTED);
  recorder.flush();
  assert.deepEqual([clock.pending(), logged], [before, []]);
});
