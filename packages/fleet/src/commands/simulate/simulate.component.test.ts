import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { harbour } from '../testing/fake-harbour.ts';

test('a first file is one that the check takes, and is never overwritten', async () => {
  const { refused, text, write } = await harbour(null);
  write('node', '');
  await refused(2, /--chain or --spec/, 'simulate init --command ./node');
  await text('simulate', 'init', '--command', './node', '--chain', 'westend-local', '--flag=--own=1');
  assert.equal(
    await text('simulate', '--check'),
    'simulation: 3 nodes, 7 steps, 0 parachains; no node was started\n',
  );
  await refused(2, /never overwritten/, 'simulate init --command ./node --chain westend-local');
  const odd = 'it\'s "raw".json';
  write(odd, '{}');
  write('a node', '');
  await text('simulate init --command', './a node', '--spec', odd, '--out', 'odd.yaml');
  assert.match(await text('simulate --check --file odd.yaml'), /3 nodes, 7 steps/);
});

test('a first file is refused if the program or the specification is missing, and no file is written', async () => {
  const { cwd, fleet, refused, write } = await harbour(null);
  write('chain.json', '{}');
  await refused(
    2,
    /there is no file \S+nosuch\n\s+where:\s+flag --command\n.*build or fetch/,
    'simulate init --command nosuch --spec chain.json',
  );
  write('node', '');
  await refused(
    2,
    /there is no file \S+nosuch\n\s+where:\s+flag --spec\n.*specification/,
    'simulate init --command ./node --spec nosuch',
  );
  const folder = await fleet('simulate', 'init', '--command', '.', '--chain', 'dev');
  assert.equal(folder.code, 2);
  // Both are looked for from the folder of the new file, as a run does.
  await refused(
    2,
    /there is no file \S+a\/node/,
    'simulate init --command ./node --chain dev --out a/b.yaml',
  );
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

test('each mistake is reported with its line, the nearest name, and a remedy', async () => {
  const { refused, write } = await harbour(null);
  write('simulation.yaml', FILE);
  await refused(
    2,
    /unknown key run\.1\.atLeats\n\s+where:\s+\S+simulation\.yaml:10:21\n.*did you mean atLeast\?/,
    'simulate --check',
  );
  write('simulation.yaml', FILE.replace('atLeats', 'atLeast'));
  const meaning = await refused(
    2,
    /alice: the list of validators that cannot be slashed[\s\S]*simulation\.yaml:7:52[\s\S]*staking\.invulnerables/,
    'simulate --check',
  );
  assert.match(meaning.stderr, /there is no node carol\n\s+where:\s+\S+simulation\.yaml:9:23/);
  write(
    'simulation.yaml',
    FILE.replace(', invulnerable: true', '').replace('carol', 'alice').replace('atLeats', 'atLeast'),
  );
  await refused(2, /there is no \S+node\n\s+where:\s+\S+simulation\.yaml:4:12/, 'simulate');
});

test('parachains are rendered, and not run in silence', async () => {
  const { cwd, refused, text, write } = await harbour(null);
  const parachain =
    'parachains:\n  - {id: 2000, chain: estuary, collators: [{name: dan, validator: true}]}\n';
  const relay = FILE.slice(0, FILE.indexOf('run:')).replace(', invulnerable: true', '');
  write('simulation.yaml', relay + parachain);
  const notRun = /checked and rendered here, not run[\s\S]*--without-parachains/;
  await refused(2, notRun, 'simulate --parachains rendered');
  assert.ok(existsSync(join(cwd, 'rendered/2000.yaml')));
  assert.match(await text('render', '--file', 'rendered/2000.yaml', '--format', 'yaml'), /collator/);
  // A name that a pool cannot have is reported at the parachain.
  write('simulation.yaml', relay + parachain.replace('chain: estuary', 'chain: "Not A Name"'));
  await refused(2, /simulation\.yaml:9:5/, 'simulate --check');
});
