import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { harbour } from '../fake-harbour.ts';

test('a first file is one that the check takes, and is never overwritten', async (t) => {
  const { fleet, text, write, remove } = await harbour(null);
  t.after(remove);
  write('node', '');
  const neither = await fleet('simulate', 'init', '--command', './node');
  assert.equal(neither.code, 2);
  assert.match(neither.stderr, /--chain or --spec/);
  await text('simulate', 'init', '--command', './node', '--chain', 'westend-local', '--flag=--own=1');
  assert.equal(
    await text('simulate', '--check'),
    'simulation: 3 nodes, 7 steps, 0 parachains; nothing was started\n',
  );
  const again = await fleet('simulate', 'init', '--command', './node', '--chain', 'westend-local');
  assert.equal(again.code, 2);
  assert.match(again.stderr, /never overwritten/);
});

test('a first file of a program or a specification that is not there is refused, and nothing is written', async (t) => {
  const { cwd, fleet, write, remove } = await harbour(null);
  t.after(remove);
  write('chain.json', '{}');
  const noProgram = await fleet('simulate', 'init', '--command', 'nosuch', '--spec', 'chain.json');
  assert.equal(noProgram.code, 2);
  assert.match(noProgram.stderr, /there is no file \S+nosuch\n\s+where:\s+flag --command\n.*build or fetch/);
  write('node', '');
  const noSpec = await fleet('simulate', 'init', '--command', './node', '--spec', 'nosuch');
  assert.equal(noSpec.code, 2);
  assert.match(noSpec.stderr, /there is no file \S+nosuch\n\s+where:\s+flag --spec\n.*specification/);
  const folder = await fleet('simulate', 'init', '--command', '.', '--chain', 'dev');
  assert.equal(folder.code, 2);
  // Both are looked for from the folder of the new file, as a run does.
  const elsewhere = await fleet(
    'simulate',
    'init',
    '--command',
    './node',
    '--chain',
    'dev',
    '--out',
    'a/b.yaml',
  );
  assert.equal(elsewhere.code, 2);
  assert.match(elsewhere.stderr, /there is no file \S+a\/node/);
  assert.deepEqual(readdirSync(cwd).toSorted(), ['chain.json', 'node']);
});

const FILE = `format: watchbill/simulation/1
name: quayside
relay:
  command: ./node
  chain: dev
  nodes:
    - {name: alice, validator: true, invulnerable: true}
run:
  - {do: pause, node: carol}
  - {expect: peers, atLeats: 1}
`;

test('what is wrong is told with its line, the nearest name, and what to do', async (t) => {
  const { fleet, write, remove } = await harbour(null);
  t.after(remove);
  write('simulation.yaml', FILE);
  const shape = await fleet('simulate', '--check');
  assert.equal(shape.code, 2);
  assert.match(
    shape.stderr,
    /unknown key run\.1\.atLeats\n\s+where:\s+\S+simulation\.yaml:10:21\n.*did you mean atLeast\?/,
  );
  write('simulation.yaml', FILE.replace('atLeats', 'atLeast'));
  const meaning = await fleet('simulate', '--check');
  assert.equal(meaning.code, 2);
  assert.match(
    meaning.stderr,
    /alice: who cannot be slashed[\s\S]*simulation\.yaml:7:52[\s\S]*staking\.invulnerables/,
  );
  assert.match(meaning.stderr, /there is no node carol\n\s+where:\s+\S+simulation\.yaml:9:23/);
  write(
    'simulation.yaml',
    FILE.replace(', invulnerable: true', '').replace('carol', 'alice').replace('atLeats', 'atLeast'),
  );
  const absent = await fleet('simulate');
  assert.equal(absent.code, 2);
  assert.match(absent.stderr, /there is no \S+node\n\s+where:\s+\S+simulation\.yaml:4:12/);
});

test('parachains are rendered, and not run in silence', async (t) => {
  const { cwd, fleet, text, write, remove } = await harbour(null);
  t.after(remove);
  const parachain =
    'parachains:\n  - {id: 2000, chain: estuary, collators: [{name: dan, validator: true}]}\n';
  const relay = FILE.slice(0, FILE.indexOf('run:')).replace(', invulnerable: true', '');
  write('simulation.yaml', relay + parachain);
  const refused = await fleet('simulate', '--parachains', 'rendered');
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /checked and rendered here, not run[\s\S]*--without-parachains/);
  assert.ok(existsSync(join(cwd, 'rendered/2000.yaml')));
  assert.match(await text('render', '--file', 'rendered/2000.yaml', '--format', 'yaml'), /collator/);
  // A name that a pool of a network file cannot have is told at the parachain.
  write('simulation.yaml', relay + parachain.replace('chain: estuary', 'chain: "Not A Name"'));
  const wrong = await fleet('simulate', '--check');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /simulation\.yaml:9:5/);
});

const QUAY = `[relaychain]
chain = "westend-local"
default_command = "./polkadot"

[[relaychain.nodes]]
name = "alice"
image = "x"

[[relaychain.nodes]]
name = "bob"
`;

test('a specification of zombienet in TOML becomes a simulation, with a line for what is left out', async (t) => {
  const { fleet, text, read, write, remove } = await harbour(null);
  t.after(remove);
  write('network.toml', QUAY);
  const said = await text('simulate', 'import', '--from', 'network.toml', '--name', 'quayside');
  assert.match(
    said,
    /^note: network\.toml:7:1: relaychain\.nodes\.0\.image: left out: .*; write relay\.command$/m,
  );
  assert.match(read('simulation.yaml'), /chain: westend-local/);
  assert.match(await text('simulate', '--check'), /quayside: 2 nodes, 0 steps/);
  const again = await fleet('simulate', 'import', '--from', 'network.toml');
  assert.equal(again.code, 2);
  assert.match(again.stderr, /never overwritten/);
});

test('JSON and YAML are read as TOML is, and what has to be changed first ends with 3', async (t) => {
  const { fleet, read, write, remove } = await harbour(null);
  t.after(remove);
  write(
    'network.json',
    '{"relaychain": {"chain": "westend-local", "default_command": "./polkadot",\n "nodes": [{"name": "Alice_1", "db_snapshot": "x"}]}}',
  );
  write(
    'network.yaml',
    'relaychain:\n  chain: westend-local\n  default_command: ./polkadot\n  nodes:\n    - name: alice\n      db_snapshot: x\n',
  );
  const json = await fleet('simulate', 'import', '--from', 'network.json', '--out', 'one.yaml');
  assert.equal(json.code, 3, json.stderr);
  assert.match(
    json.stdout,
    /^refused: network\.json:2:13: relaychain\.nodes\.0\.name: relay\.nodes\.0\.name cannot be so/m,
  );
  assert.match(read('one.yaml'), /alice_1/);
  const yaml = await fleet('simulate', 'import', '--from', 'network.yaml', '--out', 'two.yaml', '--json');
  assert.equal(yaml.code, 3, yaml.stderr);
  const { refused, remarks } = JSON.parse(yaml.stdout) as { refused: number; remarks: readonly object[] };
  assert.equal(refused, 1);
  assert.deepEqual(remarks, [
    {
      kind: 'refused',
      where: 'network.yaml:6:7',
      subject: 'relaychain.nodes.0.db_snapshot',
      what: 'alice: nodes begin at block 0',
      remedy: 'take it away',
    },
  ]);
});

test('a test of zombienet becomes the steps of the simulation, line by line', async (t) => {
  const { fleet, text, read, write, remove } = await harbour(null);
  t.after(remove);
  write('network.toml', QUAY);
  write(
    'smoke.zndsl',
    'Description: quay\nNetwork: ./network.toml\nCreds: config\n\nalice: is up\nbob: reports block height is at least 3 within 90 seconds\nsleep 2 seconds\nbob: pause\nalice: js-script ./look.js\n',
  );
  const ran = await fleet('simulate', 'import', '--from', 'network.toml', '--tests', 'smoke.zndsl');
  assert.equal(ran.code, 3, ran.stderr);
  assert.match(ran.stdout, /^note: smoke\.zndsl:3:1: Creds: config: left out/m);
  assert.match(ran.stdout, /^refused: smoke\.zndsl:9:1: alice: js-script \.\/look\.js: no scripts are run/m);
  assert.match(await text('simulate', '--check'), /imported: 2 nodes, 4 steps/);
  assert.match(read('simulation.yaml'), /^# quay$/m);
});

test('what cannot be read is refused at its place, and nothing is written', async (t) => {
  const { cwd, fleet, write, remove } = await harbour(null);
  t.after(remove);
  write('broken.toml', 'relaychain = {}\nsettings = = 1\n');
  write('broken.json', '{"relaychain": {}\n "settings": 1}');
  write('empty.json', '{}');
  write('good.toml', QUAY);
  write('smoke.zndsl', 'Network: ./good.toml\n');
  for (const [args, why] of [
    [['broken.toml'], /where:\s+\S+broken\.toml:2:12/],
    [['broken.json'], /where:\s+\S+broken\.json:2:2/],
    [['absent.json'], /cannot be read/],
    [['empty.json'], /has no relaychain/],
    [['smoke.zndsl'], /is a test, not a network[\s\S]*--tests/],
    [['good.toml', '--tests', 'absent.zndsl'], /absent\.zndsl cannot be read/],
  ] as const) {
    const [file, ...more] = args;
    const refused = await fleet('simulate', 'import', '--from', file, ...more);
    assert.equal(refused.code, 2, refused.stdout);
    assert.match(refused.stderr, why);
  }
  assert.ok(!existsSync(join(cwd, 'simulation.yaml')));
});
