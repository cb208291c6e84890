import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import type { TallyRow } from '../../service/index.ts';
import {
  CHAIN,
  DIGEST,
  decisionOf,
  factsOf,
  freezeOf,
  KEY,
  leaseOf,
  NOW_MS,
  policyOf,
  standbyOf,
  watchOf,
} from '../testing/facts.ts';
import { type Facts, factsReader, MAX_KEYS } from './facts.ts';
import { type KeyHistory, readHistory } from './history.ts';
import { httpSource } from './http-source.ts';
import { viewOf } from './view.ts';

const DAY_MS = 86_400_000;

function sentence(changes: Partial<Facts> = {}): string {
  const [key] = viewOf(factsOf(changes)).keys;
  assert.ok(key);
  return `${key.state.tone}: ${key.state.sentence}`;
}

function store(quorumMargin: number | null, ok = true): Partial<Facts> {
  const { health } = factsOf();
  return { health: { ...health, store: { ...health.store, ok, quorumMargin } } };
}

describe('the sentence of a key', () => {
  const handover = {
    atMs: NOW_MS - 14 * DAY_MS,
    by: 'ada',
    from: 'bravo',
    term: '3',
    tookMs: 20,
    force: null,
  };
  const cases: readonly (readonly [string, Partial<Facts>, string])[] = [
    [
      'all well',
      {},
      'good: granting; alpha active; standby bravo ready, 120/120; the store can lose 1 more member',
    ],
    [
      'a handover that this service led',
      {
        standbys: [standbyOf('alpha', { onWatch: true, lastHandover: handover }), standbyOf('bravo')],
        ...store(0),
      },
      'warn: granting; alpha active for 14 days; standby bravo ready, 120/120; one more store loss stops signing',
    ],
    [
      'a handover of an earlier term',
      { standbys: [standbyOf('alpha', { lastHandover: { ...handover, term: '2' } }), standbyOf('bravo')] },
      'good: granting; alpha active; standby bravo ready, 120/120; the store can lose 1 more member',
    ],
    [
      'a standby that is not ready',
      { watches: [watchOf({ ready: ['alpha'], unfit: [{ node: 'bravo', why: 'it is syncing' }] })] },
      'warn: granting; alpha active; standby bravo not ready (it is syncing), 120/120; the store can lose 1 more member',
    ],
    [
      'no active node',
      { watches: [watchOf({ holder: null })], standbys: [] },
      'warn: granting; no node is active; standby alpha ready; standby bravo ready; the store can lose 1 more member',
    ],
    [
      'an active node that is gone',
      { watches: [watchOf({ live: false })] },
      'warn: granting; alpha was active, but its reports stopped; standby bravo ready, 120/120; the store can lose 1 more member',
    ],
    [
      'a parachain key on the active machine',
      { watches: [watchOf({ keyLeases: [leaseOf()] })] },
      'good: granting; alpha active; parachain key 0x9a9a9a9a…9a9a9a on alpha for 2 minutes; standby bravo ready, 120/120; the store can lose 1 more member',
    ],
    [
      'a parachain key on no machine',
      { watches: [watchOf({ keyLeases: [leaseOf({ state: 'free', node: null, sinceMs: null })] })] },
      'warn: granting; alpha active; parachain key 0x9a9a9a9a…9a9a9a on no machine; standby bravo ready, 120/120; the store can lose 1 more member',
    ],
    [
      'a parachain key while the store does not answer',
      {
        watches: [
          watchOf({ keyLeases: [leaseOf({ state: 'unknown', node: null, sinceMs: null, askedBy: [] })] }),
        ],
      },
      'warn: granting; alpha active; parachain key 0x9a9a9a9a…9a9a9a on an unknown machine; standby bravo ready, 120/120; the store can lose 1 more member',
    ],
    [
      'a key that was not adopted',
      { policies: [policyOf({ mode: 'idle' })] },
      'bad: not adopted: run `watchbill adopt`; alpha active; standby bravo ready, 120/120; the store can lose 1 more member',
    ],
    [
      'a store that is down',
      store(null, false),
      'bad: not granting: three members; alpha active; standby bravo ready, 120/120; the store does not answer',
    ],
  ];
  for (const [name, changes, expected] of cases) test(name, () => assert.equal(sentence(changes), expected));

  test('a frozen key names who and why', () => {
    const policies = [policyOf({ mode: 'frozen', freeze: freezeOf({ reason: 'a copy of the disk' }) })];
    assert.match(sentence({ policies }), /^bad: frozen: by ada, because: a copy of the disk; /);
  });

  test('a service that is not ready, and a held rollback report, stop the word granting', () => {
    const { health } = factsOf();
    assert.match(
      sentence({ health: { ...health, ready: false, detail: 'the session is lost.' } }),
      /^bad: not granting: the session is lost; /,
    );
    const report = {
      chain: CHAIN,
      key: KEY,
      node: 'bravo',
      state: 'held',
      freed: [],
    } as unknown as Facts['reports'][number];
    assert.match(
      sentence({ reports: [report] }),
      /^bad: not granting: the rollback report of bravo is open; /,
    );
    const freed = { ...report, freed: [`${CHAIN} ${KEY}`] };
    assert.match(sentence({ reports: [freed, { ...report, state: 'released' }] }), /^good: granting; /);
  });
});

describe('a strip', () => {
  const strip = (changes: Parameters<typeof factsOf>[0], duty = 'babe') =>
    viewOf(factsOf(changes)).keys[0]?.strips.find((one) => one.duty === duty)?.cells ?? [];

  test('a granted unit names its node and the refused standby', () => {
    const denied = decisionOf({ outcome: 'denied', reason: 'unit-taken', node: 'bravo' });
    const [cell] = strip({ decisions: [denied, decisionOf()] });
    assert.equal(cell?.outcome, 'granted');
    assert.equal(cell.node, 'alpha');
    assert.equal(cell.digest, DIGEST);
    assert.equal(cell.say, 'alpha was granted it; bravo was refused (unit-taken).');
    assert.deepEqual(cell.steps, [{ name: 'seal', ms: 1.5 }]);
  });

  test('a unit that was denied to all shows the unexpected reason, its step and its remedy', () => {
    const denied = { outcome: 'denied', digest: null } as const;
    const decisions = [
      decisionOf({ ...denied, reason: 'not-ready' }),
      decisionOf({ ...denied, reason: 'off-watch', node: 'bravo' }),
    ];
    const [cell] = strip({ decisions });
    assert.equal(cell?.outcome, 'denied');
    assert.equal(cell.reason, 'not-ready');
    assert.match(cell.remedy ?? '', /readiness report/);
    assert.equal(cell.steps.length, 2);
  });

  test('an entered round is not a grant, and its parts are steps', () => {
    const round = { duty: 'grandpa', unit: '1/5' };
    const enter = decisionOf({ ...round, parts: ['enter'] });
    assert.equal(strip({ decisions: [enter] }, 'grandpa')[0]?.outcome, 'entered');
    const votes = [
      enter,
      decisionOf({ ...round, parts: ['prevote'] }),
      decisionOf({ ...round, parts: ['precommit'] }),
    ];
    const [cell] = strip({ decisions: votes }, 'grandpa');
    assert.equal(cell?.outcome, 'granted');
    assert.deepEqual(
      cell.steps.map(({ name }) => name),
      ['prevote', 'precommit'],
    );
  });

  test('units are in the order of their numbers, oldest first', () => {
    const decisions = ['9', '10', '100'].map((unit) => decisionOf({ unit }));
    const units = strip({ decisions }).map(({ unit }) => unit);
    assert.deepEqual(units, ['9', '10', '100']);
  });

  test('a grant of another service comes from the mark, also over a denial of this one', () => {
    const recent = [
      { unit: '42', node: 'bravo', incarnation: '4'.repeat(32), parts: [{ part: 'seal', digest: DIGEST }] },
    ] as const;
    const marks = [
      { chain: CHAIN, key: KEY, duty: 'babe', head: { epoch: 'e', seq: '1', hash: '' }, floor: null, recent },
    ];
    const decisions = [decisionOf({ outcome: 'denied', reason: 'unit-taken' })];
    const [cell] = strip({ marks, decisions });
    assert.equal(cell?.outcome, 'granted');
    assert.equal(cell.node, 'bravo');
  });

  test('a unit fact wins over a decision, unless it is unknown', () => {
    const unit = {
      key: KEY,
      duty: 'babe',
      unit: { slot: '42' },
      at: 1,
      outcome: 'unseen',
      node: 'alpha',
      say: 'said',
    };
    const keys = (outcome: string) =>
      new Map([[`${CHAIN} ${KEY}`, { decisions: [decisionOf()], units: [{ ...unit, outcome }] }]]);
    assert.equal(strip({ keys: keys('unseen') })[0]?.outcome, 'unseen');
    assert.equal(strip({ keys: keys('unknown') })[0]?.outcome, 'granted');
  });
});

test('keys with equal ends get longer names', () => {
  const other = `0x${'44'.repeat(29)}5ac67d`;
  const ids = viewOf(factsOf({ policies: [policyOf(), policyOf({ key: other })] })).keys.map(({ id }) => id);
  assert.deepEqual(ids, ['225ac67d', '445ac67d']);
  const chains = [policyOf(), policyOf({ chain: `0x${'55'.repeat(32)}` })];
  assert.deepEqual(
    viewOf(factsOf({ policies: chains })).keys.map(({ id }) => id),
    ['5ac67d-11111111', '5ac67d-55555555'],
  );
});

test('a key is shown by the name of its policy, or by its last digits', () => {
  const policies = [policyOf({ name: 'alpha' }), policyOf({ key: `0x${'44'.repeat(32)}` })];
  const view = viewOf(factsOf({ policies }));
  assert.deepEqual(
    view.keys.map(({ label }) => label),
    ['alpha', '…444444'],
  );
});

/** Facts of a service with these policies; `asked` gets the duty and the limit of each question for units. */
function readerOf(policies: Facts['policies'], asked: unknown[] = []) {
  const clock = createVirtualClock({ startMs: NOW_MS });
  const source = httpSource(async (path, query) => {
    if (path === '/v1/units') asked.push([query?.duty, query?.limit]);
    const empty = { policies, decisions: [], next: null, units: [{ duty: query?.duty }] };
    return path === '/v1/health' ? factsOf().health : empty;
  });
  return { clock, read: factsReader(source, clock) };
}

test('while the store is down, its records are missing, and the page shows every key', async () => {
  const { health, policies } = factsOf();
  const reading = (ok: boolean) => {
    const source = httpSource(async (path) => {
      if (path === '/v1/health') return { ...health, store: { ...health.store, ok, detail: 'no route.' } };
      if (['/v1/services', '/v1/marks'].includes(path)) throw new Error('no route');
      return { policies, decisions: [], units: [] };
    });
    return factsReader(source, createVirtualClock({ startMs: NOW_MS }))();
  };
  assert.equal(viewOf(await reading(false)).summary.text, '1 key: 1 not granting');
  await assert.rejects(reading(true), /no route/);
});

test('the worst keys come first, also of more than fit, and one line counts all', async () => {
  const policies = [
    ...Array.from({ length: MAX_KEYS }, (_none, at) => policyOf({ key: `${KEY.slice(0, -2)}${10 + at}` })),
    policyOf({ mode: 'idle' }),
    policyOf({ key: `${KEY.slice(0, -2)}00`, mode: 'frozen' }),
  ];
  const facts = { ...(await readerOf(policies).read()), keys: new Map() };
  const { keys, moreKeys, summary } = viewOf(facts);
  const words = keys.map(({ state: { word, lacks } }) => (lacks === null ? word : `${word}, ${lacks}`));
  assert.deepEqual(words.slice(0, 3), ['frozen', 'not adopted', 'granting, no active node']);
  assert.deepEqual([keys.length, moreKeys], [MAX_KEYS, 2]);
  assert.equal(summary.text, '14 keys: 12 granting (no active node: 12), 1 not adopted, 1 FROZEN');
  assert.equal(summary.tone, 'bad');
  const unread = { ...facts, policies: [], others: [], health: { ...facts.health, ready: false } };
  assert.match(viewOf(unread).summary.text, /^keys unknown/);
});

test('units are asked for each duty, and at most every ten seconds', async () => {
  const asked: unknown[] = [];
  const { clock, read } = readerOf([policyOf()], asked);
  for (const [laterMs, questions] of [
    [0, 2],
    [9_999, 2],
    [1, 4],
  ] as const) {
    await clock.advance(laterMs);
    const [{ units } = { units: [] }] = (await read()).keys.values();
    assert.deepEqual([units.map(({ duty }) => duty), asked.length], [['babe', 'grandpa'], questions]);
  }
  assert.deepEqual(asked.slice(0, 2), [
    ['babe', '128'],
    ['grandpa', '128'],
  ]);
});

test('denials have their reason, count and remedy; those of a standby come last', () => {
  const denied = (reason: 'unit-taken' | 'not-ready', node: string) =>
    decisionOf({ outcome: 'denied', reason, node });
  const refusals = [
    denied('unit-taken', 'bravo'),
    denied('not-ready', 'alpha'),
    denied('unit-taken', 'bravo'),
  ];
  const { denials } = viewOf(factsOf({ refusals }));
  assert.deepEqual(
    denials.map(({ reason, count, isExpected }) => [reason, count, isExpected]),
    [
      ['not-ready', 1, false],
      ['unit-taken', 2, true],
    ],
  );
  assert.match(denials[0]?.remedy ?? '', /\w/);
});

const [QUARTER_MS, HOUR_MS] = [900_000, 3_600_000];
const now = (stepMs: number) => NOW_MS - (NOW_MS % stepMs);

/** The history of a key with these rows of quarters, or of days. */
function historyOf(
  rows: readonly Partial<TallyRow>[],
  policy: Parameters<typeof policyOf>[0] = {},
): KeyHistory {
  const [key] = viewOf(factsOf({ policies: [policyOf(policy)] })).keys;
  assert.ok(key);
  const whole = { duty: 'babe', atMs: now(QUARTER_MS), node: null, outcome: 'signed', units: 1 } as const;
  return readHistory(
    key,
    (query) => {
      assert.deepEqual([query.chain, query.key], [CHAIN, KEY]);
      return rows.map((row) => ({ ...whole, ...row })).filter(({ atMs }) => atMs >= query.sinceMs);
    },
    NOW_MS,
  );
}

const at = (quartersAgo: number) => now(QUARTER_MS) - quartersAgo * QUARTER_MS;
const newest = (axis: KeyHistory['day'], count: number) => ({
  nodes: axis.nodes.map(({ node, spans }) => [node, ...spans.slice(-count)]),
  missed: axis.missed.slice(-count),
});

test('a span without a unit is unknown for every node, and so are its missed units', () => {
  const { day, week, duties } = historyOf([]);
  assert.deepEqual([day.missed.length, week.missed.length], [96, 168]);
  for (const { nodes, missed } of [day, week]) {
    assert.deepEqual([...new Set(nodes.flatMap(({ spans }) => spans))], ['unknown']);
    assert.deepEqual([...new Set(missed)], [null]);
  }
  assert.deepEqual(
    duties.map(({ duty, days }) => [duty, days.length, days.some(({ units }) => units > 0)]),
    [
      ['babe', 30, false],
      ['grandpa', 30, false],
    ],
  );
  assert.equal(day.fromMs + 95 * day.stepMs, now(QUARTER_MS), 'the last span has the present');
});

test('a node that was granted a unit has its span; missed units count, and unknown ones prove nothing', () => {
  const { day } = historyOf([
    { atMs: at(3), node: 'alpha' },
    { atMs: at(2), node: 'alpha', outcome: 'unknown', units: 9 },
    { atMs: at(1), node: 'gone', outcome: 'slow', units: 2 },
    { atMs: at(1), outcome: 'denied', units: 3 },
    { atMs: at(1), outcome: 'other-author' },
  ]);
  assert.deepEqual(newest(day, 4), {
    nodes: [
      ['alpha', 'granted', 'granted', 'not granted', 'unknown'],
      ['bravo', 'not granted', 'not granted', 'not granted', 'unknown'],
      ['gone', 'not granted', 'not granted', 'granted', 'unknown'],
    ],
    missed: [0, null, 5, null],
  });
});

test('a change is a grant of another node than before, also within one span and over a gap', () => {
  const { day } = historyOf([
    { atMs: at(90), node: 'alpha' },
    { atMs: at(60), node: 'bravo' },
    { atMs: at(60), node: 'alpha' },
    { atMs: at(10), node: 'bravo', outcome: 'unknown' },
    { atMs: at(5), node: 'alpha' },
  ]);
  assert.deepEqual(day.changes, [
    { span: 35, from: 'alpha', to: 'bravo' },
    { span: 90, from: 'bravo', to: 'alpha' },
  ]);
});

test('a freeze has its spans until it was lifted', () => {
  const lifted = { by: 'ada', reason: 'why', atMs: at(2) + 1 };
  const spans = (change: object) =>
    historyOf([], { freeze: freezeOf({ atMs: at(4) + 1, ...change }) }).day.frozen.slice(-6);
  assert.deepEqual(spans({}), [null, true, true, true, true, true]);
  assert.deepEqual(spans({ lifted }), [null, true, true, true, false, false]);
  assert.ok(!historyOf([]).day.frozen.includes(true));
});

test('a day has its missed and unknown units by duty', () => {
  const today = now(DAY_MS);
  const { duties } = historyOf([
    { atMs: today, units: 4 },
    { atMs: today, outcome: 'late', units: 2 },
    { atMs: today - DAY_MS, outcome: 'unknown', units: 7, duty: 'grandpa' },
  ]);
  const [babe, grandpa] = duties.map(({ days }) => days.slice(-2));
  assert.deepEqual(babe?.[1], { atMs: today, missed: 2, unknown: 0, units: 6 });
  assert.deepEqual(grandpa?.[0], { atMs: today - DAY_MS, missed: 0, unknown: 7, units: 7 });
});

test('an axis asks for its own spans', () => {
  const asked: number[][] = [];
  const [key] = viewOf(factsOf()).keys;
  assert.ok(key);
  const read = ({ sinceMs, stepMs }: { sinceMs: number; stepMs: number }) => {
    asked.push([now(stepMs) - sinceMs, stepMs]);
    return [];
  };
  readHistory(key, read, NOW_MS);
  assert.deepEqual(
    asked.toSorted((a, b) => (a[1] ?? 0) - (b[1] ?? 0)),
    [
      [95 * QUARTER_MS, QUARTER_MS],
      [167 * HOUR_MS, HOUR_MS],
      [29 * DAY_MS, DAY_MS],
    ],
  );
});
