import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { StoreFault } from '../port.ts';
import { mustBeLocal } from './remote-disk.ts';

test('a folder of another machine is refused by the name of its file system', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill remote-'));
  t.after(() => rmSync(folder, { recursive: true }));
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
