import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { StoreFault } from '../port.ts';
import { mustBeLocal, mustHaveOneName } from './remote-disk.ts';

test('a folder of another machine is refused by the name of its file system', (t) => {
  const folder = mkdtempSync(join(temporaryFolder(t), 'watchbill remote-'));
  const escaped = folder.replaceAll(' ', '\\040');
  const link = join(tmpdir(), 'watchbill-remote-link');
  rmSync(link, { force: true });
  symlinkSync(folder, link);
  t.after(() => rmSync(link));
  const under = (...mounts: readonly string[]) =>
    ['proc /proc proc rw 0 0', ...mounts.map((mount) => `x ${mount} rw 0 0`), ''].join('\n');
  const typeOf = (at: string, text: string) => {
    try {
      return void mustBeLocal(at, text);
    } catch (error) {
      assert.ok(
        error instanceof StoreFault && error.message.includes(at) && error.remedy !== '',
        String(error),
      );
      return / type (\S+),/.exec(error.message)?.[1];
    }
  };
  for (const type of ['nfs', 'nfs4', 'cifs', 'smb3', '9p', 'ceph', 'virtiofs', 'fuse', 'fuse.sshfs', 'gfs2'])
    assert.equal(typeOf(folder, under('/ ext4', `${escaped} ${type}`)), type);
  for (const type of ['ext4', 'xfs', 'overlay', 'tmpfs', 'fuseblk', 'fuse.fuse-overlayfs'])
    assert.equal(typeOf(folder, under('/ nfs4', `${escaped} ${type}`)), undefined);
  assert.equal(typeOf(folder, under(`${escaped} nfs4`, `${escaped} ext4`)), undefined, 'the later mount');
  assert.equal(typeOf(folder, under(`${escaped}-other nfs4`, '/ ext4')), undefined, 'another folder');
  assert.equal(typeOf(folder, under('/ nfs4')), 'nfs4', 'the folder above');
  assert.equal(typeOf(link, under('/ ext4', `${escaped} nfs4`)), 'nfs4', 'a link');
  mustBeLocal(folder);
});

test('a file that is a mount by itself is refused: its log would lie in another folder', (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'ledger.db');
  writeFileSync(file, '');
  mustHaveOneName(file, `x ${folder} ext4 rw 0 0\n`);
  const found = { name: 'StoreFault', message: /ledger\.db is mounted as a single file/ };
  assert.throws(() => mustHaveOneName(file, `x / ext4 rw 0 0\nx ${file} ext4 rw 0 0\n`), found);
});
