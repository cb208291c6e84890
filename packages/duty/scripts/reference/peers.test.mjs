import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../../../scripts/pinned.mjs';
import { figureOver, PHASES, p50, rate, ratioOver, SERVICES } from '../../bench/peers/results.ts';
import { PARTS } from '../../bench/profile/parts.ts';
import { peersFiles, savedRuns } from './peers.mjs';

const FIGURES = {
  ...{ samples: 100, perSecond: 1_000, p50Ms: 2, p99Ms: 8, serviceUs: 100, storeUs: 0 },
  ...{ writtenBytes: 4_000, serviceMb: 90, storeMb: 30 },
};
const services = (factor) =>
  Object.fromEntries(
    SERVICES.map((name) => [name, { ...FIGURES, perSecond: name === 'postgres' ? 1_000 * factor : 1_000 }]),
  );
const roundOf = (factor) => Object.fromEntries(PHASES.map(({ name }) => [name, services(factor)]));
const parts = Object.fromEntries([...PARTS, 'idle'].map((part, index) => [part, index + 1]));
const RESULTS = {
  takenAt: '2026-01-02T03:04:05.000Z',
  machine: { node: 'v24.0.0', processor: 'a processor', cores: 2, loadBefore: 0.1, onDisk: true },
  etcd: '3.4.23',
  postgres: '15.18',
  seconds: 3,
  rounds: [2, 4, 5].map(roundOf),
  budgets: [
    { name: 'rate64ToPostgres', value: 0.25, limit: 2, bound: 'at least', unit: 'x' },
    { name: 'openP99ToPostgres', value: 1, limit: 1, bound: 'at most', unit: 'x' },
  ],
};
const point = (serviceUs, p50Ms) => ({ ...FIGURES, serviceUs, p50Ms });
const GROWTH = {
  ...{ takenAt: '2026-01-03T03:04:05.000Z', machine: RESULTS.machine, made: [] },
  budgets: [{ name: 'keysProcessorGrowth', value: 1.5, limit: 1.1, bound: 'at most', unit: 'x' }],
  growth: {
    keys: [
      { 'keys-10': point(100, 2), 'keys-10000': point(150, 3) },
      { 'keys-10': point(100, 2), 'keys-10000': point(170, 4) },
      { 'keys-10': point(100, 2), 'keys-10000': point(140, 2) },
    ],
    'past grants': [{ 'past-1000': point(100, 2) }],
    services: [{ 'services-1': point(100, 2) }],
  },
};
const PROFILE = {
  ...{ takenAt: RESULTS.takenAt, machine: RESULTS.machine, budgets: [] },
  profiles: ['SQLite, 256 connections', 'etcd, 1 connection', 'etcd, 256 connections'].map((title) => ({
    ...{ title, parts, mainThread: 8, otherThreads: 9 },
  })),
};
const TROUBLE = {
  ...{ takenAt: RESULTS.takenAt, machine: RESULTS.machine, budgets: [] },
  trouble: [
    {
      ...{ name: 'etcd: the leader is killed', p50Ms: 1, p99Ms: 2, p999Ms: 3, maxMs: 4, longestGapMs: 1_500 },
      ...{ askedAgain: 7, collections: { count: 1, totalMs: 9, longestMs: 9 } },
    },
  ],
};
const RUNS = { peers: RESULTS, growth: GROWTH, profile: PROFILE, trouble: TROUBLE };

test('the page has each figure, ratios with quartiles, and the budgets', () => {
  const page = peersFiles(RUNS).get('peers.md');
  assert.doesNotMatch(page, /NaN|Infinity|undefined/);
  assert.match(
    page,
    /^Taken on 2026-01-02 with Node v24\.0\.0, etcd 3\.4\.23 and PostgreSQL 15\.18 on 2 cores/m,
  );
  assert.match(page, /\| PostgreSQL row \| 4,000 \/s \| 2\.00 ms \| 8\.00 ms \|/);
  assert.match(page, /\| 64 connections \| PostgreSQL row \| 0\.25 \(0\.23 to 0\.38\) \| 1\.00/);
  assert.match(page, /\| `peers` \| `rate64ToPostgres` \| 0\.25 \| at least 2\.00 \| \*\*missed\*\* \|/);
  assert.match(page, /\| `peers` \| `openP99ToPostgres` \| 1\.00 \| at most 1\.00 \| met \| 2026-01-02/);
  assert.match(page, /\| `growth` \| `keysProcessorGrowth` \| 1\.50 \| at most 1\.10 \| \*\*missed\*\*/);
  assert.match(page, /\| etcd, 1 connection \| etcd, 256 connections \|/);
  assert.match(page, /\| processor of other threads[^|]+\| 9\.00 µs \| 9\.00 µs \|/);
  assert.match(page, /\| ledger: entry and decision \| 4\.00 µs \|/);
  assert.match(page, /\| etcd: the leader is killed \|[^\n]+\| 1,500 ms \| 7 \| 9\.00 ms \|/);
  assert.match(page, /\| 10,000 keys \| 150\.00 µs \| 1\.50 \(1\.45 to 1\.60\) \|/);
});

test('each plot on the page is a file, and each file is on the page', () => {
  const files = peersFiles(RUNS);
  const shown = [...files.get('peers.md').matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, file]) => file);
  assert.deepEqual(shown.sort(), [...files.keys()].filter((name) => name !== 'peers.md').sort());
  assert.equal(files.get('peers-rate.svg').match(/500 claims\/s/), null);
  assert.match(files.get('peers-p50.svg'), /500 claims\/s/);
});

test('figures of a busy machine, or of files in memory, say so', () => {
  const pageOn = (machine) =>
    peersFiles({ ...RUNS, peers: { ...RESULTS, machine: { ...RESULTS.machine, ...machine } } }).get(
      'peers.md',
    );
  assert.match(pageOn({ loadBefore: 6.5 }), /The machine was busy\*\*: its load was 6\.5/);
  assert.match(pageOn({ onDisk: false }), /The files were in memory/);
  assert.doesNotMatch(pageOn({}), /machine was busy|files were in memory/);
});

test('README quotes the saved rate, and the ratios to the PostgreSQL service', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8').replaceAll(/\s+/g, ' ');
  const pair = ['watchbill-sqlite', 'postgres'];
  const ratio = (phase, value) => ratioOver(savedRuns().peers, phase, pair, value).middle.toFixed(2);
  const hundreds = Math.floor(figureOver(savedRuns().peers, 'c256', 'watchbill-sqlite', rate).middle / 100);
  assert.ok(readme.includes(`answers ${(100 * hundreds).toLocaleString('en')} claims a second on two cores`));
  assert.ok(readme.includes(`grants ${ratio('c256', rate)} times as many claims over 256 connections`));
  assert.ok(readme.includes(`one claim takes ${ratio('one', p50)} times as long`));
});
