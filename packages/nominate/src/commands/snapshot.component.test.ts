import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestOfText } from '@watchbill/kit';
import { parse } from 'yaml';
import { decodeSnapshot } from '../index.ts';
import { openDatabaseOf, serviceShape } from '../service/index.ts';
import { world } from './testing/fake-world.ts';

interface Taken {
  readonly file: string;
  readonly digest: string;
  readonly candidateCount: number;
  readonly missing: readonly unknown[];
}

interface Checks {
  readonly candidates: readonly unknown[];
}

test('a snapshot without the service: checks and rounds take it, and no database appears', async () => {
  const { cwd, json, read } = await world();
  const taken = (await json('snapshot', '--out', 'taken.json')) as unknown as Taken;
  assert.equal(taken.file, 'taken.json');
  assert.equal(taken.digest, digestOfText(read('taken.json').replace(/\n$/, '')));
  assert.deepEqual(taken.missing, []);
  assert.equal(existsSync(join(cwd, 'programme.db')), false);
  const { candidates } = (await json('check', '--snapshot', 'taken.json')) as unknown as Checks;
  assert.equal(candidates.length, taken.candidateCount);
  assert.ok(candidates.length > 0);
  const planned = await json('round', 'plan', '--snapshot', 'taken.json', '--out', 'round.json');
  assert.equal(planned.file, 'round.json');
});

test('it reads places and history from the database of the service, and stores no snapshot there', async () => {
  const { cwd, json, read } = await world();
  const config = serviceShape.parse(parse(read('nominate.yaml')));
  const store = await openDatabaseOf(config, cwd, Date.now);
  const found = decodeSnapshot(read('example-snapshot.json'));
  assert.ok(found.ok);
  const stashKey = found.snapshot.candidates[0]?.candidate.stashKey ?? '';
  await store.places.put(
    stashKey,
    { city: 'Reykjavik', region: '', country: 'Iceland', provider: '' },
    found.snapshot.takenAtMs,
  );
  await json('snapshot', '--out', 'taken.json');
  assert.equal(await store.snapshots.newest(), null);
  await store.close();
  const taken = decodeSnapshot(read('taken.json'));
  assert.ok(taken.ok);
  assert.match(JSON.stringify(taken.snapshot.candidates[0]?.place), /Reykjavik/);
});

test('it takes the candidates of the list, not those of the recording', async () => {
  const { json, read, write } = await world();
  const list = JSON.parse(read('example-candidates.json')) as { readonly candidates: readonly unknown[] };
  write('example-candidates.json', JSON.stringify({ ...list, candidates: list.candidates.slice(0, 3) }));
  const taken = (await json('snapshot', '--out', 'taken.json')) as unknown as Taken;
  assert.equal(taken.candidateCount, 3);
});

test('a file that exists is kept, and a broken list is refused with its line', async () => {
  const { copy, cwd, refused, write } = await world();
  write('old.json', 'mine');
  await refused(2, /old\.json exists already/, 'snapshot --out old.json');
  copy('example-candidates.json', 'example-candidates.json', /"stash": *"[^"]{4}/, '"stash":"1111');
  await refused(2, /line \d+: error bad-stash/, 'snapshot --out new.json');
  assert.equal(existsSync(join(cwd, 'new.json')), false);
});

test('a staking chain that does not answer: status 5, the setting, and no file', async () => {
  const { copy, cwd, refused } = await world();
  copy('nominate.yaml', 'nominate.yaml', /^chains:\n( .*\n)+/m, 'chains:\n  staking: [ws://127.0.0.1:9]\n');
  await refused(5, /chains\.staking/, 'snapshot --out new.json');
  assert.equal(existsSync(join(cwd, 'new.json')), false);
});
