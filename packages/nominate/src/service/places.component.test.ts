import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createVirtualClock, temporaryFolder } from '@watchbill/kit/testing';
import { serviceShape } from './config.ts';
import { ServiceFault } from './files.ts';
import { checkPlaces, placesOf } from './places.ts';
import { readyConfig } from './ready.ts';

const FOLDER = temporaryFolder();
const SIGNAL = new AbortController().signal;
const STASH = `0x${'11'.repeat(32)}`;

const configOf = (places: unknown) =>
  serviceShape.parse({
    ...readyConfig({ network: 'local', topology: 'process', purpose: 'development' }),
    ...(places === undefined ? {} : { places }),
  });
const finderOf = (places: unknown) =>
  placesOf(configOf(places), FOLDER, createVirtualClock()) ?? assert.fail('it is configured');

test('no source is asked unless one is configured', () => {
  assert.equal(placesOf(configOf(undefined), FOLDER, createVirtualClock()), null);
});

test('a table and the file of addresses are found beside the configuration', async () => {
  writeFileSync(join(FOLDER, 'places.csv'), '203.0.113.0/24,DE\n');
  writeFileSync(join(FOLDER, 'addresses.json'), JSON.stringify({ [STASH]: '203.0.113.7' }));
  const finder = finderOf({ table: 'places.csv', addresses: 'addresses.json' });
  await checkPlaces(finder);
  assert.deepEqual([...(await finder.ownAddresses())], [[STASH, '203.0.113.7']]);
  const answer = (await finder.find(['203.0.113.7'], SIGNAL)).get('203.0.113.7');
  assert.ok(answer !== undefined && 'place' in answer && answer.place.country === 'DE');
});

test('a program is asked, and its answers are cached', async () => {
  const text = `
    let count = 0;
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id } = JSON.parse(line);
      count += 1;
      process.stdout.write(JSON.stringify({ id, place: { country: 'FI', city: 'question ' + count } }) + '\\n');
    });`;
  const finder = finderOf({ command: [process.execPath, '-e', text], timeoutSeconds: 60 });
  await checkPlaces(finder);
  const cityOf = async () => {
    const answer = (await finder.find(['203.0.113.7'], SIGNAL)).get('203.0.113.7');
    return answer !== undefined && 'place' in answer ? answer.place.city : answer?.why;
  };
  assert.equal(await cityOf(), 'question 1');
  assert.equal(await cityOf(), 'question 1');
  await finder.close();
});

test('an unusable source is a fault of the configuration, with the remedy', async () => {
  writeFileSync(join(FOLDER, 'torn.json'), '{');
  writeFileSync(join(FOLDER, 'wrong.csv'), '203.0.113.0/24,Germany\n');
  const wrong: Readonly<Record<string, object>> = {
    'not a valid table of places: it cannot be read': { table: 'missing.csv' },
    '"Germany" is not a country code': { table: 'wrong.csv' },
    'missing.json cannot be read': { table: 'wrong.csv', addresses: 'missing.json' },
    'torn.json is not a valid file of addresses': { table: 'wrong.csv', addresses: 'torn.json' },
  };
  for (const [text, places] of Object.entries(wrong))
    await assert.rejects(
      checkPlaces(finderOf(places)),
      (error) => error instanceof ServiceFault && error.message.includes(text) && error.remedy !== '',
      text,
    );
  for (const places of [
    {},
    { table: 'a', command: ['b'] },
    { tabel: 'a' },
    { table: 'a', timeoutSeconds: 0 },
  ])
    assert.throws(() => configOf(places));
});
