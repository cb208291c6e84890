import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { StoreFault } from '../../../store/index.ts';
import { adopted, claimWith, grantedIn, policyOf } from '../../claim/testing/claim.ts';
import type { CheckName, PermitHealth, ReadinessReport } from '../../contract.ts';
import type { CoreModules } from '../../modules.ts';
import type { LastDrill, ShadowSummary } from '../../shapes/watch.ts';
import { CHAIN, FIT_REPORT, KEY, memoryStore, partsOf } from '../../testing/services.ts';
import { clockOf, START_MS } from '../../testing/world.ts';
import { putMark } from '../testing/put-mark.ts';
import { drill } from './drill.ts';
import type { NextSlots } from './next-slots.ts';
import type { Standbys } from './standbys.ts';

const READ_MS = 7;
const GOOD: ShadowSummary = { due: 12, granted: 12, asked: 10, recentDenied: 0, p99Ms: 1.2, why: null };
const REPORT: ReadinessReport = { ...FIT_REPORT, version: '1.2.3', heldKeys: [KEY] };

interface Setup {
  readonly holder?: string | null;
  readonly ready?: readonly string[];
  readonly unfit?: string | null;
  readonly shadow?: Partial<ShadowSummary>;
  readonly health?: Partial<Omit<PermitHealth, 'store'>> & {
    readonly store?: Partial<PermitHealth['store']>;
  };
  readonly look?: () => Promise<PermitHealth>;
  /** The round that node `a` entered and did not finish. */
  readonly open?: bigint;
}

/** A drill of `to`, where all else is as the test says: by default `a` is active, and all is well. */
async function drilled(context: TestContext, to: string, setup: Setup = {}) {
  const clock = clockOf(context);
  const noted: [string, LastDrill][] = [];
  const store = memoryStore(context);
  const enter = claimWith({ dutyName: 'grandpa', unit: [0n, setup.open ?? 1n] });
  const mark = adopted(enter);
  await putMark(store, setup.open === undefined ? mark : grantedIn(mark, enter, 'n1'), enter.duty);
  const modules = {
    context: partsOf(context, { store }),
    policies: {
      mustLoad: async () => {
        await clock.sleep(READ_MS);
        return { policy: policyOf(), pointerText: '' };
      },
    },
    watches: {
      holder: () => (setup.holder === undefined ? 'a' : setup.holder),
      unfit: () => setup.unfit ?? null,
      lastReport: () => REPORT,
      state: () => ({ ready: setup.ready ?? ['a', 'b'] }),
    },
    observations: { known: () => [] },
  };
  const standbys = {
    shadow: () => ({ ...GOOD, ...setup.shadow }),
    noteDrill: async (_policy: unknown, node: string, last: LastDrill) => void noted.push([node, last]),
  };
  const health = async () => {
    await clock.sleep(READ_MS);
    const { store, ...rest } = setup.health ?? {};
    const found = { ok: true, detail: 'three members', members: [], quorumMargin: 1, term: null, ...store };
    return { ready: true, state: 'serving', detail: '', ...rest, store: found } as unknown as PermitHealth;
  };
  const parts = {
    modules: modules as unknown as CoreModules,
    standbys: standbys as unknown as Standbys,
    nextSlots: { check: () => ({ state: 'ok', detail: 'no slot' }) } as unknown as NextSlots,
    health: setup.look ?? health,
  };
  const result = await drill(parts, { chain: CHAIN, key: KEY, to, by: 'ada' });
  const line = (name: CheckName) => {
    const { state, detail, remedy } = result.checks.find((check) => check.name === name) ?? assert.fail(name);
    return `${state}: ${detail}${remedy === null ? '' : ` | ${remedy}`}`;
  };
  return { result, line, noted };
}

describe('a drill', () => {
  test('has every check in this order; those of the report and the units are not needed', async (context) => {
    const { result } = await drilled(context, 'b');
    const names = (needed: boolean) =>
      result.checks.filter((check) => check.needed === needed).map(({ name }) => name);
    assert.deepEqual(names(true), ['service', 'store', 'listed', 'ready', 'shadow']);
    const report = ['peers', 'finality', 'clock', 'version', 'keys'];
    assert.deepEqual(names(false), ['units', ...report, 'due']);
    assert.equal(result.checks.length, 12);
    assert.deepEqual([result.state, result.from, result.to, result.shadow], ['ok', 'a', 'b', GOOD]);
  });

  test('has the time of each check, and of all', async (context) => {
    await clockOf(context).sleep(1_000);
    const { result } = await drilled(context, 'b');
    const times = Object.fromEntries(result.checks.map(({ name, tookMs }) => [name, tookMs]));
    assert.deepEqual([times.service, times.store, times.listed], [READ_MS, READ_MS, 0]);
    assert.equal(result.tookMs, 3 * READ_MS);
  });

  test('of a listed node is noted, and of no other one', async (context) => {
    const { noted } = await drilled(context, 'b', { shadow: { recentDenied: 2, granted: 10 } });
    const [[node, { atMs, ...last }] = assert.fail()] = noted;
    assert.equal(node, 'b');
    assert.ok(atMs >= START_MS);
    assert.deepEqual(last, { by: 'ada', state: 'fail', due: 12, granted: 10 });
    assert.deepEqual((await drilled(context, 'c')).noted, []);
  });

  test('in which a check cannot be carried out is unknown', async (context) => {
    const failing = async (error: unknown) => drilled(context, 'b', { look: () => Promise.reject(error) });
    const { line, result } = await failing(new StoreFault('unavailable', 'no answer', 'wait'));
    const remedy = 'Look at the store, then run the drill again.';
    assert.equal(line('store'), `unknown: no answer | ${remedy}`);
    assert.equal(result.state, 'unknown');
    assert.equal((await failing('a text')).line('service'), `unknown: a text | ${remedy}`);
  });
});

describe('the check of', () => {
  test('the service: it serves', async (context) => {
    assert.equal((await drilled(context, 'b')).line('service'), 'ok: the service grants');
    const health = { ready: false, state: 'checking', detail: 'a peer is missing' } as const;
    const { line, result } = await drilled(context, 'b', { health });
    const remedy = 'Wait until `watchbill status` shows it as ready, or ask another service with --url.';
    assert.equal(line('service'), `fail: the service is checking: a peer is missing | ${remedy}`);
    assert.equal(result.state, 'fail');
  });

  test('the store: a member may be lost, or there are none', async (context) => {
    const store = async (found: Partial<PermitHealth['store']>) =>
      (await drilled(context, 'b', { health: { store: found } })).line('store');
    const members = [{ name: 'm1', ok: true, leader: true }];
    const none = 'one more lost member stops every grant: three members | Bring the lost member back first.';
    for (const [found, line] of [
      [{ ok: false, detail: 'no quorum' }, 'fail: no quorum | Bring the store back first.'],
      [{ quorumMargin: null, members: [] }, 'ok: the embedded store answers; it has no other members'],
      [{ quorumMargin: null, members }, 'unknown: how many members may be lost: three members'],
      [{ quorumMargin: 1, members: [] }, 'ok: 1 more member may be lost before grants stop'],
      [{ quorumMargin: 0, members }, `fail: ${none}`],
    ] as const)
      assert.equal(await store(found), line);
  });

  test('the roster: the node is listed, and not active', async (context) => {
    assert.equal((await drilled(context, 'b')).line('listed'), 'ok: b is listed and not active');
    const unlisted = await drilled(context, 'c');
    assert.equal(unlisted.line('listed'), 'fail: c is not in the roster: a, b | Name a listed node.');
    assert.equal(unlisted.result.state, 'fail');
    const active = await drilled(context, 'a');
    const remedy = 'Name the node that should be active instead.';
    assert.equal(active.line('listed'), `fail: a is active already | ${remedy}`);
    assert.equal(active.result.state, 'fail');
  });

  test('its readiness: the last report is fit', async (context) => {
    assert.equal((await drilled(context, 'b')).line('ready'), 'ok: its last report is fit');
    const ready = async (unfit: string | null) => drilled(context, 'b', { ready: ['a'], unfit });
    const remedy = 'Start the node, or repair what it reports; then run the drill again.';
    const silent = await ready(null);
    assert.equal(silent.line('ready'), `fail: it has not reported for this key | ${remedy}`);
    assert.equal((await ready('it is syncing')).line('ready'), `fail: it is syncing | ${remedy}`);
    assert.equal(silent.result.state, 'fail');
  });

  test('its shadow claims: the newest would have been granted', async (context) => {
    const shadow = async (change: Partial<ShadowSummary>) => drilled(context, 'b', { shadow: change });
    const text = 'would have been granted 12 of 12, 10 asked by itself';
    assert.equal((await shadow({})).line('shadow'), `ok: ${text}, p99 2 ms`);
    assert.equal((await shadow({ p99Ms: null })).line('shadow'), `ok: ${text}, p99 - ms`);
    const none = await shadow({ due: 0 });
    assert.equal(
      none.line('shadow'),
      'unknown: this service has not seen a due unit and a report of this node yet | ' +
        'Wait until the active node has signed a unit, then run the drill again on the same service.',
    );
    assert.equal(none.result.state, 'unknown');
    const denied = await shadow({ recentDenied: 3, why: 'not-ready' });
    const lately = '3 of the newest ten would not have been, the last for not-ready';
    const remedy = 'Look at the log of the node and of this service for that reason.';
    assert.equal(denied.line('shadow'), `fail: ${text}, p99 2 ms; ${lately} | ${remedy}`);
    assert.equal(denied.result.state, 'fail');
  });

  test('open units: a handover waits for those of the active node', async (context) => {
    assert.equal((await drilled(context, 'b')).line('units'), 'ok: a has no open unit');
    const open = await drilled(context, 'b', { open: 4n });
    assert.equal(open.line('units'), 'ok: a has open units, which a handover waits for: grandpa 0/4');
    assert.equal(open.result.state, 'ok');
    const free = await drilled(context, 'b', { open: 4n, holder: null });
    assert.equal(free.line('units'), 'ok: no node is active');
    assert.equal(free.line('version'), 'ok: 1.2.3; no node is active');
  });
});
