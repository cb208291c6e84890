import assert from 'node:assert/strict';
import { chmodSync, existsSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openArchive } from './archive/open.ts';
import { BackupFault } from './backup-fault.ts';
import { lookAtFolder, sumsBelow } from './disk.ts';
import { chosenBackup, fetchBackup } from './fetch.ts';
import { fileTaking, lockedRun } from './file-taking.ts';
import { localShell } from './host.ts';
import { encodeManifest } from './manifest.ts';
import { contentsBelow, fill, SECRETS, testFolder } from './testing/folder.ts';
import { DATABASE, manifestFor } from './testing/manifest.ts';

const NEVER = new AbortController().signal;
const SH = localShell(process.env);

function fake(context: TestContext) {
  const folder = testFolder(context);
  const node = join(folder, 'node');
  fill(node, { ...DATABASE, ...SECRETS, 'node.log': 'log' });
  fill(folder, { 'archive/.here': '' });
  const settings = { rcloneConfig: null, repositoryFile: null, passwordFile: null, atOnce: 3 };
  const archive = openArchive(SH, { ...settings, address: `folder:${join(folder, 'archive')}` });
  return { folder, node, archive, settings };
}

test('a folder is read as its manifest says, without keys', async (context) => {
  const { node } = fake(context);
  const looked = await lookAtFolder(SH, node, NEVER);
  assert.deepEqual(looked.files, manifestFor().files);
  assert.equal(looked.chainId, 'x');
  assert.deepEqual(looked.leftOut, [
    'data/chains/x/keystore',
    'data/chains/x/network',
    'keystore',
    'node.key',
    'node.log',
  ]);
});

test('what is inside a database and none of it stops the backup: a key, a link', async (context) => {
  const { node, folder } = fake(context);
  const strange = join(node, 'data/chains/x/db', `62616265${'ab'.repeat(32)}`);
  writeFileSync(strange, 'seed');
  await assert.rejects(lookAtFolder(SH, node, NEVER), /do not belong there: data\/chains\/x\/db\/6261/);
  rmSync(strange);
  symlinkSync(join(node, 'node.key'), join(node, 'data/chains/x/db/full/000003.sst'));
  await assert.rejects(lookAtFolder(SH, node, NEVER), /do not belong there: .*000003.sst/);
  rmSync(join(node, 'data/chains/x/db/full/000003.sst'));
  renameSync(join(node, 'data/chains/x/db'), join(folder, 'elsewhere'));
  symlinkSync(join(folder, 'elsewhere'), join(node, 'data/chains/x/db'));
  await assert.rejects(lookAtFolder(SH, node, NEVER), BackupFault);
});

test('what is copied is read back, listed when it is published, fetched, and removed', async (context) => {
  const { node, archive, folder } = fake(context);
  const taking = fileTaking(SH, node, archive);
  const manifest = manifestFor();
  await taking.copy(manifest, NEVER);
  await taking.verify(manifest, NEVER);
  assert.equal((await archive.list(NEVER))[0]?.manifest, null);
  assert.throws(
    () => chosenBackup([], { network: 'harbour', node: manifest.node, id: null }),
    /no complete backup/,
  );
  await taking.publish(manifest, NEVER);
  const listed = await archive.list(NEVER);
  assert.deepEqual(chosenBackup(listed, { network: 'harbour', node: manifest.node, id: null }), manifest);
  await fetchBackup(SH, archive, manifest, join(folder, 'back'), NEVER);
  assert.deepEqual(contentsBelow(join(folder, 'back')), DATABASE);
  const everything = JSON.stringify(contentsBelow(join(folder, 'archive')));
  for (const secret of Object.values(SECRETS)) assert.ok(!everything.includes(secret.replaceAll('"', '')));
  await archive.remove(manifest, NEVER);
  assert.deepEqual(await archive.list(NEVER), []);
});

test('a copy goes on where it was: what is there is left, what is other or too much is not', async (context) => {
  const { node, archive, folder } = fake(context);
  const manifest = manifestFor();
  const at = join(folder, 'archive/harbour', manifest.node, manifest.id, 'data');
  const [kept = '', torn = ''] = Object.keys(DATABASE);
  fill(at, {
    [kept]: DATABASE[kept] ?? '',
    [torn]: 'sec',
    'data/chains/x/db/full/old.sst': 'old',
    [`${torn}.part`]: 's',
  });
  const before = statSync(join(at, kept)).mtimeMs;
  await archive.put(manifest, node, manifest.files, NEVER);
  assert.deepEqual(contentsBelow(at), DATABASE);
  assert.equal(statSync(join(at, kept)).mtimeMs, before);
});

test('damage in the archive is found before it is used', async (context) => {
  const { node, archive, folder } = fake(context);
  const manifest = manifestFor();
  const taking = fileTaking(SH, node, archive);
  await taking.copy(manifest, NEVER);
  await taking.publish(manifest, NEVER);
  const at = join(folder, 'archive/harbour', manifest.node, manifest.id);
  const [first = ''] = Object.keys(DATABASE);
  writeFileSync(join(at, 'data', first), 'other');
  await assert.rejects(
    fetchBackup(SH, archive, manifest, join(folder, 'back'), NEVER),
    /damaged: 1 other than they were/,
  );
  // While the node is still there, it is copied once more.
  await taking.verify(manifest, NEVER);
  assert.deepEqual(contentsBelow(join(at, 'data')), DATABASE);
  fill(at, { 'manifest.json': '{"digest":"00"}' });
  const [listed] = await archive.list(NEVER);
  assert.equal(listed?.manifest, null);
  assert.throws(
    () =>
      chosenBackup(
        [listed].flatMap((one) => one ?? []),
        { ...manifest },
      ),
    /cannot be used: its manifest is damaged/,
  );
});

test('a copy is still there only while every byte of it is; an archive that is away says nothing', async (context) => {
  const { node, archive, folder } = fake(context);
  const manifest = manifestFor();
  const taking = fileTaking(SH, node, archive);
  assert.equal(await taking.has(manifest, NEVER), false);
  await taking.copy(manifest, NEVER);
  assert.equal(await taking.has(manifest, NEVER), true);
  const [first = ''] = Object.keys(DATABASE);
  writeFileSync(join(folder, 'archive/harbour', manifest.node, manifest.id, 'data', first), 'other');
  assert.equal(await taking.has(manifest, NEVER), false);
  renameSync(join(folder, 'archive'), join(folder, 'unmounted'));
  await assert.rejects(taking.has(manifest, NEVER), /there is no such folder/);
});

test('a fetch that was cut short needs room only for the rest', async (context) => {
  const { node, archive, folder } = fake(context);
  const large = { ...DATABASE, 'data/chains/x/db/full/000001.sst': 'x'.repeat(100_000) };
  fill(node, large);
  const manifest = manifestFor(large);
  await archive.put(manifest, node, manifest.files, NEVER);
  const to = join(folder, 'back');
  fill(folder, { 'bin/df': '#!/bin/sh\necho Avail\necho 50000\n' });
  chmodSync(join(folder, 'bin/df'), 0o700);
  const tight = localShell({ ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` });
  await assert.rejects(fetchBackup(tight, archive, manifest, to, NEVER), /bytes free/);
  fill(to, { 'data/chains/x/db/full/000001.sst': 'x'.repeat(100_000) });
  await fetchBackup(tight, archive, manifest, to, NEVER);
  assert.deepEqual(contentsBelow(to), large);
});

test('a manifest under the name of another backup is none', async (context) => {
  const { archive, folder } = fake(context);
  const manifest = manifestFor();
  const other = manifestFor(DATABASE, { id: '20261121T010209Z-10' });
  fill(join(folder, 'archive/harbour', manifest.node, '20261121T010204Z-10'), {
    'manifest.json': encodeManifest(other),
  });
  const [listed] = await archive.list(NEVER);
  assert.match(listed?.detail ?? '', /is that of harbour\/backup-here-0\/20261121T010209Z-10/);
});

test('two copies of one node at once: the second is refused', async (context) => {
  const folder = testFolder(context);
  const lock = join(folder, "a lock's name");
  const run = lockedRun(SH, lock, 0);
  const controller = new AbortController();
  const first = run(`touch ${folder}/up; sleep 30`, controller.signal);
  while (!existsSync(join(folder, 'up'))) await new Promise((resolve) => setTimeout(resolve, 10));
  const second = await run('true', NEVER);
  assert.ok(second.kind === 'ended' && second.code === 75 && /still running/.test(second.err));
  controller.abort();
  assert.equal((await first).kind, 'unknown');
  const third = await run('echo well', NEVER);
  assert.ok(third.kind === 'ended' && third.out === 'well\n');
});

test('an archive that cannot be, or that would show a password, is refused', (context) => {
  const { settings } = fake(context);
  const open = (address: string) => () => openArchive(SH, { ...settings, address });
  for (const address of ['folder:relative', 'ftp:x', 'rclone:nowhere', '', 'restic:'])
    assert.throws(open(address), /is not an archive/, address);
  assert.throws(open('restic:/repository'), /needs a password/);
  assert.throws(open('restic:rest:http://user:word@host/'), /a password in it/);
  assert.throws(
    open('restic:rest:http://user:word@host/'),
    (error: Error) => !error.message.includes('word@'),
  );
});

test('a folder that is not there holds no backups and takes none', async (context) => {
  const { settings, folder, node } = fake(context);
  const archive = openArchive(SH, { ...settings, address: `folder:${folder}/nowhere` });
  await assert.rejects(fileTaking(SH, node, archive).ready(NEVER), /no such folder/);
  await assert.rejects(archive.list(NEVER), BackupFault);
  await assert.rejects(sumsBelow(SH, join(folder, 'nowhere'), NEVER), BackupFault);
});
