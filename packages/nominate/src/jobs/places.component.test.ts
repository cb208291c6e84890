import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { type PlaceFinder, placeFinder } from '../places/index.ts';
import { foundPlaceShape, type PlaceAnswer } from '../places/port.ts';
import { encodeSnapshot } from '../snapshot/codec.ts';
import type { TelemetryReport } from '../telemetry/index.ts';
import { harnessOfEachTest } from '../testing/each-test.ts';
import { jobHarness } from '../testing/job-harness.ts';
import { HOUR_MS, NOON_MS } from '../testing/records.ts';
import { readNote } from './notes.ts';

const COUNTRIES: Readonly<Record<string, string>> = {
  '203.0.113.1': 'DE',
  '203.0.113.2': 'FI',
  '203.0.113.3': 'SE',
};
let keys: readonly string[];
let own: Map<string, string>;
let feed: Map<string, string>;
let asked: string[];
let listFails: boolean;
let countries: Record<string, string>;

/** The finder of the service, with a table that a test changes. */
function finder(): PlaceFinder {
  const source = {
    check: async () => undefined,
    lookUp: async (addresses: readonly string[]) => {
      asked.push(...addresses);
      return new Map(
        addresses.map((one): [string, PlaceAnswer] => {
          const country = countries[one];
          return [
            one,
            country === undefined ? { why: 'it has none' } : { place: foundPlaceShape.parse({ country }) },
          ];
        }),
      );
    },
    close: async () => undefined,
  };
  return placeFinder({ source, names: async () => new Map(), ownAddresses: async () => own });
}

const harness = harnessOfEachTest({
  places: finder(),
  telemetry: {
    report: () => ({ ...EMPTY, atMs: harness.clock.nowMs(), addresses: feed }),
    memory: () => MEMORY,
    adopt: () => undefined,
    watch: () => undefined,
    flags: () => [],
  },
  candidates: async () => {
    if (listFails) throw new Error('the list is not there');
    return harness.chainSays.list;
  },
});
beforeEach(() => {
  [own, feed, asked, countries] = [new Map(), new Map(), [], { ...COUNTRIES }];
  listFails = false;
  keys = harness.chainSays.snapshot.candidates.map(({ candidate }) => candidate.stashKey);
});

const EMPTY: TelemetryReport = {
  ...{ atMs: 0, watchedSinceMs: null, outages: [], sources: [] },
  ...{ sightings: new Map(), locations: new Map(), addresses: new Map() },
};
const MEMORY = { version: 1 as const, savedAtMs: 1, watchedSinceMs: null, outages: [], people: [] };

/** Entries declare these addresses, in the order of the list. */
function declare(addresses: readonly (string | null)[]): void {
  const { candidates } = JSON.parse(harness.chainSays.list) as { candidates: Record<string, unknown>[] };
  for (const [at, address] of addresses.entries()) {
    const entry = candidates[at];
    if (address !== null && entry !== undefined) entry.address = address;
  }
  harness.chainSays.list = JSON.stringify({ candidates });
}

async function countryNow(at = 0): Promise<string> {
  await harness.run('candidates', 'telemetry', 'places', 'snapshot');
  const snapshot = await harness.snapshot();
  assert.ok(!encodeSnapshot(snapshot).includes('203.0.113'), 'a snapshot holds no address');
  const place = snapshot.candidates[at]?.place;
  if (place === undefined || !place.known) return place?.reason ?? 'no snapshot';
  const age = harness.clock.nowMs() - (place.value?.atMs ?? harness.clock.nowMs());
  return `${place.value?.country}${place.value?.declared === undefined ? '' : ' declared'}, ${age / HOUR_MS} h old`;
}

test("the programme's own address comes before a feed, a feed before the entry; the first with a place counts", async () => {
  const [first = ''] = keys;
  declare(['203.0.113.3']);
  assert.equal(await countryNow(), 'SE declared, 0 h old');
  feed.set(first, '203.0.113.2');
  assert.equal(await countryNow(), 'FI, 0 h old');
  own.set(first, '203.0.113.1');
  assert.equal(await countryNow(), 'DE, 0 h old');
  own.set(first, '10.0.0.1');
  assert.equal(await countryNow(), 'FI, 0 h old');
  assert.ok(!asked.includes('10.0.0.1'), 'a private address is not looked up');
});

test('a place that is not found any more stays, with its age; one that never was gives the reason', async () => {
  declare([null, '192.168.0.1']);
  feed.set(keys[0] ?? '', '203.0.113.2');
  assert.equal(await countryNow(), 'FI, 0 h old');
  for (const change of [() => feed.clear(), () => feed.set(keys[0] ?? '', '127.0.0.1')]) {
    change();
    await harness.clock.advance(3 * HOUR_MS);
    const hours = (harness.clock.nowMs() - NOON_MS) / HOUR_MS;
    assert.equal(await countryNow(), `FI, ${hours} h old`);
  }
  assert.match(await countryNow(1), /its address is private, and belongs to no place$/);
  feed.set(keys[1] ?? '', '203.0.113.9');
  assert.match(await countryNow(1), /; it has none$/);
  feed.set(keys[1] ?? '', '203.0.113.1');
  assert.equal(await countryNow(1), 'DE, 0 h old');
});

test('a place that stays is written anew once an hour, and one that changed at once', async () => {
  const [first = ''] = keys;
  own.set(first, '203.0.113.1');
  const writtenMs = async () => {
    await harness.run('candidates', 'places');
    return (await harness.store.places.lookedUp()).get(first)?.atMs;
  };
  assert.equal(await writtenMs(), NOON_MS);
  await harness.clock.advance(HOUR_MS - 1);
  assert.equal(await writtenMs(), NOON_MS);
  await harness.clock.advance(1);
  assert.equal(await writtenMs(), NOON_MS + HOUR_MS);
  await harness.clock.advance(1);
  own.set(first, '203.0.113.2');
  assert.equal(await writtenMs(), harness.clock.nowMs());
});

test('a candidate without an address, or one that is in no list, is not looked up; a shared address is looked up once', async () => {
  own.set(`0x${'77'.repeat(32)}`, '203.0.113.3');
  for (const key of keys.slice(0, 3)) own.set(key, '203.0.113.1');
  await harness.run('candidates', 'places');
  assert.deepEqual(asked, ['203.0.113.1']);
  assert.equal((await harness.store.places.lookedUp()).size, 3);
  assert.equal(
    await harness.detailOf('places'),
    `3 places of 3 candidates with an address, ${keys.length} in all`,
  );
});

test('if a list cannot be read, no candidate loses its place, and the stored list has no address', async () => {
  declare(['203.0.113.1']);
  await harness.run('candidates', 'places');
  assert.equal((await readNote(harness.store, 'candidates'))?.list.length, keys.length);
  assert.ok(!(await harness.store.notes.get('candidates'))?.includes('203.0.113'));
  harness.chainSays.list = 'torn';
  await harness.run('places');
  listFails = true;
  own.set(keys[1] ?? '', '203.0.113.2');
  await harness.run('places');
  const found = await harness.store.places.lookedUp();
  assert.deepEqual(
    keys.slice(0, 2).map((key) => found.get(key)?.place?.country),
    ['DE', 'FI'],
  );
});

test('without a table and without a program no lookup is made', async () => {
  const plain = await jobHarness({}, harness.clock);
  await plain.run('candidates', 'places');
  assert.match(await plain.detailOf('places'), /neither a table nor a program/);
  await plain.close();
});
