import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeSnapshot } from '../index.ts';
import { SNAPSHOT, world } from './testing/fake-world.ts';

const { copy, cwd, json, nominate, read, refused, write } = await world();

test('check says of each candidate what came out and why', async () => {
  const ran = await nominate('check', ...SNAPSHOT);
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /^0 +anchor +valid +yes$/m);
  assert.match(ran.stdout, /^1 +beacon +invalid +no +failed: self-stake$/m);
  assert.match(ran.stdout, /^4 +ensign +undecided +yes +not known: identity$/m);
  assert.match(ran.stdout, /^5 +fathom +undecided +no +not known: identity$/m);
  const some = await nominate('check', ...SNAPSHOT, '--verdict', 'undecided');
  assert.deepEqual(some.stdout.match(/^[0-9]+ +[a-z]+(?= )/gm), ['4     ensign', '5     fathom']);
  assert.match(ran.stdout, /^24 candidates: 17 valid, 5 invalid, 2 undecided$/m);
});

test('a figure of a snapshot that was changed is another snapshot: check and plan say its digest', async () => {
  copy('example-snapshot.json', 'figure.json', '"name":"anchor"', '"name":"ancho"');
  const digests = [read('example-snapshot.json'), read('figure.json')].map((text) =>
    createHash('sha256').update(text).digest('hex'),
  );
  for (const [at, file] of ['example-snapshot.json', 'figure.json'].entries()) {
    const line = new RegExp(`^snapshot ${digests[at]}$`, 'm');
    for (const command of [['check'], ['round', 'plan']])
      assert.match((await nominate(...command, '--snapshot', file)).stdout, line);
    assert.equal((await json('check', '--snapshot', file)).snapshot, digests[at]);
  }
});

test('check of one candidate shows all results, the remedy and the evidence; its verdict is the exit status', async () => {
  const ran = await nominate('check', ...SNAPSHOT, '--candidate', 'beacon');
  assert.equal(ran.code, 3);
  assert.match(ran.stdout, /^self-stake +FAIL +\S+ DOT are bonded, at least 10000 DOT are asked for$/m);
  assert.match(ran.stdout, /^to do for self-stake: bond \S+ DOT more/m);
  assert.match(ran.stdout, /^self-stake +selfStake +\S+ DOT +staking, block 9000000 +6 s$/m);
  assert.equal((await nominate('check', ...SNAPSHOT, '--candidate', 'fathom')).code, 4);
  assert.equal((await nominate('check', ...SNAPSHOT, '--candidate', 'anchor')).code, 0);
});

test('a candidate is found by name, slot, address of any prefix, and key', async () => {
  const snapshot = decodeSnapshot(read('example-snapshot.json'));
  assert.ok(snapshot.ok);
  const { stash = '', stashKey = '' } = snapshot.snapshot.candidates[0]?.candidate ?? {};
  for (const who of ['anchor', '0', '#0', stash, stashKey])
    assert.equal((await json('check', ...SNAPSHOT, '--candidate', who)).name, 'anchor', who);
  await refused(2, /there is no such candidate/, 'check', ...SNAPSHOT, '--candidate', 'a\u001b[2J');
});

test('score is the order, and the parts of one', async () => {
  const { scores } = (await json('score', ...SNAPSHOT)) as unknown as {
    scores: readonly { name: string; total: number }[];
  };
  assert.equal(scores.length, 18);
  const [first, second] = scores;
  assert.ok(first !== undefined && second !== undefined && first.total >= second.total);
  const ran = await nominate('score', ...SNAPSHOT, '--limit', '2');
  assert.match(ran.stdout, new RegExp(`^1 +${first.name} +${first.total.toFixed(2)}$`, 'm'));
  assert.match(ran.stdout, /^18 eligible candidates, 16 not shown/m);
  const one = await nominate('score', ...SNAPSHOT, '--candidate', first.name);
  assert.match(one.stdout, new RegExp(`^total +${first.total.toFixed(2)} `, 'm'));
  await refused(3, /"beacon" is not eligible/, 'score', ...SNAPSHOT, '--candidate', '1');
});

test('each mistake of a programme is reported with its line', async () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['profile: fair', 'profile: fair\n"a\u001b\u009b2Jb": 1', /Unrecognized key: "a\S*\\u009b2Jb"/],
    ['profile: fair', 'profil: fair', /Unrecognized key: "profil"\n +where: +bad\.yaml:49:1\n/],
    [
      'bonded: 50',
      'bonded: fifty',
      /weights\.weights\.bonded: expected number.*\n +where: +bad\.yaml:55:13\n/,
    ],
    ['- id: online', '- id: onlin', /there is no check "onlin".*\n +where: +bad\.yaml:75:7\n/],
    [
      'perbill: 150000000',
      'perbil: 1',
      /checks\.checks\.6\.parameters: .*"perbil"\n +where: +bad\.yaml:95:9\n/,
    ],
    [
      'network: polkadot',
      'network: kusama',
      /for kusama, but the snapshot is of polkadot\n +where: +bad\.yaml:10:10\n/,
    ],
    ['name: "example', 'name: [example', /not valid YAML.*\n +where: +bad\.yaml:/],
  ];
  for (const [before, after_, pattern] of cases) {
    copy('programme.yaml', 'bad.yaml', before, after_);
    const ran = await nominate('check', ...SNAPSHOT, '--programme', 'bad.yaml');
    assert.equal(ran.code, 2, before);
    assert.equal(ran.stdout, '');
    assert.match(ran.stderr, pattern);
  }
});

test('a snapshot that was touched, or is something else, is refused', async () => {
  copy('example-snapshot.json', 'touched.json', '"version":1', '"version": 1');
  copy('example-snapshot.json', 'absurd.json', '"commissionPerbill":100000000', '"commissionPerbill":-1');
  write('other.json', '{}');
  const cases: readonly (readonly [string, RegExp])[] = [
    ['touched.json', /not the canonical text/],
    ['absurd.json', /candidates\.0\.prefs\.value\.commissionPerbill: .*\n +where: +absurd\.json\n/],
    ['other.json', /this is not a snapshot/],
    ['programme.yaml', /it is not JSON/],
    ['nowhere.json', /there is no file nowhere\.json.*\n.*\n.*--example/],
  ];
  for (const [file, pattern] of cases) {
    await refused(2, pattern, 'check --snapshot', file);
  }
  writeFileSync(
    join(cwd, 'latin.json'),
    Buffer.from(read('example-snapshot.json').replace('anchor', 'anch\u00f6r'), 'latin1'),
  );
  await refused(2, /latin\.json is not a text file in UTF-8/, 'check --snapshot latin.json');
  // The one exception: the line feed that an editor or `jq` adds at the end.
  write('feed.json', `${read('example-snapshot.json')}\n`);
  assert.equal((await nominate('check', '--snapshot', 'feed.json')).code, 0);
});

test('hostile names of a snapshot are escaped', async () => {
  copy('example-snapshot.json', 'hostile.json', '"name":"anchor"', '"name":"\u202eanchor\u009b2J"');
  for (const args of [
    ['check'],
    ['score'],
    ['round', 'plan'],
    ['check', '--json'],
    ['check', '--candidate', '0'],
  ]) {
    const { stdout, code } = await nominate(...args, '--snapshot', 'hostile.json');
    assert.equal(code, 0);
    assert.doesNotMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\u202e]/u, args.join(' '));
  }
});

test('a check of one’s own is loaded and judges', async () => {
  write(
    'own.mjs',
    `export const check = {
  id: 'no-b', about: 'Fails names that begin with b.',
  run: ({ record }) => record.candidate.name.startsWith('a')
    ? { outcome: 'fail', message: 'it begins with a', remedy: 'rename it', evidence: [] }
    : { outcome: 'pass', message: 'fine', remedy: null, evidence: [] },
};
`,
  );
  copy('programme.yaml', 'own.yaml', '    - id: online\n', '    - id: no-b\n    - id: online\n');
  const without = await nominate('check', ...SNAPSHOT, '--programme', 'own.yaml');
  assert.match(without.stderr, /there is no check "no-b"/);
  const own = [...SNAPSHOT, '--programme', 'own.yaml', '--module', 'own.mjs'];
  assert.equal((await nominate('check', ...own, '--candidate', 'anchor')).code, 3);
  await refused(2, /flag --module nowhere\.mjs/, 'check', ...SNAPSHOT, '--module', 'nowhere.mjs');
});
