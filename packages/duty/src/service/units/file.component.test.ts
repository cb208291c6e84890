import assert from 'node:assert/strict';
import { cpSync, existsSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import type { ClaimFact } from '../shapes/units.ts';
import { silentLog } from '../testing/services.ts';
import { openUnitFile, type UnitFileOptions } from './file.ts';
import type { UnitPageQuery } from './read-file.ts';
import type { UnitRecord } from './record.ts';

const [CHAIN, KEY, OTHER] = [`0x${'91'.repeat(32)}`, `0x${'d4'.repeat(32)}`, `0x${'e4'.repeat(32)}`];
const NOW = 1_700_000_000_000;
const OF = { chain: CHAIN, key: KEY, duty: 'babe', fields: 1 };
const PAGE = { ...OF, sinceMs: 0, before: null, limit: 100, scan: 5_000 };
const name = (slot: number) => ({ chain: CHAIN, key: KEY, duty: 'babe', unit: [BigInt(slot)] });
const fact = (change: Partial<ClaimFact> = {}): ClaimFact => ({
  node: 'alpha',
  parts: ['seal'],
  outcome: 'granted',
  reason: 'new',
  digest: `0x${'5f'.repeat(32)}`,
  atMs: NOW,
  tookMs: 4,
  steps: (['queue', 'wait', 'store', 'flush'] as const).map((step) => ({ name: step, ms: 1.5 })),
  ...change,
});
const claimed = (slot: number, change: Partial<ClaimFact> = {}, atMs = NOW): UnitRecord => ({
  ...{ kind: 'claim', ...name(slot) },
  ...{ atMs, claim: fact(change) },
});
const passed = (after: number, slot: number, author = OTHER): UnitRecord => ({
  ...{ kind: 'pass', chain: CHAIN, duty: 'babe', author, atMs: NOW },
  ...{ after: BigInt(after), slot: BigInt(slot) },
});

const open = (dir: string, change: Partial<UnitFileOptions> = {}) =>
  openUnitFile({ dir, log: silentLog, ...change });

test('units that are over are tallied by time, granted node and outcome, each once, for 30 days', (context) => {
  const dir = temporaryFolder(context);
  const before = open(dir);
  const over = (slot: number, startMs: number, node: string | null, outcome: 'signed' | 'denied') => {
    const tally = { startMs, node, outcome };
    return { kind: 'counted', ...name(slot), atMs: NOW, tally } as const;
  };
  const HOUR = 3_600_000;
  const at = NOW - (NOW % HOUR);
  before.write([claimed(1), claimed(2), claimed(3), claimed(4), claimed(5)], NOW);
  before.write([over(1, at, 'alpha', 'signed'), over(2, at + 899_999, 'alpha', 'signed')], NOW);
  before.write([over(3, at + 900_000, null, 'denied'), over(4, at - 1, 'bravo', 'signed')], NOW);
  before.write([over(1, at, 'alpha', 'signed'), { kind: 'counted', ...name(5), atMs: NOW }], NOW);
  before.close();
  const file = open(dir);
  context.after(() => file.close());
  const query = { chain: CHAIN, key: KEY, sinceMs: at };
  const row = (atMs: number, node: string | null, outcome: string, units: number) => ({
    ...{ duty: 'babe', atMs, node, outcome, units },
  });
  const quarters = file.tally({ ...query, stepMs: 900_000 });
  assert.deepEqual(quarters, [row(at, 'alpha', 'signed', 2), row(at + 900_000, null, 'denied', 1)]);
  const hours = file.tally({ ...query, sinceMs: 0, stepMs: HOUR });
  assert.deepEqual(hours.map(({ atMs, units }) => [atMs - at, units]).toSorted(), [
    [-HOUR, 1],
    [0, 1],
    [0, 2],
  ]);
  assert.deepEqual(file.tally({ ...query, key: OTHER, stepMs: HOUR }), []);
  file.write([], at + 30 * 24 * HOUR + 1);
  assert.deepEqual(file.tally({ ...query, sinceMs: 0, stepMs: HOUR }), [row(at, null, 'denied', 1)]);
});

test('facts survive a restart, newest first, with the block after each unit', (context) => {
  const dir = temporaryFolder(context);
  const before = open(dir);
  before.write([claimed(10), { kind: 'due', ...name(12), atMs: NOW }, claimed(11), passed(9, 12)], NOW);
  before.write([{ kind: 'seen', ...name(11), atMs: NOW, digest: '0xab' }, passed(12, 13)], NOW);
  before.close();
  const file = open(dir);
  context.after(() => file.close());
  const found = file.page(PAGE).facts;
  assert.deepEqual(
    found.map(({ unit, due, seen, passed: pass, claims }) => [unit, due, seen, pass?.author, claims.length]),
    [
      ['12', true, null, OTHER, 0],
      ['11', false, '0xab', null, 1],
      ['10', false, null, null, 1],
    ],
  );
  assert.deepEqual(found.at(-1)?.claims, [fact()]);
  assert.deepEqual(
    file.page({ ...PAGE, before: [12n], limit: 1 }).facts.map(({ unit }) => unit),
    ['11'],
  );
  const [far, none] = file.exactly(
    OF,
    [13n, 9n].map((slot) => [slot]),
  );
  assert.deepEqual(far?.passed, { author: OTHER });
  assert.equal(none?.passed, null, 'the slot of the first parent was not passed');
});

test('a page looks at so many rows, also if no row is new enough, and says where it ended', (context) => {
  const file = open(temporaryFolder(context));
  context.after(() => file.close());
  file.write(
    [5, 4, 3, 2, 1].map((slot) => claimed(slot, {}, slot % 2 === 0 ? NOW : NOW - 1)),
    NOW,
  );
  const page = (scan: number, change: Partial<UnitPageQuery> = {}) => {
    const { facts, ended } = file.page({ ...PAGE, sinceMs: NOW, scan, ...change });
    return `${facts.map(({ unit }) => unit)} / ${ended}`;
  };
  assert.equal(page(1), ' / 5');
  assert.equal(page(2), '4 / 4');
  assert.equal(page(2, { before: [4n] }), '2 / 2');
  assert.equal(page(2, { before: [2n] }), ' / null');
  assert.equal(page(4, { limit: 2 }), '4,2 / null', 'a full page leads on by itself');
  assert.equal(page(6), '4,2 / null');
});

test('a node that asks again and again adds one line for each different answer, and eight at most', (context) => {
  const file = open(temporaryFolder(context));
  context.after(() => file.close());
  const refusal = { outcome: 'denied', reason: 'not-ready' } as const;
  file.write([claimed(1, refusal), claimed(1, { ...refusal, atMs: NOW + 9 }), claimed(1)], NOW);
  assert.deepEqual(
    file.page(PAGE).facts[0]?.claims.map(({ atMs }) => atMs),
    [NOW, NOW],
  );
  file.write(
    Array.from({ length: 20 }, (_, index) => claimed(1, { ...refusal, node: `n${index}` })),
    NOW,
  );
  assert.equal(file.page(PAGE).facts[0]?.claims.length, 8);
  const round = (parts: ClaimFact['parts'], slot = 2) => claimed(slot, { parts });
  file.write([round(['enter']), round(['prevote']), round(['precommit'])], NOW);
  assert.deepEqual(
    file.page(PAGE).facts[0]?.claims.map(({ parts }) => parts),
    [['precommit']],
  );
});

test('a write that fails writes nothing, and takes the number of a new key back', (context) => {
  const file = open(temporaryFolder(context));
  context.after(() => file.close());
  const broken = { ...claimed(2), atMs: {} as number };
  assert.throws(() => file.write([claimed(1), broken], NOW), TypeError);
  const of = (slot: number, change: object): UnitRecord => Object.assign(claimed(slot), change);
  file.write([of(3, { key: OTHER })], NOW);
  file.write([claimed(4), of(5, { key: OTHER }), of(6, { duty: 'aura' }), claimed(7)], NOW);
  const units = (change: Partial<typeof OF>) =>
    file.page({ ...PAGE, ...change }).facts.map(({ unit }) => unit);
  assert.deepEqual(
    [units({}), units({ key: OTHER }), units({ duty: 'aura' })],
    [['7', '4'], ['5', '3'], ['6']],
  );
});

test('a torn write-ahead log loses its last writes, and no earlier one', (context) => {
  const dir = temporaryFolder(context);
  const file = open(dir);
  file.write([claimed(1)], NOW);
  const wal = join(dir, 'units.db-wal');
  const whole = statSync(wal).size;
  file.write([claimed(2)], NOW);
  // The files of a process that was killed, with half of the last write.
  const copy = temporaryFolder(context);
  cpSync(dir, copy, { recursive: true });
  const size = statSync(wal).size;
  file.close();
  assert.ok(size > whole);
  truncateSync(join(copy, 'units.db-wal'), whole + Math.floor((size - whole) / 2));
  const after = open(copy);
  context.after(() => after.close());
  assert.deepEqual(
    after.page(PAGE).facts.map(({ unit }) => unit),
    ['1'],
  );
  after.write([claimed(3)], NOW);
  assert.deepEqual(
    after.page(PAGE).facts.map(({ unit }) => unit),
    ['3', '1'],
  );
});

test('a damaged file, and one of another version, are put aside and a new one begins', (context) => {
  const dir = temporaryFolder(context);
  writeFileSync(
    join(dir, 'units.db'),
    'this is not a database, and it is long enough to have a header'.repeat(40),
  );
  const events: unknown[] = [];
  const log = { ...silentLog, warn: ({ event }: Record<string, unknown>) => void events.push(event) };
  const file = open(dir, { log });
  file.write([claimed(1)], NOW);
  assert.deepEqual(events, ['units-unread']);
  assert.ok(existsSync(join(dir, 'units.db.damaged')));
  file.close();
  assert.equal(open(dir).page(PAGE).facts.length, 1);
});

test('units of three fields are kept in their order, with a last field of 64 bits', (context) => {
  const dir = temporaryFolder(context);
  const file = open(dir);
  const last = 2n ** 64n - 1n;
  const of = { chain: CHAIN, key: KEY, duty: 'aura-parachain', fields: 3 };
  const seen = (unit: readonly bigint[]): UnitRecord => ({
    ...{ kind: 'seen', chain: CHAIN, key: KEY, duty: of.duty, unit },
    ...{ atMs: NOW, digest: `0x${unit.join('')}` },
  });
  file.write(
    [
      [9n, 7n, last],
      [9n, 7n, 2n],
      [9n, 6n, 5n],
      [10n, 7n, 1n],
      [9n, 7n, 10n],
    ].map(seen),
    NOW,
  );
  file.close();
  const again = open(dir);
  context.after(() => again.close());
  const page = (before: readonly bigint[] | null, limit = 9) =>
    again.page({ ...PAGE, ...of, before, limit }).facts.map(({ unit }) => unit);
  assert.deepEqual(page(null), ['10/7/1', `9/7/${last}`, '9/7/10', '9/7/2', '9/6/5']);
  assert.deepEqual(page([9n, 7n, last], 2), ['9/7/10', '9/7/2']);
  assert.deepEqual(
    again.exactly(of, [[9n, 7n, last]]).map(({ unit, seen: digest }) => [unit, digest]),
    [[`9/7/${last}`, `0x97${last}`]],
  );
  assert.deepEqual(again.uncounted(NOW + 1, 1)[0]?.row.length, 3);
});

test('without a folder that can be written the facts are kept in memory', (context) => {
  const dir = temporaryFolder(context);
  writeFileSync(join(dir, 'file'), '');
  const events: unknown[] = [];
  const log = { ...silentLog, warn: ({ event }: Record<string, unknown>) => void events.push(event) };
  const file = open(join(dir, 'file'), { log });
  file.write([claimed(1)], NOW);
  assert.equal(file.page(PAGE).facts.length, 1);
  assert.deepEqual(events, ['units-unwritten']);
});

test('rows older than 30 days leave, and so do the oldest beyond the bytes', (context) => {
  const file = open(temporaryFolder(context), { maxBytes: 200_000 });
  context.after(() => file.close());
  const day = 86_400_000;
  file.write([claimed(1, {}, NOW - 31 * day), claimed(2, {}, NOW - 29 * day), passed(0, 1)], NOW);
  assert.deepEqual(
    file.page(PAGE).facts.map(({ unit }) => unit),
    ['2'],
  );
  for (let from = 10; from < 5_010; from += 200)
    file.write(
      Array.from({ length: 200 }, (_, index) => claimed(from + index, {}, NOW + from + index)),
      NOW,
    );
  assert.ok(file.bytes() <= 200_000, `${file.bytes()} bytes`);
  const left = file.page({ ...PAGE, limit: 5_000 }).facts;
  assert.ok(left.length > 100, `${left.length} rows`);
  assert.equal(left[0]?.unit, '5009', 'the newest stays');
  assert.equal(Number(left.at(-1)?.unit), 5_010 - left.length, 'the oldest left first');
});

test('a row of a slot has at most 350 bytes, a round at most 400, a block at most 50', (context) => {
  const rows = 5_000;
  const perRow = (make: (index: number) => UnitRecord): number => {
    const file = open(temporaryFolder(context), { maxBytes: 1e9 });
    file.write(
      Array.from({ length: rows }, (_, index) => make(index)),
      NOW,
    );
    const bytes = file.bytes() / rows;
    file.close();
    return bytes;
  };
  const slot = perRow((index) => claimed(300_000_000 + index));
  const round = perRow((index) => ({
    ...claimed(index, { parts: ['precommit'], digest: `0x${'5f'.repeat(40)}` }),
    ...{ duty: 'grandpa', unit: [9_000n, BigInt(index)] },
  }));
  const block = perRow((index) => passed(300_000_000 + index, 300_000_001 + index));
  context.diagnostic(`bytes a row: slot ${slot}, round ${round}, block ${block}`);
  assert.ok(slot <= 350 && round <= 400 && block <= 50, `slot ${slot}, round ${round}, block ${block}`);
});

test('the file and its log are for their owner alone, also if they were not before', (context) => {
  const dir = temporaryFolder(context);
  writeFileSync(join(dir, 'units.db'), '', { mode: 0o644 });
  const file = open(dir);
  for (const name of ['units.db', 'units.db-wal'])
    assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600, name);
  file.close();
});
