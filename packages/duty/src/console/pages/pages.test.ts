import assert from 'node:assert/strict';
import test from 'node:test';
import { LIVE_SCRIPT } from '@watchbill/kit/html';
import type { Look, OtherPage } from '../others/other-page.ts';
import {
  decisionOf,
  factsOf,
  freezeOf,
  KEY,
  NOW_MS,
  policyOf,
  serviceOf,
  standbyOf,
  watchOf,
} from '../testing/facts.ts';
import { inventedTally } from '../testing/invented.ts';
import { type Facts, MAX_KEYS, STRIP_CELLS } from '../view/facts.ts';
import { type ReadTally, readHistory } from '../view/history.ts';
import { keyName } from '../view/sentence.ts';
import { type KeyView, viewOf } from '../view/view.ts';
import { keyPage } from './key.ts';
import { overview } from './overview.ts';
import { shell } from './shell.ts';
import { cellMarkup } from './strip.ts';
import { STYLE } from './style.ts';

const HOSTILE = '<script>alert(1)</script>\u202e"\'&';
const MAX_BYTES = 80_000;

/** Three pages whose sentences are as long as they can be. */
const LONG_OTHERS = ['nominate', 'coordinate', 'fleet'].map(
  (name): OtherPage => ({
    ...{ name, url: `https://${name}.example.org/` },
    look: { state: 'unwell', sentence: '"'.repeat(150) },
  }),
);

/** The longest axis: every span has another node than the last one, and missed units. */
function changing(nodes: readonly string[]): ReadTally {
  let turn = 0;
  return ({ sinceMs, stepMs }) =>
    Array.from({ length: 168 }, (_none, at) => ({
      ...{ duty: at % 2 === 0 ? 'babe' : 'grandpa', atMs: sinceMs + at * stepMs, units: 1 + (at % 5) },
      ...{ node: nodes[turn++ % nodes.length] ?? null, outcome: at % 3 === 0 ? 'late' : 'signed' },
    })) as ReturnType<ReadTally>;
}

function page(facts: ReturnType<typeof factsOf>, others: readonly OtherPage[] = []): string {
  const dayOf = (key: KeyView) => readHistory(key, changing(key.nodes), NOW_MS).day;
  const content = overview(viewOf(facts), others, true, dayOf);
  return shell({ title: 'Console', content, reader: HOSTILE, isLive: true });
}

function hostileFacts() {
  const policies = [
    policyOf({
      roster: [
        { name: HOSTILE, rank: 0 },
        { name: `b${HOSTILE}`, rank: 1 },
      ],
    }),
  ];
  const { health } = factsOf();
  const drill = { atMs: NOW_MS, by: HOSTILE, state: 'ok', due: 1, granted: 1 } as const;
  const handover = { atMs: NOW_MS, by: HOSTILE, from: HOSTILE, term: '3', tookMs: 1, force: HOSTILE };
  const refusal = decisionOf({
    outcome: 'denied',
    reason: 'malformed',
    detail: HOSTILE,
    node: HOSTILE,
    unit: HOSTILE,
  });
  return factsOf({
    policies,
    health: {
      ...health,
      ready: false,
      detail: HOSTILE,
      ledger: HOSTILE,
      store: { ...health.store, detail: HOSTILE, members: [{ name: HOSTILE, ok: true, leader: false }] },
    },
    services: [serviceOf({ name: HOSTILE })],
    watches: [watchOf({ holder: HOSTILE, unfit: [{ node: `b${HOSTILE}`, why: HOSTILE }], ready: [] })],
    standbys: [standbyOf(HOSTILE, { lastDrill: drill, lastHandover: handover })],
    upkeep: {
      lastExport: { atMs: NOW_MS, by: HOSTILE, lines: 1 },
      lastVerification: { atMs: NOW_MS, by: HOSTILE, verdict: 'violation' },
    },
    decisions: [decisionOf({ node: HOSTILE, digest: HOSTILE }), refusal],
    refusals: [refusal],
  });
}

test('names and texts of others cannot bring in markup or hidden characters', () => {
  const text = page(hostileFacts());
  assert.doesNotMatch(text, /<script>|\u202e/);
  assert.match(text, /&lt;script&gt;/);
  const [key] = viewOf(hostileFacts()).keys;
  const cells = key?.strips.flatMap((strip) => strip.cells) ?? [];
  assert.ok(key !== undefined && cells.length > 1);
  for (const cell of cells) {
    const { markup } = cellMarkup(key, cell, viewOf(hostileFacts()));
    assert.doesNotMatch(markup, /<script>|\u202e/);
  }
});

function pageOfKey(facts: ReturnType<typeof factsOf>, read: ReadTally = () => []): string {
  const view = viewOf(facts);
  const [key] = view.keys;
  assert.ok(key);
  return keyPage(key, readHistory(key, read, NOW_MS), view, true).markup;
}

test('the page of a key escapes names, has no inline style, and has at most 80 kB with seven nodes', () => {
  const names = Array.from({ length: 6 }, (_none, at) => `${at}${'"'.repeat(60)}`);
  const roster = [HOSTILE, ...names].map((name, rank) => ({ name, rank }));
  const facts = factsOf({ ...hostileFacts(), policies: [policyOf({ roster })] });
  const text = shell({
    title: 'Key',
    content: { markup: pageOfKey(facts, changing(roster.map(({ name }) => name))) },
    reader: HOSTILE,
    isLive: true,
  });
  assert.doesNotMatch(text, /<script>|<script(?![^>]*src=)|<style| style=|\u202e/);
  const bytes = Buffer.byteLength(text) + Buffer.byteLength(STYLE) + Buffer.byteLength(LIVE_SCRIPT);
  assert.ok(bytes <= MAX_BYTES, `${bytes} bytes`);
});

test('the page of a key draws unknown spans as nothing over the hatch, and says so in words', () => {
  const none = pageOfKey(factsOf());
  const axes = none.slice(0, none.indexOf('class="pair"')).replaceAll(/<p class="legend.*?<[/]p>/g, '');
  assert.doesNotMatch(axes, /<(rect|path)/);
  assert.match(none, /aria-label="alpha: granted in 0 of 96 spans of 15 minutes, unknown in 96"/);
  assert.match(none, /aria-label="babe: 0 missed units in 30 days; unknown on 30 days"/);
  const text = pageOfKey(factsOf(), inventedTally(NOW_MS));
  assert.match(text, /aria-label="bravo: granted in \d+ of 96 spans of 15 minutes, unknown in 6"/);
  assert.match(
    text,
    /from <bdi>alpha<[/]bdi> to <bdi>bravo<[/]bdi><[/]span> <span class="quiet">between 2026-/,
  );
  assert.match(text, /aria-label="24 hours: \d+ missed units; unknown in 6 of 96 spans of 15 minutes"/);
  assert.match(text, /aria-label="grandpa: \d+ missed units in 30 days; unknown on 2\d days"/);
  assert.match(text, /<td data-label="missed">4<[/]td>/);
});

test('a freeze has a row on the axis only if there was one', () => {
  const policies = [policyOf({ mode: 'frozen', freeze: freezeOf({ atMs: NOW_MS - 1 }) })];
  assert.match(pageOfKey(factsOf({ policies })), /<span>frozen<[/]span>.*class="ice"/s);
  assert.doesNotMatch(pageOfKey(factsOf()), /<span>frozen/);
});

test('the drawing names what each part can do; a line to a broken or unknown part is not whole', () => {
  const drawn = (changes: Parameters<typeof factsOf>[0]) =>
    pageOfKey(factsOf(changes)).match(/<svg class="pair".*?<[/]svg>/s)?.[0] ?? '';
  const { health } = factsOf();
  const member = { name: 'one', ok: false, leader: false };
  const services = [serviceOf()];
  const well = drawn({ services });
  assert.match(well, /aria-label="alpha: active; bravo: can take over; s: serving; store: up"/);
  assert.doesNotMatch(well, /class="(bad|unknown)"/);
  const ill = drawn({
    services,
    watches: [watchOf({ ready: [], live: false })],
    health: { ...health, store: { ...health.store, members: [member] } },
  });
  assert.match(ill, /aria-label="alpha: active, not ready; bravo: unknown; s: serving; one: down"/);
  assert.doesNotMatch(ill, /<path class="good"/);
  assert.match(
    drawn({ services, watches: [watchOf({ ready: ['alpha'], unfit: [{ node: 'bravo', why: 'w' }] })] }),
    /bravo: not ready/,
  );
});

test('the time of a grant is a bar over its slot', () => {
  const steps = [
    { name: 'store', ms: 30 },
    { name: 'queue', ms: 2 },
  ] as const;
  const unit = {
    ...{ key: KEY, duty: 'babe', unit: { slot: '42' }, at: 1, outcome: 'signed', say: '' },
    steps,
  };
  const late = { ...unit, outcome: 'denied', steps: [{ name: 'store', ms: 900 }] as const };
  const keys = new Map([[keyName(policyOf()), { decisions: [], units: [unit, unit, late] }]]);
  assert.match(
    pageOfKey(factsOf({ keys })),
    /p99 of all steps: 32 of 6000 ms.*<dt>queue<[/]dt><dd>2[.]0 ms, p99 2[.]0 ms<[/]dd><dt>store/,
  );
  assert.doesNotMatch(pageOfKey(factsOf()), /Time of a grant/);
});

test('the page shows the proof of a standby, and the last drill, backup and verification', () => {
  const none = page(factsOf());
  assert.match(none, /standby <bdi>bravo<\/bdi>: 120\/120 would have been granted, p99 3 ms/);
  for (const what of ['drill', 'backup of the ledger', 'verification'])
    assert.match(none, new RegExp(`${what}: none yet</span> <code>watchbill `));
  const done = page(hostileFacts());
  assert.match(done, /drill of <bdi>.*?<\/bdi> <span class="pill good">ok/);
  assert.match(done, /backup of the ledger by <bdi>/);
  assert.match(done, /<span class="pill bad">violation/);
});

test('a take-over names the node whose reports stopped; the first one names none', () => {
  const taken = { atMs: NOW_MS, by: null, from: 'alpha', term: '3', tookMs: 0, force: null };
  const text = (from: string | null) =>
    page(factsOf({ standbys: [standbyOf('bravo', { lastHandover: { ...taken, from } })] }));
  assert.match(
    text('alpha'),
    /<bdi>bravo<\/bdi> became active, because the reports of <bdi>alpha<\/bdi> had stopped/,
  );
  assert.match(text(null), /<bdi>bravo<\/bdi> became active, because no node was active/);
});

test('a condition that needs a person has the words of its alert, on the page', () => {
  const words = {
    sentence: 'the key <key> is frozen',
    todo: 'run `watchbill units` to find out why',
    run: 'watchbill status',
  };
  const view = viewOf(
    factsOf({ policies: [policyOf({ mode: 'frozen' })] }),
    new Map([['WatchbillKeyFrozen', words]]),
  );
  const { markup } = overview(view);
  assert.ok(markup.indexOf('To do<') < markup.indexOf('class="card key"'), 'what to do comes first');
  assert.match(markup, /<p class="summary bad">1 key: 1 FROZEN<[/]p>/);
  assert.match(
    markup,
    /To do<\/h2>.*the key …5ac67d is frozen: run <code>watchbill units<\/code> to find out why.*<code>watchbill status/,
  );
  const calm = (services: Facts['services']) => overview(viewOf(factsOf({ services }))).markup;
  assert.doesNotMatch(calm([serviceOf()]), /To do<|services: unknown/);
  assert.match(calm([]), /services: unknown until the store answers/);
});

test('pages of other capabilities have a link, a sentence and a state', () => {
  const look = (state: Look['state'], sentence: string) => ({ state, sentence });
  const others = [
    { name: 'nominate', url: 'https://nominate.example.org/', look: look('well', 'the newest round ended') },
    { name: 'fleet', url: 'http://127.0.0.1:9960/', look: look('silent', 'no program listens') },
    { name: 'coordinate', url: 'http://127.0.0.1:8460/', look: null },
  ];
  const { markup } = overview(viewOf(factsOf()), others);
  const line = (href: string, name: string, tone: string, word: string, sentence: string) =>
    `<li><span><a href="${href}" rel="noreferrer">${name}</a> <span class="pill ${tone}">${word}</span> <bdi>${sentence}</bdi></span></li>`;
  for (const wanted of [
    line('https://nominate.example.org/', 'nominate', 'good', 'well', 'the newest round ended'),
    line('http://127.0.0.1:9960/', 'fleet', 'bad', 'no answer', 'no program listens'),
    line('http://127.0.0.1:8460/', 'coordinate', 'plain', 'asked now', 'no answer yet'),
  ])
    assert.ok(markup.includes(wanted), wanted);
  assert.doesNotMatch(overview(viewOf(factsOf())).markup, /Other capabilities/);
});

test('text of another process is escaped', () => {
  const sentence = '<img src=x onerror=alert(1)> leads window 1\u202e';
  const others = [{ name: 'coordinate', url: 'http://h/', look: { state: 'well', sentence } as const }];
  const { markup } = overview(viewOf(factsOf()), others);
  assert.match(markup, /<bdi>&lt;img src=x onerror=alert\(1\)&gt; leads window 1\\u202e<[/]bdi>/);
  assert.doesNotMatch(markup, /<img|\u202e/);
});

test('a page has no inline script or style, and names no other host', () => {
  const text = page(hostileFacts());
  assert.doesNotMatch(text, /<script(?![^>]*src=)|<style| style=| on[a-z]+=/);
  for (const [, link = ''] of text.matchAll(/(?:src|href|action)="([^"]+)"/g))
    assert.match(link, /^[/#](?!\/)/);
});

test('the page with style and script has at most 80 kB, with one key and with many', () => {
  for (const count of [1, 2, 5, 10, 40, 60]) {
    const policies = Array.from({ length: count }, (_none, at) =>
      policyOf({ key: `${KEY.slice(0, -6)}${String(100_000 + at)}` }),
    );
    const decisions = Array.from({ length: 2 * STRIP_CELLS }, (_none, at) =>
      decisionOf({
        duty: at % 2 === 0 ? 'babe' : 'grandpa',
        unit: at % 2 === 0 ? String(299_196_000 + at) : `12345/${10_000 + at}`,
        node: 'a-node-with-a-long-name',
      }),
    );
    const shown = policies.slice(0, MAX_KEYS);
    const keys = new Map(shown.map((policy) => [keyName(policy), { decisions, units: [] }]));
    const facts = factsOf({ policies: shown, keys, others: policies.slice(MAX_KEYS), refusals: decisions });
    const text = page(facts, LONG_OTHERS);
    assert.equal(text.includes('24 hours: '), count <= 3, 'the axis of a few keys');
    const bytes = Buffer.byteLength(text) + Buffer.byteLength(STYLE) + Buffer.byteLength(LIVE_SCRIPT);
    assert.ok(bytes <= MAX_BYTES, `${count} keys: ${bytes} bytes`);
  }
});
