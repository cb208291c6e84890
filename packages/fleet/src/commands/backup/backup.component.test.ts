import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { realIo } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { headText, IN_PODS, ON_DISKS } from '../../file/testing/index.ts';
import { runCli } from '../testing/run-fleet.ts';

function bench(context: TestContext, pools: string, extra = '') {
  const folder = temporaryFolder(context);
  const head = headText({ places: 'clusters: {east: {}}', software: `${IN_PODS}, ${ON_DISKS}` });
  writeFileSync(join(folder, 'network.yaml'), `${head}${extra}pools: ${pools}\n`);
  const run = async (...args: readonly string[]) => {
    const io = realIo(folder);
    const code = await runCli(['fleet', 'backup', ...args], io);
    return { code, out: io.stdout(), err: io.stderr() };
  };
  return { folder, run };
}

const ONE = '{backup: {role: backup}}';

test('a missing or wrong flag is refused before the command contacts a node', async (context) => {
  const { run, folder } = bench(context, ONE);
  const here = ['--here', '--archive', `folder:${folder}`];
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['list', '--here'], /no archive is named[\s\S]*--archive/],
    [['list', '--here', '--archive', 'ftp:x'], /is not an archive/],
    [['list', '--here', '--archive', 'restic:/r'], /needs a password/],
    [['list', ...here, '--at-once', '0'], /not a whole number of files/],
    [['list', ...here, '--timeout', 'soon'], /not a number of minutes/],
    [['list', ...here, '--timeout', '99999'], /not a number of minutes from 0\.001 to 35000/],
    [['list', ...here, '--node', 'other'], /has no node other[\s\S]*backup-east-0/],
    [['run', '--archive', `folder:${folder}`], /is on a cluster/],
    [['prune', ...here], /the number of backups to keep is missing/],
    [['prune', ...here, '--keep-last', '0'], /not a whole number of backups/],
    [['verify', ...here], /no complete backup of backup-east-0/],
    [['timer'], /when\?/],
    [['timer', '--schedule', 'every $(day)'], /not a systemd time/],
  ];
  for (const [args, wanted] of cases) {
    const { code, err, out } = await run(...args);
    assert.notEqual(code, 0, args.join(' '));
    assert.match(err, wanted, `${args.join(' ')}: ${out}`);
  }
  assert.deepEqual(readdirSync(folder), ['network.yaml']);
});

test('which node is meant must be plain', async (context) => {
  const none = await bench(context, '{rpc: {role: rpc}}').run('list', '--here', '--archive', 'folder:/tmp');
  assert.match(none.err, /no node of the role backup/);
  const several = await bench(context, '{backup: {role: backup, count: 2}}').run(
    'list',
    '--here',
    '--archive',
    'folder:/tmp',
  );
  assert.match(several.err, /several nodes of the role backup[\s\S]*backup-east-0, backup-east-1/);
});

test('an empty archive is listed as empty, and one that is not whole as that', async (context) => {
  const { run, folder } = bench(context, ONE);
  const archive = ['--here', '--archive', `folder:${folder}/store`];
  mkdirSync(join(folder, 'store'));
  assert.match((await run('list', ...archive)).out, /no backup of backup-east-0 yet/);
  mkdirSync(join(folder, 'store/harbour/backup-east-0/20261121T010203Z-7/data'), { recursive: true });
  assert.match((await run('list', ...archive)).out, /20261121T010203Z-7 .*begun and not finished/);
  const { backups } = JSON.parse((await run('list', ...archive, '--json')).out) as {
    backups: readonly unknown[];
  };
  assert.deepEqual(backups, [
    { id: '20261121T010203Z-7', state: 'not whole', detail: 'begun and not finished' },
  ]);
});

test('a timer runs the same command with the same file, and overwrites no file', async (context) => {
  const { run, folder } = bench(context, ONE, 'backup: {schedule: "*-*-* 03:00:00", keep: {last: 3}}\n');
  const made = await run('timer', '--out', 'units');
  assert.equal(made.code, 0, made.err);
  const service = readFileSync(join(folder, 'units/watchbill-backup-harbour-backup-east-0.service'), 'utf8');
  assert.match(
    service,
    new RegExp(`fleet backup run --file ${folder}/network.yaml --node backup-east-0$`, 'm'),
  );
  assert.match(service, /fleet backup prune .* --apply$/m);
  assert.match((await run('timer', '--out', 'units')).err, /never overwritten/);
});
