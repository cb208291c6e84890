import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CHAIN, KEY } from '../testing/fake-ledger.ts';
import { runFake } from '../testing/run-duty.ts';
import { disaster, FLOOR } from './testing/fixture.ts';

/** The command on a data folder and an SQLite store. The permission service tests the recovery itself. */

const plans = (cwd: string) => readdirSync(join(cwd, 'data', 'recovery')).map((name) => name.slice(0, -5));

test('the plan says what happened, why each floor, and how to go on; only the plan is written', async (t) => {
  const cwd = await disaster(t);
  const before = readFileSync(join(cwd, 'data', 'store.sqlite'));
  const { code, stdout } = await runFake(['recover', ...FLOOR], { cwd });
  assert.equal(code, 0);
  assert.match(stdout, /store-behind: the store is behind the memory of its services/);
  assert.match(
    stdout,
    /grandpa: 3\/20; held until round 20 of set 3 passed\n {4}3\/20 {2}the operator\n {4}3\/15 {2}the ledger/,
  );
  assert.match(stdout, /mark \(new epoch and floor\) +1\n/);
  const [id = ''] = plans(cwd);
  assert.ok(stdout.includes(`watchbill recover --execute ${id.slice(0, 12)} --confirmation`));
  assert.deepEqual(readFileSync(join(cwd, 'data', 'store.sqlite')), before);
  assert.ok(!stdout.includes('hunter2'));
});

test('it is carried out once; the same command again finds no step left, and the floor is known', async (t) => {
  const cwd = await disaster(t);
  await runFake(['recover', ...FLOOR], { cwd });
  const [id = ''] = plans(cwd);
  const execute = ['recover', '--execute', id.slice(0, 8), '--confirmation', 'all stopped by Ada'];
  const done = await runFake(execute, { cwd });
  assert.equal(done.code, 0);
  assert.match(done.stdout, /is carried out; this run adopted 1 key/);
  const again = await runFake(execute, { cwd });
  assert.match(again.stdout, /was carried out before; no step is left/);
  const low = await runFake(['recover', '--floor', `${CHAIN}/${KEY}/grandpa=3/19`], { cwd });
  assert.equal(low.code, 4);
  assert.match(low.stdout, /the floor 3\/19 of grandpa .* is below 3\/20 \(the mark in the store\)/);
  assert.match(low.stdout, /FINDINGS \(0\)/);
});

test('without two nodes and without a floor there is no plan, and the text says what to give', async (t) => {
  const cwd = await disaster(t);
  const { code, stdout } = await runFake(['recover'], { cwd });
  assert.equal(code, 4);
  assert.match(stdout, /NO PLAN: 1 problem\n/);
  assert.match(stdout, new RegExp(`--floor ${CHAIN}/${KEY}/grandpa=UNIT, at least 3/15`));
  const json = await runFake(['recover', '--json'], { cwd });
  assert.equal(JSON.parse(json.stdout).id, null);
  assert.throws(() => plans(cwd), { code: 'ENOENT' });
});

test('wrong lines are refused, and no file is written', async (t) => {
  const cwd = await disaster(t);
  const refused = async (args: readonly string[], why: RegExp) => {
    const { code, stderr } = await runFake(['recover', ...args], { cwd });
    assert.deepEqual([code, why.test(stderr)], [2, true], stderr);
  };
  await refused(['--execute', '0123456789ab', '--confirmation', 'x'], /there is no plan 0123456789ab/);
  await refused(['--execute', '0123', '--confirmation', 'x'], /at least its first eight characters/);
  await refused(['--execute', '0123456789ab'], /--execute needs --confirmation/);
  await refused(
    ['--execute', '0123456789ab', '--confirmation', 'x', ...FLOOR],
    /carries out a plan as it is/,
  );
  await refused(
    ['--execute', '0123456789ab', '--confirmation', 'x', '--lost', 'a'],
    /carries out a plan as it is/,
  );
  await refused(['--confirmation', 'x'], /--confirmation needs --execute/);
  await refused(['--floor', 'grandpa=1/2'], /the floor has no mark/);
  await refused(['--floor', `${CHAIN}/${KEY}/grandpa=1`], /is not a unit/);
  await refused([...FLOOR, ...FLOOR], /has two floors/);
  await refused(['--export', 'watchbill.yaml'], /the export cannot be read/);
  await refused(['--export', 'absent.ledger'], /absent.ledger/);
});

test('a plan in a separate file is carried out from there; a changed one is refused', async (t) => {
  const cwd = await disaster(t);
  await runFake(['recover', ...FLOOR, '--out', 'plan.json'], { cwd });
  const file = join(cwd, 'plan.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replaceAll('3/20', '3/16'));
  const execute = ['recover', '--execute', './plan.json', '--confirmation', 'all stopped'];
  const changed = await runFake(execute, { cwd });
  assert.equal(changed.code, 2);
  assert.match(changed.stderr, /it was changed after it was written/);
  writeFileSync(file, text);
  assert.equal((await runFake(execute, { cwd })).code, 0);
});
