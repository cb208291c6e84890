import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHASES, SERVICES } from '../../bench/peers/results.ts';
import { peersFiles } from './peers.mjs';

const FIGURES = {
  ...{ samples: 100, perSecond: 1_000, p50Ms: 2, p99Ms: 8, serviceUs: 100, storeUs: 0 },
  ...{ writtenBytes: 4_000, serviceMb: 90, storeMb: 30 },
};
const services = (factor) =>
  Object.fromEntries(
    SERVICES.map((name) => [name, { ...FIGURES, perSecond: name === 'postgres' ? 1_000 * factor : 1_000 }]),
  );
const roundOf = (factor) => Object.fromEntries(PHASES.map(({ name }) => [name, services(factor)]));
const RESULTS = {
  takenAt: '2026-01-02T03:04:05.000Z',
  machine: { node: 'v24.0.0', processor: 'a processor', cores: 2, loadBefore: 0.1, onDisk: true },
  etcd: '3.4.23',
  postgres: '15.18',
  seconds: 3,
  rounds: [2, 4, 5].map(roundOf),
};

test('without results the page says how to take them, and still names the missing guarantees', () => {
  const files = peersFiles(null);
  assert.deepEqual([...files.keys()], ['peers.md']);
  const page = files.get('peers.md');
  assert.match(page, /no saved results yet[^#]*npm run bench -- peers --save\nnpm run generate/);
  assert.match(page, /\| the store is rolled back/);
});

test('with results the page has each figure, ratios with quartiles, and the budgets', () => {
  const page = peersFiles(RESULTS).get('peers.md');
  assert.doesNotMatch(page, /no saved results|NaN|Infinity|undefined/);
  assert.match(
    page,
    /^Taken on 2026-01-02 with Node v24\.0\.0, etcd 3\.4\.23 and PostgreSQL 15\.18 on 2 cores/m,
  );
  assert.match(page, /\| PostgreSQL row \| 4,000 \/s \| 2\.00 ms \| 8\.00 ms \|/);
  assert.match(page, /\| 64 connections \| PostgreSQL row \| 0\.25 \(0\.23 to 0\.38\) \| 1\.00/);
  assert.match(page, /\| `rate64ToPostgres` \| 0\.25 \| at least 2\.00 \| \*\*missed\*\* \|/);
  assert.match(page, /\| `bytesToPostgres` \| 1\.00 \| at most 2\.00 \| met \|/);
});

test('each plot on the page is a file, and each file is on the page', () => {
  const files = peersFiles(RESULTS);
  const shown = [...files.get('peers.md').matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, file]) => file);
  assert.deepEqual(shown.sort(), [...files.keys()].filter((name) => name !== 'peers.md').sort());
  assert.equal(files.get('peers-rate.svg').match(/500 claims\/s/), null);
  assert.match(files.get('peers-p50.svg'), /500 claims\/s/);
});

test('figures of a busy machine, or of files in memory, say so', () => {
  const pageOn = (machine) =>
    peersFiles({ ...RESULTS, machine: { ...RESULTS.machine, ...machine } }).get('peers.md');
  assert.match(pageOn({ loadBefore: 6.5 }), /The machine was busy\*\*: its load was 6\.5/);
  assert.match(pageOn({ onDisk: false }), /The files were in memory/);
  assert.doesNotMatch(pageOn({}), /busy|in memory/);
});
