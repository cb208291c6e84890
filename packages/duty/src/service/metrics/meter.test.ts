import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import type { Policy } from '../../rule/index.ts';
import type { WatchState } from '../contract.ts';
import { fakePermit } from '../http/testing/fake-permit.ts';
import { CHAIN, HEALTH, KEY, WATCH } from '../http/testing/fixed-values.ts';
import { parsePolicy } from '../policy/document.ts';
import { METRICS } from './catalogue.ts';
import { createMeter, type MeterOptions } from './meter.ts';

function policyOf(names: readonly string[]): Policy {
  const parsed = parsePolicy({
    chain: CHAIN,
    key: KEY,
    roster: names.map((name, rank) => ({ name, rank })),
    duties: { babe: {} },
    ceilings: { slotMs: 6000 },
  });
  assert.ok(parsed.ok);
  return { ...parsed.document, versionId: 'v', version: 1, mode: 'enforce' };
}

/** A meter in virtual time, which passes by itself until the test ends. */
function meterOf(context: TestContext, options: Partial<MeterOptions> = {}) {
  const clock = createVirtualClock({ flowing: true });
  context.after(clock.halt);
  return createMeter({ version: 'x', runtime: false, clock, ...options });
}

const labels = `chain="${CHAIN}",key="${KEY}"`;

test('the events of the core are counted under the documented names', async (context) => {
  const meter = meterOf(context, { version: '1.2.3' });
  meter.decision('babe', 'granted', 'new', 4);
  meter.decision('babe', 'granted', 'new', 40);
  meter.decision('grandpa', 'denied', 'unit-taken', 1);
  meter.storeCall('transact', 'applied', 2);
  meter.engineCall('KvCommit', 'ok', 2);
  meter.ledgerAppend(3, 1);
  meter.batch(7);
  meter.answered('/v1/claims', 200);
  meter.rejected('too-many-in-flight');
  meter.streams(2);
  meter.streamDropped();
  meter.nodeClock('node-a', -250);
  meter.certificateEnd(1_800_000_000_000);
  const text = await meter.expose(fakePermit(), 100);
  for (const line of [
    'watchbill_decisions_total{duty="babe",outcome="granted",reason="new"} 2',
    'watchbill_decisions_total{duty="grandpa",outcome="denied",reason="unit-taken"} 1',
    'watchbill_claim_duration_seconds_bucket{le="0.005",duty="babe"} 1',
    'watchbill_claim_duration_seconds_count{duty="babe"} 2',
    'watchbill_store_call_duration_seconds_count{call="transact",outcome="applied"} 1',
    'watchbill_store_engine_call_duration_seconds_count{method="KvCommit",outcome="ok"} 1',
    'watchbill_ledger_entries_total 3',
    'watchbill_ledger_append_duration_seconds_count 1',
    'watchbill_store_batch_transactions_bucket{le="8"} 1',
    'watchbill_store_batch_transactions_bucket{le="4"} 0',
    'watchbill_http_requests_total{route="/v1/claims",status="200"} 1',
    'watchbill_requests_rejected_total{code="too-many-in-flight"} 1',
    'watchbill_claims_in_flight 5',
    'watchbill_decision_streams 2',
    'watchbill_decision_streams_dropped_total 1',
    'watchbill_node_clock_offset_seconds{node="node-a"} -0.25',
    'watchbill_certificate_end_timestamp_seconds 1800000000',
    `watchbill_build_info{version="1.2.3",node="${process.version}"} 1`,
    'watchbill_ready 1',
    'watchbill_store_ok 1',
    'watchbill_store_members{state="ok"} 1',
    'watchbill_store_members{state="lost"} 1',
    'watchbill_store_quorum_margin 1',
    'watchbill_store_raft_term 5',
    'watchbill_session_state{state="serving"} 1',
    'watchbill_session_state{state="behind"} 0',
    `watchbill_active_node{${labels},node="node-a"} 1`,
    `watchbill_active_node_live{${labels}} 1`,
    `watchbill_active_node_term{${labels}} 3`,
  ]) {
    assert.ok(text.split('\n').includes(line), `${line}\n${text}`);
  }
});

test('without TLS there is no end of a certificate', async (context) => {
  assert.doesNotMatch(await meterOf(context).expose(fakePermit(), 100), /^watchbill_certificate_end/m);
});

test('the holder moves between nodes and no series ever vanishes', async (context) => {
  const meter = meterOf(context);
  let watch: readonly WatchState[] = [{ ...WATCH, holder: 'node-a' }];
  let policies: readonly Policy[] = [policyOf(['node-a', 'node-b'])];
  const permit = fakePermit({ watches: async () => watch, policies: async () => policies });
  const holders = async () => {
    const text = await meter.expose(permit, 100);
    return [...text.matchAll(/^watchbill_active_node\{.*node="([a-z-]+)"\} (\d)$/gm)]
      .map((match) => `${match[1]}=${match[2]}`)
      .sort();
  };
  assert.deepEqual(await holders(), ['node-a=1', 'node-b=0']);
  watch = [{ ...WATCH, holder: 'node-b' }];
  assert.deepEqual(await holders(), ['node-a=0', 'node-b=1']);
  watch = [{ ...WATCH, holder: null, live: false }];
  assert.deepEqual(await holders(), ['node-a=0', 'node-b=0']);
  watch = [{ ...WATCH, holder: 'node-b' }];
  policies = [policyOf(['node-b'])];
  assert.deepEqual(await holders(), ['node-a=0', 'node-b=1']);
  watch = [];
  assert.deepEqual(await holders(), ['node-a=0', 'node-b=0']);
});

test('a lease is 1 for its node and 0 for the others that ask; without an answer of the store it has no series', async (context) => {
  const meter = meterOf(context);
  const lease = { name: KEY, state: 'held', node: 'a', sinceMs: 1, askedBy: ['a', 'b'] } as const;
  for (const [change, expected] of [
    [{}, ['a 1', 'b 0']],
    [{ askedBy: [] }, ['a 1']],
    [{ state: 'free', node: null }, ['a 0', 'b 0']],
    [{ state: 'unknown', node: null }, []],
    [{}, ['a 1', 'b 0']],
    [null, []],
  ] as const) {
    const watches = async () =>
      change === null ? assert.fail() : [{ ...WATCH, keyLeases: [{ ...lease, ...change }] }];
    const text = await meter.expose(fakePermit({ watches }), 100);
    const found = [...text.matchAll(/^watchbill_parachain_key_lease\{.*node="(.)"\} (.)$/gm)];
    assert.deepEqual(
      found.map(([, node, value]) => `${node} ${value}`),
      expected,
    );
  }
});

test('a frozen key is 1 until the freeze is lifted', async (context) => {
  const meter = meterOf(context);
  let policies: readonly Policy[] = [];
  const permit = fakePermit({ policies: async () => policies });
  const line = /^watchbill_key_frozen\{.*\} (\d)$/m;
  for (const [mode, value] of [
    ['idle', '0'],
    ['frozen', '1'],
    ['enforce', '0'],
  ] as const) {
    policies = [{ ...policyOf(['node-a']), mode }];
    assert.equal(line.exec(await meter.expose(permit, 100))?.[1], value, mode);
  }
});

test('a service that does not answer is not ready, and the rest keeps its last value', async (context) => {
  const meter = meterOf(context);
  await meter.expose(fakePermit(), 100);
  const never = () => new Promise<never>(() => undefined);
  const broken = () => Promise.reject(new Error('down'));
  for (const sick of [
    fakePermit({ health: never, watches: never, policies: never }),
    fakePermit({ health: broken, watches: broken, policies: broken }),
  ]) {
    const text = await meter.expose(sick, 10);
    assert.match(text, /^watchbill_ready 0$/m);
    assert.match(text, /^watchbill_store_ok 0$/m);
    assert.match(text, /^watchbill_active_node\{.*node="node-a"\} 1$/m);
    assert.match(text, /^watchbill_session_state\{state="serving"\} 1$/m);
  }
});

test('a store without members has no margin and no term', async (context) => {
  const meter = meterOf(context);
  const store = { ...HEALTH.store, members: [], quorumMargin: null, term: null };
  const embedded = fakePermit({ health: async () => ({ ...HEALTH, store }) });
  for (const permit of [embedded, fakePermit(), embedded]) {
    const text = await meter.expose(permit, 100);
    const shown = permit !== embedded;
    assert.equal(/^watchbill_store_quorum_margin /m.test(text), shown);
    assert.equal(/^watchbill_store_raft_term /m.test(text), shown);
  }
});

test('every series shown is in the catalogue, and the other way round', async (context) => {
  const meter = meterOf(context, { runtime: true });
  const text = await meter.expose(fakePermit(), 100);
  const shown = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((match): [string, string] => [
      match[1] ?? '',
      match[2] ?? '',
    ]),
  );
  for (const { name, type } of Object.values(METRICS)) assert.equal(shown.get(name), type, name);
  const names = new Set<string>(Object.values(METRICS).map((metric) => metric.name));
  for (const name of shown.keys()) {
    assert.ok(names.has(name) || /^watchbill_(process|nodejs)_/.test(name), name);
  }
});

test('a flood of labels is bounded', async (context) => {
  const meter = meterOf(context);
  for (let index = 0; index < 10_000; index++) meter.rejected(`code-${index}`);
  const text = await meter.expose(fakePermit(), 100);
  assert.equal([...text.matchAll(/^watchbill_requests_rejected_total\{/gm)].length, 4_096);
});

test('a standby has its shadow claims and its last drill; a node that becomes active loses them', async (context) => {
  const meter = meterOf(context);
  const view = {
    chain: CHAIN,
    key: KEY,
    node: 'bravo',
    onWatch: false,
    shadow: { due: 120, granted: 119, asked: 40, recentDenied: 0, p99Ms: 3, why: 'not-asked' },
    lastDrill: { atMs: 1_700_000_000_000, by: 'ada', state: 'ok', due: 120, granted: 120 },
    lastHandover: null,
    seen: { setId: null, round: null, finalizedBlock: null },
  } as const;
  const own = `{${labels},node="bravo"}`;
  const text = (change: object) =>
    meter.expose(fakePermit({ standbys: async () => [{ ...view, ...change }] }), 100);
  const first = await text({});
  for (const line of ['due{} 120', 'would_grant{} 119', 'p99_seconds{} 0.003'])
    assert.ok(first.includes(`watchbill_standby_${line.replace('{}', own)}\n`), line);
  const drill = (value: number) => `watchbill_standby_last_drill_timestamp_seconds${own} ${value}\n`;
  assert.ok(first.includes(drill(1_700_000_000)));
  assert.ok((await text({ lastDrill: null })).includes(drill(0)));
  assert.ok((await text({ lastDrill: { ...view.lastDrill, state: 'fail' } })).includes(drill(0)));
  assert.ok(!(await text({ onWatch: true })).includes('node="bravo"} 1'));
  assert.ok((await text({})).includes(drill(1_700_000_000)), 'and has them again');
});
