import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { harbour } from '../fake-harbour.ts';

const REPORT = {
  format: 'watchbill/sweep-report/1',
  settings: {
    programSha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    chain: 'chain-{validators}.json',
    flags: [],
    keyTypes: { babe: 'sr25519', gran: 'ed25519', imon: 'sr25519', audi: 'sr25519' },
    names: ['alice', 'bob', 'charlie', 'dave', 'eve', 'ferdie'],
    warmupBlocks: 5,
    blocks: 20,
  },
  machine: { platform: 'linux x64', cpus: 4, memoryGiB: 8 },
  results: [
    {
      validators: 1,
      outcome: 'measured',
      firstBlock: 6,
      lastBlock: 6,
      lagMs: { samples: 1, mean: 1500, p50: 1500, p99: 1500, longest: 1500 },
      longestGapMs: null,
      blockTimeMs: null,
      finalisedPerSecond: null,
      blocks: [{ number: 6, hash: '0x00', lagMs: { alice: 1500 } }],
      tookSeconds: 9,
      at: '2026-11-21T05:00:00.000Z',
    },
    {
      validators: 2,
      outcome: 'failed',
      why: 'it did not start',
      remedy: 'look at its log',
      tookSeconds: 9,
      at: '2026-11-21T05:00:10.000Z',
    },
  ],
};

test('a report is shown as a table; what is none is refused', async (t) => {
  const { text, fleet, write, remove } = await harbour(null);
  t.after(remove);
  write('sweep.json', JSON.stringify(REPORT));
  const shown = await text('simulate', 'sweep', '--show', 'sweep.json');
  assert.match(shown, /^import to finality, 20 blocks after block 5; 4 cores/);
  assert.match(shown, /^1 +1 +1\.50 s +1\.50 s +1\.50 s +1\.50 s +- +- +-$/m);
  assert.match(shown, /^2 +failed +it did not start$/m);
  assert.deepEqual(JSON.parse(await text('simulate', 'sweep', '--show', 'sweep.json', '--json')), REPORT);
  write('other.json', '{"format": "watchbill/other/1"}');
  write('broken.json', '{');
  for (const file of ['other.json', 'broken.json', 'absent.json'])
    assert.equal((await fleet('simulate', 'sweep', '--show', file)).code, 2, file);
});

test('what cannot be measured is refused before anything is started or written', async (t) => {
  const { cwd, fleet, write, remove } = await harbour(null);
  t.after(remove);
  write('node', '');
  write('chain-1.json', '{}');
  const node = ['--command', './node'];
  const spec = ['--spec', 'chain-{validators}.json'];
  for (const [args, why] of [
    [[], /no node is named/],
    [['--command', './absent', ...spec], /there is no \S+absent/],
    [node, /no chain is named/],
    [[...node, ...spec, '--chain', 'dev'], /more than one chain/],
    [[...node, ...spec, '--sizes', '1,2'], /there is no \S+chain-2\.json, for 2 validators/],
    [[...node, ...spec, '--sizes', '1,7'], /"7" is no whole number of sizes from 1 to 6/],
    [[...node, ...spec, '--sizes', ','], /--sizes is empty/],
    [[...node, ...spec, '--sizes', '1', '--names', 'alice,alice'], /a name is there twice/],
    [[...node, ...spec, '--sizes', '1', '--names', 'Al Ice'], /relay\.nodes\.0\.name cannot be so/],
    [[...node, ...spec, '--sizes', '1', '--flag=--alice'], /--alice is refused[\s\S]*relay\.args\.0/],
    [[...node, ...spec, '--sizes', '1', '--keys', 'babe,x'], /cannot be so/],
    [[...node, ...spec, '--sizes', '1', '--blocks', '0'], /"0" is no whole number of blocks from 1/],
    [[...node, ...spec, '--sizes', '1', '--warmup', '1.5'], /"1.5" is no whole number/],
  ] as const) {
    const refused = await fleet('simulate', 'sweep', ...args);
    assert.equal(refused.code, 2, `${args.join(' ')}: ${refused.stdout}`);
    assert.match(refused.stderr, why);
  }
  assert.ok(!existsSync(join(cwd, 'sweep.json')));
});

test('a report is never overwritten, and gone on with only by the same settings', async (t) => {
  const { fleet, read, text, write, remove } = await harbour(null);
  t.after(remove);
  write('node', '');
  write('chain-1.json', '{}');
  write('sweep.json', JSON.stringify(REPORT));
  const args = [
    'simulate',
    'sweep',
    '--command',
    './node',
    '--spec',
    'chain-{validators}.json',
    '--sizes',
    '1',
  ];
  const over = await fleet(...args);
  assert.equal(over.code, 2);
  assert.match(over.stderr, /never overwritten[\s\S]*--continue/);
  const other = await fleet(...args, '--continue', '--blocks', '21');
  assert.equal(other.code, 2);
  assert.match(other.stderr, /measured with another blocks/);
  // Size 1 is measured: there is nothing to start.
  assert.match(await text(...args, '--continue'), /^1 +1 +1\.50 s/m);
  assert.deepEqual(JSON.parse(read('sweep.json')), REPORT);
});

test('a size whose network cannot be made is kept as failed, and the next is tried', async (t) => {
  const { fleet, read, write, remove } = await harbour(null);
  t.after(remove);
  write('node', '');
  for (const size of [1, 2]) write(`chain-${size}.json`, 'no specification');
  const args = ['--command', './node', '--spec', 'chain-{validators}.json', '--sizes', '2,1'];
  const ran = await fleet('simulate', 'sweep', ...args, '--report', 'mine.json');
  assert.equal(ran.code, 1, ran.stdout);
  assert.match(ran.stderr, /not measured: 1: the specification is not JSON.*; 2: /);
  const { results } = JSON.parse(read('mine.json')) as { results: readonly { outcome: string }[] };
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ['failed', 'failed'],
  );
});
