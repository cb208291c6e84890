import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from '../testing/fake-world.ts';

const { copy, json, nominate, refused, write } = await world();
const LIST = 'example-candidates.json';

test('a list without errors passes, and with --strict its warnings count', async () => {
  const ran = await nominate('candidates', 'lint', LIST);
  assert.equal(ran.code, 0);
  assert.match(ran.stdout, /^example-candidates\.json:\d+: warning operator-limit: "vang" /m);
  assert.match(
    ran.stdout,
    /24 entries by the rules of polkadot: 0 errors, 2 warnings, 0 notes\nthe list can be loaded\n$/,
  );
  assert.equal((await nominate('candidates', 'lint', LIST, '--strict')).code, 3);
});

test('an error is reported with its line and remedy, and ends with status 3', async () => {
  copy(LIST, 'double.json', '"name": "beacon"', '"name": "anchor"');
  const ran = await nominate('candidates', 'lint', 'double.json');
  assert.equal(ran.code, 3);
  assert.equal(ran.stderr, '');
  assert.match(ran.stdout, /^double\.json:12: error double-name: "anchor" .* on line 5 .*: rename one$/m);
  assert.match(ran.stdout, /the list is refused with them; 23 of 24 entries have none/);
  const told = await nominate('candidates', 'lint', 'double.json', '--json');
  const document = JSON.parse(told.stdout) as Record<string, unknown>;
  assert.equal(told.code, 3);
  assert.deepEqual(
    [document.clean, document.loadableCount, document.counts],
    [false, 23, { 'double-name': 1, 'operator-limit': 2 }],
  );
});

test('the list of another network is recognised', async () => {
  const ran = await nominate('candidates', 'lint', LIST, '--network', 'kusama');
  assert.equal(ran.code, 3);
  assert.match(ran.stdout, /prefix of another network; try --network polkadot\n$/);
});

test('a file that is not a list is refused, and a missing file is wrong usage', async () => {
  write('broken.json', '{\n  "candidates": [\n    { "slotId": }\n');
  const broken = await nominate('candidates', 'lint', 'broken.json');
  assert.equal(broken.code, 3);
  assert.match(broken.stdout, /^broken\.json:3: error not-json: /);
  await refused(2, /there is no file nowhere\.json/, 'candidates lint nowhere.json');
});

test('a hostile name reaches no terminal, in text and in JSON', async () => {
  const hostile = 'a\u001b[2J\u009b31m\u202egpj.exe';
  copy(LIST, 'hostile.json', '"name": "beacon"', `"name": ${JSON.stringify(hostile)}`);
  for (const more of [[], ['--json']]) {
    const { stdout, code } = await nominate('candidates', 'lint', 'hostile.json', ...more);
    assert.equal(code, 3);
    assert.doesNotMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\u202e]/u);
  }
  const { stdout } = await nominate('candidates', 'lint', 'hostile.json', '--json');
  assert.ok(stdout.includes('\\u009b31m\\u202egpj'));
  const { findings } = JSON.parse(stdout) as { findings: readonly { name: string | null }[] };
  assert.ok(findings.some(({ name }) => name === hostile));
});

test('JSON names the file, the network and every finding', async () => {
  const document = await json('candidates', 'lint', LIST);
  assert.deepEqual([document.file, document.network, document.entryCount], [LIST, 'polkadot', 24]);
});
