import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SNAPSHOT, world } from '../testing/fake-world.ts';

const { copy, cwd, json, nominate, read, refused, write } = await world();
const PLAN = ['round', 'plan', ...SNAPSHOT] as const;
await json(...PLAN, '--out', 'round.json');

test('plan shows who nominates whom, and stores only where told to', async () => {
  const ran = await nominate(...PLAN);
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /^round of era 2200 on polkadot: 24 candidates, 18 eligible, 10 nominated$/m);
  assert.match(ran.stdout, /^example nominator 1 +nominates +5 of 5 /m);
  assert.match(ran.stdout, /^example nominator 2 +5 +\d+ +\w+ +\d+ +\d+\.\d\d$/m);
  assert.match(ran.stdout, /^capped +1 +a limit per identity/m);
  assert.match(ran.stdout, /not stored.*not sent\n$/);
  await refused(2, /never overwritten\n +where: +flag --out/, ...PLAN, '--out', 'round.json');
});

test('replay finds the same bytes, and a record that was altered', async () => {
  const { digest } = await json(...PLAN);
  assert.deepEqual(await json('round', 'replay', 'round.json'), {
    file: 'round.json',
    result: 'same',
    digest,
  });
  copy('round.json', 'altered.json', '\\"rank\\":104', '\\"rank\\":105');
  const altered = await nominate('round', 'replay', 'altered.json');
  assert.equal(altered.code, 3);
  assert.match(altered.stdout, /first difference is at character \d+\nstored: .*105.*\ncomputed: .*104/);
  copy('round.json', 'cut.json', '\\"version\\":1', '\\"version\\":2');
  await refused(2, /version: .*\n +where: +cut\.json/, 'round replay cut.json');
  assert.match(
    (await nominate('round', 'replay', 'example-snapshot.json')).stderr,
    /this is not a stored round/,
  );
});

test('explain says for each kind of fate what decided', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['beacon', /^a check failed: self-stake: .*\nto do: bond /m],
    ['5', /^a check could not be decided.*identities could not be read/m],
    ['yardarm', /^it is a target .* by example nominator 1, as target 1$/m],
    ['oakum', /^a limit per identity.* 2 with the same identity/m],
    ['#22', /^all places went to candidates before it[\s\S]*points less than the last/m],
  ];
  for (const [who, pattern] of cases) {
    const ran = await nominate('round', 'explain', 'round.json', who);
    assert.equal(ran.code, 0, who);
    assert.match(ran.stdout, pattern);
  }
  const told = await json('round', 'explain', 'round.json', 'oakum');
  assert.equal((told.candidate as { decision: { code: string } }).decision.code, 'capped');
  await refused(2, /there is no such candidate\n +where: +round\.json/, 'round explain round.json titanic');
});

test('next is who comes after the last that was taken', async () => {
  const ran = await nominate('next', 'round.json', '--limit', '2');
  assert.equal(ran.stdout.split('\n').length, 4);
  assert.match(ran.stdout, /^3 +14 +oakum +\d+\.\d\d +capped /m);
  const { candidates } = (await json('next', 'round.json')) as unknown as { candidates: readonly unknown[] };
  assert.equal(candidates.length, 8);
  assert.equal((await nominate('next', 'round.json', '--limit', '0')).code, 2);
});

test('backtest says who would have gained and who lost', async () => {
  write(
    'change.yaml',
    'caps:\n  perRound: { identity: 3, operator: 3 }\n  perSlice: { identity: 3, operator: 3 }\n',
  );
  const { candidates, rounds } = (await json('backtest round.json --change change.yaml')) as unknown as {
    candidates: readonly { name: string; gained: number; lost: number }[];
    rounds: readonly { file: string; gained: readonly string[] }[];
  };
  assert.deepEqual(candidates.find(({ name }) => name === 'oakum')?.gained, 1);
  assert.equal(
    candidates.reduce((sum, { lost }) => sum + lost, 0),
    1,
  );
  assert.deepEqual([rounds[0]?.file, rounds[0]?.gained.length], ['round.json', 1]);
  const ran = await nominate('backtest', 'round.json', '--change', 'change.yaml');
  assert.match(ran.stdout, /^round\.json +2200 +1 +1 +0$/m);
  assert.match(ran.stdout, /^2 candidates of 1 round would have another result$/m);
});

test('a round that is named twice, or as a copy, is refused: it would count twice', async () => {
  write('none.yaml', '');
  write('again.json', read('round.json'));
  write('feed.json', `${read('round.json')}\n`);
  for (const other of ['round.json', './round.json', 'again.json', 'feed.json']) {
    const ran = await refused(
      2,
      /is the same round as round\.json, and would count twice\n +where: +\S*(round|again|feed)\.json/,
      'backtest round.json',
      other,
      '--change',
      'none.yaml',
    );
    assert.equal(ran.stdout, '');
  }
});

test('of three that store a round in one file at once, one does, and the others say that it is there', async () => {
  const ran = await Promise.all([1, 2, 3].map(() => nominate(...PLAN, '--out', 'raced.json')));
  assert.deepEqual(ran.map(({ code }) => code).sort(), [0, 2, 2]);
  for (const { code, stderr } of ran)
    if (code !== 0)
      assert.match(
        stderr,
        /raced\.json(: it)? exists already and is never overwritten\n +where: .*\n.*name a new/,
      );
  assert.equal(read('raced.json'), read('round.json'));
});

test('a change or a round that cannot be used is named', async () => {
  write('colour.yaml', 'caps: {}\ncolour: red\n');
  write('none.yaml', '');
  copy('round.json', 'odd.json', '"record":"', '"record":"x');
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['round.json', '--change', 'colour.yaml'], /"colour"\n +where: +colour\.yaml:2:1/],
    [
      ['round.json', 'example-snapshot.json', '--change', 'none.yaml'],
      /not a stored round\n +where: +example-snapshot/,
    ],
    [['round.json', 'odd.json', '--change', 'none.yaml'], /cannot be read\n +where: +odd\.json/],
    [['round.json', '--change', 'nowhere.yaml'], /there is no file nowhere\.yaml/],
    [['round.json'], /--change <file> is missing/],
  ];
  for (const [args, pattern] of cases) {
    const ran = await refused(2, pattern, 'backtest', ...args);
    assert.equal(ran.stdout, '');
  }
});

test('no round: exit 3 where the rules say no, 4 where a fact is missing, 2 where files do not fit', async () => {
  copy('programme.yaml', 'rare.yaml', 'everyEras: 1\n', 'everyEras: 20\n');
  await refused(
    3,
    /no nominator is due[\s\S]*code: +nobody-due\n.*it nominated 10 eras ago/,
    ...PLAN,
    '--programme',
    'rare.yaml',
    '--out',
    'none.json',
  );
  assert.ok(!existsSync(join(cwd, 'none.json')));
  assert.equal((await nominate(...PLAN, '--programme', 'rare.yaml', '--force')).code, 0);

  copy(
    'example-snapshot.json',
    'seedless.json',
    /"firstBlock":\{[^}]*\{[^}]*\}\}/,
    '"firstBlock":{"from":"relay","known":false,"reason":"pruned"}',
  );
  const seedless = await nominate('round', 'plan', '--snapshot', 'seedless.json', '--json');
  assert.equal(seedless.code, 4, seedless.stderr);
  const { error } = JSON.parse(seedless.stderr) as { error: { code: string; exitCode: number } };
  assert.deepEqual([error.code, error.exitCode], ['no-public-seed', 4]);

  copy('example-snapshot.json', 'old.json', /("staking":\{"atMs":)\d+(,"block":\{)/, '$11790000000000$2');
  await refused(
    4,
    /code: +old-heads\n.*the head of staking is \d+ d \d+ h old; take another snapshot/,
    'round plan --snapshot old.json',
  );
  assert.equal((await nominate('round', 'plan', '--snapshot', 'old.json', '--any-age')).code, 0);

  copy('programme.yaml', 'module.yaml', 'modules: []', `modules: [{ id: own, sha256: "${'0'.repeat(64)}" }]`);
  await refused(
    2,
    /module that the programme names is not loaded[\s\S]*own with SHA-256 0{64}/,
    ...PLAN,
    '--programme',
    'module.yaml',
  );
});

test('a stored round needs no other file', async () => {
  const elsewhere = await world(null);
  elsewhere.write('copy.json', read('round.json'));
  assert.equal((await elsewhere.nominate('round', 'replay', 'copy.json')).code, 0);
});
