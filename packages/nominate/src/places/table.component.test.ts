import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '@watchbill/kit/testing';
import { tableSource } from './table.ts';

const FOLDER = temporaryFolder();
const SIGNAL = new AbortController().signal;

function file(name: string, text: string | Buffer): string {
  const path = join(FOLDER, name);
  writeFileSync(path, text);
  return path;
}

async function countryOf(source: ReturnType<typeof tableSource>, address: string): Promise<string> {
  const answer = (await source.lookUp([address], SIGNAL)).get(address);
  assert.ok(answer !== undefined);
  return 'place' in answer ? answer.place.country : answer.why;
}

test('a table is read from a file, plain or compressed, and again once it was changed', async () => {
  const path = file('places.csv', '203.0.113.0/24,DE\n');
  const source = tableSource(path);
  assert.equal(await countryOf(source, '203.0.113.7'), 'DE');
  assert.equal(await countryOf(source, '203.0.112.7'), 'the table of places has no network with its address');
  renameSync(file('next.csv', gzipSync('203.0.113.0/24,FI\n')), path);
  assert.equal(await countryOf(source, '203.0.113.7'), 'FI');
  writeFileSync(path, '203.0.113.0/24,Finland\n');
  await assert.rejects(
    source.check(),
    /places.csv is not a valid table of places: line 1: "Finland" is not a country code; write its two letters/,
  );
  writeFileSync(path, '203.0.113.0/24,SE\n');
  assert.equal(await countryOf(source, '203.0.113.7'), 'SE');
});

test('a table that is missing, too large, or unpacks to too much is refused, with the remedy', async () => {
  await assert.rejects(
    tableSource(join(FOLDER, 'missing')).check(),
    /missing is not a valid table of places: it cannot be read; check that it exists/,
  );
  await assert.rejects(tableSource(FOLDER).check(), /is not a valid table of places: it is not a file/);
  const text = '203.0.113.0/24,DE\n';
  await tableSource(file('fits.csv', text), text.length).check();
  await assert.rejects(
    tableSource(file('large.csv', `${text}#`), text.length).check(),
    /it has more than 18 bytes; leave out/,
  );
  const bomb = file('bomb.gz', gzipSync('#'.repeat(100_000)));
  await assert.rejects(tableSource(bomb, 10_000).check(), /it cannot be unpacked to at most 10000 bytes/);
  await assert.rejects(
    tableSource(file('torn.gz', gzipSync(text).subarray(0, 20))).check(),
    /it cannot be unpacked/,
  );
});
