import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { compareUnits, dutyNamed, type Policy, parseUnit, type Unit } from '../../../rule/index.ts';
import { policyOf } from '../../claim/testing/claim.ts';
import type { PeerUnitsQuery, ServiceView, UnitFacts, UnitFactsPage, UnitsQuery } from '../../contract.ts';
import type { CoreModules } from '../../modules.ts';
import type { Peers } from '../../ports.ts';
import { CHAIN, fakeLog, KEY, refusal } from '../../testing/services.ts';
import { START_MS, worldOf } from '../../testing/world.ts';
import type { CountedName, UnitPageQuery } from '../../units/read-file.ts';
import type { UnitRecord } from '../../units/record.ts';
import { createUnits } from './units.ts';

/** Slots of a second since an hour before the test: the slot in which it begins. */
const NOW_SLOT = 3_600;
const OTHER_KEY = `0x${'ee'.repeat(32)}`;
const OTHER_CHAIN = `0x${'c2'.repeat(32)}`;
const SELF = { self: true, state: 'serving' } as const;
const TWO = { self: false, state: 'serving', url: 'two' } as const;

interface Ground {
  readonly facts?: readonly UnitFacts[];
  /** How many rows a page of the file looks at. */
  readonly scan?: number;
  readonly policies?: readonly Policy[];
  readonly services?: readonly Partial<ServiceView>[] | Error;
  /** By url; a url without facts does not answer. Null: this release cannot ask. */
  readonly peers?: ReadonlyMap<string, readonly UnitFacts[]> | null;
  /** The place where the scan of each peer ends. */
  readonly ended?: UnitFactsPage['ended'];
  readonly uncounted?: () => readonly CountedName[];
  /** The metrics know no units. */
  readonly unmetered?: boolean;
  readonly withoutFile?: boolean;
}

function factsOf(unit: number | string, change: Partial<UnitFacts> = {}): UnitFacts {
  const empty = { due: false, claims: [], seen: null, passed: null };
  return { duty: 'babe', unit: `${unit}`, atMs: START_MS, ...empty, ...change };
}

function claimBy(node: string, outcome: 'granted' | 'denied'): UnitFacts['claims'][number] {
  const times = { atMs: START_MS, tookMs: 1, steps: [] };
  return { node, outcome, parts: ['seal'], reason: 'new', digest: null, ...times };
}

function unitIn(duty: string, text: string): Unit {
  const parsed = parseUnit(dutyNamed(duty)?.fields ?? [], text);
  return parsed.ok ? parsed.unit : [];
}

/** A file with these facts of the key, and every question that came to it. */
function fileOf({ facts = [], uncounted, scan = 1_000 }: Ground) {
  const pages: UnitPageQuery[] = [];
  const exact: string[] = [];
  const counts: string[] = [];
  const written: UnitRecord[] = [];
  const file = {
    page(query: UnitPageQuery) {
      pages.push(query);
      const { duty, before, limit, sinceMs } = query;
      const below = ({ unit }: UnitFacts) => before === null || compareUnits(unitIn(duty, unit), before) < 0;
      const rows = facts.filter((each) => each.duty === duty && below(each));
      const looked = rows.slice(0, scan).filter(({ atMs }) => atMs >= sinceMs);
      const last = looked.length < limit ? rows[scan - 1] : undefined;
      return { facts: looked.slice(0, limit), ended: last === undefined ? null : unitIn(duty, last.unit) };
    },
    exactly({ key, duty, fields }: UnitPageQuery, units: readonly Unit[]) {
      exact.push(`${key.slice(0, 4)} ${duty} ${fields}: ${units.map((unit) => unit.join('/'))}`);
      return units.map(
        (unit) =>
          facts.find((each) => each.duty === duty && each.unit === unit.join('/')) ??
          factsOf(unit.join('/'), { duty, atMs: Number.MAX_SAFE_INTEGER }),
      );
    },
    uncounted(beforeMs: number, limit: number) {
      counts.push(`${beforeMs - START_MS} ${limit}`);
      return uncounted?.() ?? [];
    },
    write: (records: readonly UnitRecord[]) => void written.push(...records),
  };
  return { file, pages, exact, counts, written };
}

function ground(context: TestContext, setup: Ground = {}) {
  const { policies = [policyOf()], services = [SELF] } = setup;
  const { clock, atEnd } = worldOf(context);
  const disk = fileOf(setup);
  const asked: unknown[] = [];
  const metered: string[] = [];
  const { log, lines: logged } = fakeLog('warn');
  const units: Peers['units'] = async (url, secret, query, timeoutMs) => {
    asked.push({ url, secret, query, timeoutMs });
    const facts = setup.peers?.get(url);
    if (facts === undefined) throw new Error(`${url} does not answer`);
    const named = new Set(query.units);
    if (query.units === undefined) return { facts, ended: setup.ended };
    return { facts: facts.filter(({ unit }) => named.has(unit)) };
  };
  const unit = (...labels: string[]) => void metered.push(labels.join(' '));
  const parts = {
    ...{ clock, log, unitFile: setup.withoutFile === true ? undefined : disk.file },
    peers: setup.peers === null ? {} : { units },
    meter: setup.unmetered === true ? {} : { unit },
  };
  const get = (chain: string, key: string) => {
    const policy = policies.find((each) => each.chain === chain && each.key === key);
    return policy === undefined ? null : { policy, pointerText: '' };
  };
  const modules = {
    policies: { all: () => policies, get },
    services: { views: async () => (services instanceof Error ? Promise.reject(services) : services) },
    identity: { peerSecret: 'secret' },
    context: { parts },
  } as unknown as CoreModules;
  const history = createUnits(modules);
  atEnd(async () => history.stop());
  /** A page as `duty unit`, with the cursor of the next one. */
  const page = async (change: Partial<UnitsQuery> = {}) => {
    const { units, next, complete } = await history.page({ key: KEY, limit: 10, ...change });
    const found = units.map((view) => `${view.duty} ${Object.values(view.unit).join('/')}`);
    return { found, next, complete };
  };
  const own = (change: Partial<PeerUnitsQuery> = {}) =>
    history
      .own({ chain: CHAIN, key: KEY, limit: 10, ...change })
      .facts.map(({ duty, unit }) => `${duty} ${unit}`);
  return { history, clock, page, own, asked, metered, logged, ...disk };
}

const ROUNDS = ['1/3', '1/2', '0/9'].map((unit) => factsOf(unit, { duty: 'grandpa' }));
const SLOTS = [NOW_SLOT + 2, NOW_SLOT + 1, NOW_SLOT].map((slot) => factsOf(slot));

test('a page has the units by duty, the newest first, and a cursor while there may be more', async (context) => {
  const { page, pages } = ground(context, { facts: [...ROUNDS, ...SLOTS] });
  const all = ['babe 3602', 'babe 3601', 'babe 3600', 'grandpa 1/3', 'grandpa 1/2', 'grandpa 0/9'];
  assert.deepEqual(await page(), { found: all, next: undefined, complete: true });
  const looked = () =>
    pages.splice(0).map(({ duty, fields, before, limit }) => `${duty} ${fields} ${before} ${limit}`);
  assert.deepEqual(looked(), ['babe 1 null 10', 'beefy 2 null 7', 'grandpa 2 null 7', 'im-online 1 null 4']);
  assert.deepEqual(await page({ limit: 4 }), { found: all.slice(0, 4), next: 'grandpa/1/3', complete: true });
  assert.deepEqual(looked(), ['babe 1 null 4', 'beefy 2 null 1', 'grandpa 2 null 1'], 'the page was full');
  const rest = { found: all.slice(4), next: undefined, complete: true };
  assert.deepEqual(await page({ before: 'grandpa/1/3' }), rest);
  assert.deepEqual(looked(), ['grandpa 2 1,3 10', 'im-online 1 null 8']);
  await page({ before: 'beefy/1/2' });
  assert.deepEqual(looked(), ['beefy 2 1,2 10', 'grandpa 2 null 10', 'im-online 1 null 7']);
  assert.deepEqual((await page({ duty: 'grandpa' })).found, all.slice(3));
  assert.deepEqual(looked(), ['grandpa 2 null 10']);
  assert.deepEqual(await ground(context).page({ limit: 0 }), { found: [], next: undefined, complete: true });
});

test('units since a moment, and missed ones alone', async (context) => {
  const passed = factsOf(NOW_SLOT - 100, { passed: { author: null } });
  const missed = factsOf(NOW_SLOT - 200, { due: true });
  const { page, pages } = ground(context, { facts: [...SLOTS, passed, missed] });
  const since = START_MS + 1_000;
  assert.deepEqual((await page({ since })).found, ['babe 3602', 'babe 3601'], 'slots of that moment count');
  assert.equal(pages[0]?.sinceMs, since - 60_000, 'a service may have heard of one a minute before');
  assert.deepEqual((await page({ missed: true })).found, ['babe 3400']);
  assert.equal((await page({ missed: false })).found.length, 5);
  assert.equal(pages.at(-1)?.sinceMs, -60_000);
});

test('a page ends where a scan ended first, and leads on from there', async (context) => {
  const old = [NOW_SLOT + 4, NOW_SLOT + 3].map((slot) => factsOf(slot, { atMs: START_MS - 60_001 }));
  const setup = { facts: [...old, ...SLOTS, ...ROUNDS], scan: 4 };
  const { page, pages } = ground(context, setup);
  const first = { found: ['babe 3602', 'babe 3601'], next: 'babe/3601', complete: true };
  assert.deepEqual(await page({ since: START_MS }), first);
  assert.deepEqual(
    pages.splice(0).map(({ duty, scan }) => `${duty} ${scan}`),
    ['babe 5000'],
    'the duties of a key share the rows of a page',
  );
  const rest = ['babe 3600', 'grandpa 1/3', 'grandpa 1/2', 'grandpa 0/9'];
  const second = { found: rest, next: undefined, complete: true };
  assert.deepEqual(await page({ since: START_MS, before: 'babe/3601' }), second);
  const services = [TWO];
  const peers = new Map([['two', [factsOf(NOW_SLOT - 1), ...ROUNDS]]]);
  const both = ground(context, { ...setup, services, peers });
  assert.deepEqual(await both.page({ since: START_MS }), first, 'this service may have 3600');
  const ended = { duty: 'babe', unit: '3602' };
  const behind = ground(context, { ...setup, services, peers, ended });
  const short = { found: ['babe 3602'], next: 'babe/3602', complete: true };
  assert.deepEqual(await behind.page({ since: START_MS }), short);
  assert.deepEqual(await behind.page({ since: START_MS, limit: 1 }), short);
});

test('the facts of every service that decides are put together', async (context) => {
  const there = [factsOf(3_601, { claims: [claimBy('b', 'granted')] }), factsOf('7', { duty: 'later' })];
  const peers = new Map([['two', there]]);
  const services = [{ ...SELF, url: 'one' }, TWO, { ...TWO, state: 'removed', url: 'three' } as const];
  const { page, asked, exact } = ground(context, { facts: SLOTS.slice(2), peers, services });
  const found = ['babe 3601', 'babe 3600'];
  assert.deepEqual(await page({ duty: 'babe' }), { found, next: undefined, complete: true });
  const first = { chain: CHAIN, key: KEY, duty: 'babe', limit: 10, since: -60_000, before: undefined };
  const second = { chain: CHAIN, key: KEY, duty: 'babe', units: ['3601', '3600'], limit: 2 };
  const peer = { url: 'two', secret: 'secret', timeoutMs: 2_000 };
  assert.deepEqual(
    asked.splice(0),
    [first, second].map((query) => ({ ...peer, query })),
  );
  assert.deepEqual(exact, [`${KEY.slice(0, 4)} babe 1: 3601,3600`]);
  await page();
  assert.deepEqual(asked[0], { ...peer, query: { ...first, duty: undefined } });
});

test('a page of several services has the first units of all of them', async (context) => {
  const later = ['7', '8'].map((unit) => factsOf(unit, { duty: 'later' }));
  const peers = new Map([['two', [...later, ...SLOTS]]]);
  const { page } = ground(context, { facts: ROUNDS, peers, services: [TWO] });
  assert.deepEqual(await page({ limit: 1 }), { found: ['babe 3602'], next: 'babe/3602', complete: true });
  const { found, next } = await page({ limit: 4 });
  assert.deepEqual([found.at(-1), next], ['grandpa 1/3', 'grandpa/1/3']);
});

test('a page is incomplete if a service that decides was not heard, or none is known', async (context) => {
  const complete = async (setup: Ground) => {
    const { page, asked } = ground(context, { facts: SLOTS.slice(2), ...setup });
    const { found, complete } = await page();
    assert.deepEqual(found, ['babe 3600'], 'the own facts are shown');
    return asked.length === 0 ? `${complete}, and no peer was asked` : complete;
  };
  assert.equal(await complete({ services: [SELF, TWO], peers: new Map([['two', []]]) }), true);
  assert.equal(await complete({ services: [SELF, TWO], peers: new Map() }), false);
  const peers = new Map();
  for (const alone of [
    { services: [SELF, TWO], peers: null },
    { services: [SELF, { ...TWO, url: null }], peers },
    { services: new Error('no answer'), peers },
  ])
    assert.equal(await complete(alone), 'false, and no peer was asked');
  const removed = { ...TWO, state: 'removed' as const };
  assert.equal(await complete({ services: [SELF, removed], peers }), 'true, and no peer was asked');
});

test('a service that falls silent between the page and its units makes it incomplete', async (context) => {
  const once = (): readonly UnitFacts[] | undefined => (asked.length === 1 ? [] : undefined);
  const peers = { get: once } as unknown as ReadonlyMap<string, readonly UnitFacts[]>;
  const { page, asked } = ground(context, { facts: SLOTS.slice(2), services: [TWO], peers });
  assert.equal((await page()).complete, false);
  assert.equal(asked.length, 2);
});

test('a key without a policy, on two chains, and a cursor that is no unit are refused', async (context) => {
  const policies = [policyOf(), policyOf({ chain: OTHER_CHAIN })];
  const { page, own } = ground(context, { policies, facts: SLOTS });
  const [one, other] = [CHAIN, OTHER_CHAIN].map((chain) => `…${KEY.slice(-6)} on chain …${chain.slice(-6)}`);
  const unknown = `no key is named or ends with ${OTHER_KEY} | the keys are: ${one}; ${other}`;
  assert.equal(await refusal(page({ key: OTHER_KEY })), `404 key-unknown: ${unknown}`);
  await assert.rejects(page({ chain: `0x${'c3'.repeat(32)}` }), { code: 'key-unknown' });
  const both = `the key signs on 2 chains: ${CHAIN}, ${OTHER_CHAIN} | Name the chain too.`;
  assert.equal(await refusal(page()), `409 key-ambiguous: ${both}`);
  assert.equal((await page({ chain: OTHER_CHAIN })).found.length, 3);
  const remedy = 'Pass `next` of the last page unchanged, for example `babe/299196429`.';
  for (const before of ['babe/1/2', 'babe/', `babe/${2n ** 60n}`]) {
    const reading = (async () => own({ before }))();
    assert.equal(await refusal(reading), `400 invalid-query: \`before\` is not a unit of babe | ${remedy}`);
  }
  assert.deepEqual(own({ before: 'babe/3602' }), ['babe 3601', 'babe 3600']);
});

test('the own facts: a page, exactly the named units, or none', (context) => {
  const { own, exact } = ground(context, { facts: SLOTS });
  assert.equal(own({ limit: 2 }).length, 2);
  assert.deepEqual(own({ duty: 'babe', units: ['3600', '3599'], limit: 1 }), ['babe 3600', 'babe 3599']);
  own({ duty: 'grandpa', units: ['1/2', `${2n ** 60n}/1`, 'x'], limit: 3 });
  assert.deepEqual(
    exact.map((each) => each.slice(5)),
    ['babe 1: 3600,3599', 'grandpa 2: 1/2,0/0'],
    'a unit that fits no row is not looked up',
  );
  assert.deepEqual(own({ key: OTHER_KEY }), []);
  assert.deepEqual(ground(context, { facts: SLOTS, withoutFile: true }).own(), []);
});

const COUNTED = { kind: 'counted', chain: CHAIN, key: KEY, duty: 'babe', atMs: START_MS + 15_000 } as const;

test('a reader sees the facts that wait to be written', async (context) => {
  const { history, page, own, written } = ground(context, { facts: SLOTS });
  const counted = { ...COUNTED, unit: [1n], atMs: 0 };
  for (const read of [own, page, history.stop]) {
    history.counted(counted);
    await read();
    assert.deepEqual(written.splice(0), [counted]);
  }
});

/** Rows of the key that wait to be counted, each once. */
const waiting = (...rows: readonly (readonly [duty: string, row: CountedName['row'], key?: string])[]) => {
  const names = rows.map(([duty, row, key = KEY]) => ({ chain: CHAIN, key, duty, row }));
  return { uncounted: () => names.splice(0) };
};
const slotRow = (slot: number) => ['babe', [slot, 0, '']] as const;

test('units that are over are counted every 15 s, each once, until the service stops', async (context) => {
  const claims = [claimBy('b', 'denied'), claimBy('a', 'granted')];
  const first = factsOf(3_000, { seen: `0x${'01'.repeat(32)}`, claims });
  const facts = [first, factsOf(3_001, { due: true }), ...ROUNDS];
  const rows = waiting(slotRow(3_000), ['grandpa', [1, 2, '']], slotRow(3_001));
  const { history, clock, metered, written, counts, exact } = ground(context, { facts, ...rows });
  await clock.sleep(14_999);
  assert.deepEqual(counts, []);
  await clock.sleep(2);
  assert.deepEqual(counts, ['-45000 200'], 'a minute after a service heard of them');
  assert.deepEqual(
    exact.map((each) => each.slice(5)),
    ['babe 1: 3000,3001', 'grandpa 2: 1/2'],
  );
  assert.deepEqual(metered, [`${KEY} babe signed`, `${KEY} babe not-asked`, `${KEY} grandpa unknown`]);
  const tallies = [
    { startMs: START_MS - 600_000, node: 'a', outcome: 'signed' },
    { startMs: START_MS - 599_000, node: null, outcome: 'not-asked' },
    { startMs: START_MS, node: null, outcome: 'unknown' },
  ];
  assert.deepEqual(written, [
    { ...COUNTED, unit: [3_000n], tally: tallies[0] },
    { ...COUNTED, unit: [3_001n], tally: tallies[1] },
    { ...COUNTED, duty: 'grandpa', unit: [1n, 2n], tally: tallies[2] },
  ]);
  await clock.sleep(15_000);
  assert.equal(counts.length, 2);
  history.stop();
  await clock.sleep(60_000);
  assert.equal(counts.length, 2);
});

test('units of an unknown duty, or of a key without a policy, count as counted and in no metric', async (context) => {
  const rows = waiting(['later', [1, 2, '3']], ['babe', [3_000, 0, ''], OTHER_KEY]);
  const { clock, metered, written } = ground(context, rows);
  await clock.sleep(15_001);
  const later = { ...COUNTED, duty: 'later', unit: [1n, 2n, 3n] };
  assert.deepEqual([metered, written], [[], [later, { ...COUNTED, key: OTHER_KEY, unit: [3_000n] }]]);
});

test('a unit waits ten minutes for a service that does not answer', async (context) => {
  const rows = waiting(...[3_000, 3_001, 3_002].map(slotRow));
  const nowMs = START_MS + 15_000;
  const facts = [600_001, 600_000, 599_999].map((ageMs, at) => factsOf(3_000 + at, { atMs: nowMs - ageMs }));
  const services = [{ ...TWO, url: null }];
  const { clock, metered, written } = ground(context, { facts, services, ...rows });
  await clock.sleep(15_001);
  assert.deepEqual(metered, [`${KEY} babe unknown`, `${KEY} babe unknown`]);
  assert.deepEqual(
    written.map((record) => record.kind === 'counted' && record.unit),
    [[3_000n], [3_001n]],
  );
});

test('units that could not be counted are counted later', async (context) => {
  const rows = waiting(slotRow(3_000));
  let tries = 0;
  const uncounted = () => {
    tries += 1;
    if (tries === 1) throw new Error('the file is gone');
    return rows.uncounted();
  };
  const { clock, metered, logged } = ground(context, { uncounted });
  await clock.sleep(30_001);
  const failed = { level: 'warn', event: 'units-uncounted', error: 'Error: the file is gone' };
  assert.deepEqual(logged, [{ ...failed, text: 'units were not counted; tried again' }]);
  assert.equal(metered.length, 1);
});

test('a count is written at once, also behind many other rows and without metrics', async (context) => {
  const rows = waiting(slotRow(3_000));
  const { history, clock, written, logged } = ground(context, { ...rows, unmetered: true });
  await clock.sleep(14_999);
  for (let unit = 0; unit < 400; unit++) history.counted({ ...COUNTED, unit: [1n] });
  await clock.sleep(2);
  assert.deepEqual([written.length, logged], [401, []]);
});

test('without a file a service counts no unit', (context) => {
  const { clock } = worldOf(context);
  const before = clock.pending();
  ground(context, { withoutFile: true });
  assert.equal(clock.pending(), before);
});
