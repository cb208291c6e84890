import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Certificate, encodeCertificate, loadRuntime } from '../../index.ts';
import { commandsIn } from '../testing/run-coordinate.ts';
import { signedGroup } from './testing/signed-group.ts';

const GROUP = ['--group', 'demo-group/group.yaml'];

async function demoGroup() {
  const folder = commandsIn();
  await folder.json('init --example demo-group');
  return { ...folder, ...(await signedGroup(folder.cwd)) };
}

test('a certificate is checked from its file and the group alone', async () => {
  const { cwd, run, text, made, read, write, groupId } = await demoGroup();
  made('good.json', 'content', [0, 1, 3]);
  rmSync(join(cwd, 'demo-group', 'one'), { recursive: true });
  const good = await text('certificate verify good.json', ...GROUP);
  assert.match(good, /^the certificate is valid\n {2}group +demo 0x[0-9a-f]{64}\n/);
  assert.match(good, /window +6, rank 0, schedule version 1\n {2}action +heartbeat on demo, 7 bytes/);
  assert.match(good, /lease +from block 135 until 147\n {2}signed +3 of 4 members; 3 make a quorum\n/);
  assert.match(good, /\n +seat 0 {2}one {2}ed25519:0x\w+\n +seat 1 {2}two .*\n +seat 3 {2}four .*\n$/);
  const shown = JSON.parse(await text('certificate verify good.json --json', ...GROUP));
  assert.deepEqual(
    [shown.valid, shown.window, shown.rank, shown.action, shown.lease, shown.group.id],
    [
      true,
      '6',
      0,
      'heartbeat',
      { fromBlock: '135', untilBlock: '147' },
      `0x${Buffer.from(groupId).toString('hex')}`,
    ],
  );
  assert.deepEqual(
    shown.signers.map(({ seat, name }: { seat: number; name: string }) => [seat, name]),
    [
      [0, 'one'],
      [1, 'two'],
      [3, 'four'],
    ],
  );
  made('few.json', 'content', [1, 2]);
  write('altered.json', read('good.json').replace('"window": "6"', '"window": "7"'));
  write('no-certificate.json', '{}\n');
  const bad = [
    ['few.json', 'demo-group', /not valid: it has 2 votes, but a quorum needs 3\n$/],
    ['altered.json', 'demo-group', /not valid: its readable fields do not match its bytes\n$/],
    ['no-certificate.json', 'demo-group', /not valid: it is not a certificate file\n$/],
    ['good.json', 'other', /not valid: it belongs to another group: 0x[0-9a-f]{64}\n$/],
  ] as const;
  assert.equal((await run('init --example other')).code, 0);
  for (const [name, group, pattern] of bad) {
    const ran = await run('certificate verify', name, '--group', `${group}/group.yaml`);
    assert.equal(ran.code, 3, name);
    assert.match(ran.stdout, pattern);
    const told = await run('certificate verify', name, '--group', `${group}/group.yaml`, '--json');
    assert.deepEqual([told.code, JSON.parse(told.stdout).valid], [3, false]);
  }
  for (const args of [['none.json', ...GROUP], ['good.json', '--group', 'none.yaml'], ['good.json']])
    assert.equal((await run('certificate verify', ...args)).code, 2, args.join(' '));
});

test('a certificate leaves the state folder of a stopped member as a file', async () => {
  const { cwd, run, text, refused, certificate, made, read, groupId } = await demoGroup();
  const config = ['--config', 'demo-group/two/coordinate.yaml'];
  await refused(5, /^/, 'certificate export 6 --out x.json', ...config);
  await keep(join(cwd, 'demo-group', 'two', 'state'), groupId, certificate('content', [0, 1, 3]));
  await text('certificate export 6 --out exported.json', ...config);
  assert.equal(read('exported.json'), read(made('good.json', 'content', [0, 1, 3])));
  await refused(2, /^/, 'certificate export 6 --out exported.json', ...config);
  const shown = await text('certificate show 6', ...config);
  assert.match(shown, /^certificate of window 6: valid\n {2}group +demo /);
  assert.equal(await text('certificate show exported.json', ...config), shown);
  assert.equal(await text('certificate show exported.json', ...GROUP), shown);
  for (const command of [
    ['show', '7'],
    ['export', '7', '--out', 'seven.json'],
  ]) {
    await refused(
      3,
      /keeps no certificate of window 7[\s\S]*coordinate windows/,
      'certificate',
      ...command,
      ...config,
    );
  }
  for (const window of ['0', 'x', '06'])
    assert.equal((await run('certificate export', window, '--out', 'y.json', ...config)).code, 2, window);
  assert.ok(!readdirSync(cwd).some((name) => ['x.json', 'y.json', 'seven.json'].includes(name)));
  made('few.json', 'content', [0, 1]);
  const few = await text('certificate show few.json', ...GROUP);
  assert.match(few, /^certificate of window 6: not valid: it has 2 votes, but a quorum needs 3\n/);
  assert.equal((await run('init --example other')).code, 0);
  await refused(2, /is of another group: 0x/, 'certificate show few.json --group other/group.yaml');
  const unclear = await run('certificate show 6 --url http://127.0.0.1:9');
  assert.match(unclear.stderr, /name the group file with --group/);
});

/** Keeps the certificate as the member two does when it takes up the action. */
async function keep(folder: string, groupId: Uint8Array, certificate: Certificate): Promise<void> {
  const { openStateFolder } = await loadRuntime();
  const group = `0x${Buffer.from(groupId).toString('hex')}`;
  const state = await openStateFolder(folder, { profile: 'quorum', group, seat: 1, key: 'ed25519:0x00' });
  const [action, payload] = [certificate.value.action, encodeCertificate(certificate)];
  state.executions.take({ window: 6n, action, payload, startBlock: 135n, expiryBlock: 147n });
  state.close();
}

test('two certificates of one rank become evidence against those who signed both', async () => {
  const { run, made, cwd } = await demoGroup();
  const [one, other] = [made('one.json', 'content', [0, 1, 3]), made('other.json', 'other', [1, 2, 3])];
  const compare = (a: string, b: string, ...flags: readonly string[]) =>
    run('certificate compare', a, b, ...GROUP, '--out', 'evidence', ...flags);
  made('later.json', 'other', [1, 2, 3], 1);
  made('same.json', 'content', [1, 2, 3]);
  made('few.json', 'other', [1, 2]);
  const none = [
    ['later.json', /for different ranks: 0 and 1/],
    ['same.json', /the certificates agree on the same value/],
    ['few.json', /the second certificate is not valid: it has 2 votes, but a quorum needs 3/],
  ] as const;
  for (const [name, pattern] of none) {
    const ran = await compare(one, name);
    assert.equal(ran.code, 3, name);
    assert.match(ran.stdout, pattern);
    const json = await compare(one, name, '--json');
    assert.deepEqual([json.code, JSON.parse(json.stdout).contradict], [3, false]);
  }
  assert.ok(!readdirSync(cwd).includes('evidence'));
  const ran = await compare(one, other);
  assert.equal(ran.code, 0, ran.stderr);
  assert.deepEqual(readdirSync(join(cwd, 'evidence')), [
    '6-four-equivocation.json',
    '6-two-equivocation.json',
  ]);
  for (const [name, seat] of [
    ['two', 1],
    ['four', 3],
  ] as const) {
    const holds = await run('verify-evidence', `evidence/6-${name}-equivocation.json`, ...GROUP);
    assert.equal(holds.code, 0, holds.stderr);
    assert.match(holds.stdout, new RegExp(`equivocation by ${name} \\(seat ${seat}\\) in window 6`));
  }
  assert.equal((await compare(one, other)).code, 2, 'files in the folder stay');
});
