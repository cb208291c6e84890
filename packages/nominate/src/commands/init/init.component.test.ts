import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { decodeProgramme, decodeSnapshot, encodeProgramme, presetProgramme } from '../../index.ts';
import { SNAPSHOT, world } from '../testing/fake-world.ts';

const STASH = '5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty';
const STASH_KEY = '0x8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48';

for (const network of ['polkadot', 'kusama'] as const) {
  for (const profile of ['fair', '1kv'] as const) {
    test(`the file for ${network} by ${profile} is the preset, with comments`, async () => {
      const { json, read } = await world(null);
      const flags = ['--network', network, '--profile', profile];
      await json(
        'init',
        ...flags,
        '--nominator',
        `west ${STASH}`,
        '--nominator',
        `east  pier 0x${'12'.repeat(32)}`,
      );
      const text = read('programme.yaml');
      const decoded = decodeProgramme(JSON.stringify(parse(text)));
      assert.ok(decoded.ok);
      const nominators = [
        { name: 'west', stashKey: STASH_KEY },
        { name: 'east  pier', stashKey: `0x${'12'.repeat(32)}` },
      ];
      assert.equal(
        encodeProgramme(decoded.programme),
        encodeProgramme(presetProgramme({ network, profile }, nominators)),
      );
      for (const key of Object.keys(parse(text) as object))
        assert.match(text, new RegExp(`^# .+\\n${key}:`, 'm'), `${key} has a comment`);
    });

    test(`the example for ${network} by ${profile} shows every kind of verdict and a full round`, async () => {
      const { json, read } = await world(['--network', network, '--profile', profile]);
      const { candidates } = (await json('check', ...SNAPSHOT)) as unknown as Checks;
      const verdicts = new Set(candidates.map(({ verdict, eligible }) => `${verdict} ${eligible}`));
      const all = ['invalid false', 'undecided false', 'undecided true', 'valid true'];
      assert.deepEqual([...verdicts].sort(), all);
      const { record } = (await json('round', 'plan', ...SNAPSHOT)) as unknown as Plan;
      assert.equal(record.nominatedCount, 10);
      const snapshot = decodeSnapshot(read('example-snapshot.json'));
      assert.ok(snapshot.ok);
      assert.deepEqual(snapshot.snapshot.notes, ['an example: every fact in it is invented']);
      const lint = await json('candidates', 'lint', 'example-candidates.json', '--network', network);
      assert.equal(lint.loadableCount, candidates.length);
    });
  }
}

interface Checks {
  readonly candidates: readonly { readonly verdict: string; readonly eligible: boolean }[];
}

interface Plan {
  readonly record: { readonly nominatedCount: number };
}

test('the example is the same every time', async () => {
  const [one, two] = [await world(), await world()];
  const files = readdirSync(one.cwd).sort();
  assert.deepEqual(files, [
    'example-candidates.json',
    'example-snapshot.json',
    'nominate.yaml',
    'programme.yaml',
  ]);
  for (const file of files) assert.equal(one.read(file), two.read(file), file);
});

test('files are never overwritten, and all are made or none', async () => {
  const { cwd, read, refused, write } = await world(null);
  write('example-snapshot.json', 'mine');
  await refused(2, /example-snapshot\.json exists already/, 'init --example');
  assert.deepEqual(readdirSync(cwd), ['example-snapshot.json']);
  assert.equal(read('example-snapshot.json'), 'mine');
});

test('nominators that cannot be used are named, and no file is made', async () => {
  const { cwd, refused } = await world(null);
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /a programme needs a nominator[\s\S]*--example/],
    [['--nominator', 'west'], /flag --nominator "west"/],
    [['--nominator', `west ${STASH.replace('5F', '5G')}`], /that is not a nominator/],
    [['--nominator', `a ${STASH}`, '--nominator', `b ${STASH_KEY}`], /the same stash[\s\S]*"b …"/],
    [['--nominator', `a ${STASH}`, '--example'], /brings its own nominators/],
    [['--network', 'moonbeam'], /give one of: kusama, polkadot/],
  ];
  for (const [args, pattern] of cases) {
    await refused(2, pattern, 'init', ...args);
  }
  assert.deepEqual(readdirSync(cwd), []);
});

test('the commands that init prints work, also from another folder', async () => {
  const { json, nominate } = await world(null);
  const { next } = (await json('init', '--example', '--dir', 'desk')) as unknown as {
    next: readonly string[];
  };
  const commands = next.map((step) => step.replace(/^.*: watchbill nominate /, '').split(' '));
  assert.equal(commands.length, 3);
  for (const args of commands) {
    const ran = await nominate(...args);
    assert.equal(ran.code, 0, ran.stderr);
  }
});

test('without an example, the steps name a command for each file that is missing', async () => {
  const { json, nominate } = await world(null);
  const { next } = (await json('init', '--dir', 'desk', '--nominator', `west ${STASH}`)) as unknown as {
    next: readonly string[];
  };
  const take = next.findIndex((step) => step.includes('watchbill nominate snapshot'));
  assert.match(next[take] ?? '', /snapshot --config desk\/nominate\.yaml --out snapshot\.json$/);
  const users = next.filter((step) => step.includes('--snapshot snapshot.json'));
  assert.equal(users.length, 2);
  assert.ok(users.every((step) => next.indexOf(step) > take));
  const args = (next[take] ?? '').replace(/^.*: watchbill nominate /, '').split(' ');
  const ran = await nominate(...args);
  // The list of the candidates is the user's, and does not exist yet.
  assert.match(ran.stderr, /desk\/candidates\.json cannot be read/);
});

test('--chain names a chain that runs, belongs to --example, and its record has a form', async () => {
  const { cwd, nominate, write } = await world(null);
  const hash = `0x${'45'.repeat(32)}`;
  const genesis = { staking: hash, relay: hash, identity: hash };
  // No process listens there.
  const url = 'ws://127.0.0.1:9';
  const nominator = { name: 'west', stashKey: STASH_KEY, way: 'direct', keyFile: 'k', passphraseFile: 'p' };
  const record = {
    version: 1,
    network: { name: 'local', prefix: 42, decimals: 12, symbol: 'UNIT' },
    chains: { staking: url, relay: url, identity: url, genesis },
    candidates: 'candidates.json',
    nominators: [nominator],
  };
  const cases: readonly (readonly [object, readonly string[], RegExp, number?])[] = [
    [
      record,
      ['--chain', '.', '--network', 'kusama', '--nominator', `a ${STASH}`],
      /--chain belongs to --example/,
    ],
    [record, ['--example', '--chain', '.'], /do not run[\s\S]*nominate:local/, 5],
    [record, ['--example', '--chain', 'nowhere'], /nowhere[\s\S]*nominate:local/],
    [{ ...record, nominators: [] }, ['--example', '--chain', '.'], /chain\.json/],
  ];
  for (const [content, args, pattern, code = 2] of cases) {
    write('chain.json', JSON.stringify(content));
    const ran = await nominate('init', ...args);
    assert.equal(ran.code, code, `${args.join(' ')}: ${ran.stdout}`);
    assert.match(ran.stderr, pattern);
  }
  assert.deepEqual(readdirSync(cwd), ['chain.json']);
});
