import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { commandLine } from './cli-process.ts';

leaveNothing('remote-disk');

const skip = existsSync('/dev/fuse') ? false : 'this kernel has no FUSE';

test('a service refuses a data folder that a FUSE mount shows, and leaves no file in it', {
  skip,
}, async (context) => {
  const cli = commandLine(context);
  assert.equal((await cli.run('init', '--name', 'one')).code, 0);
  const [data, other] = [join(cli.cwd, 'data'), join(cli.cwd, 'other')];
  renameSync(data, other);
  mkdirSync(data);
  const before = readdirSync(other);
  execFileSync('bindfs', [other, data]);
  try {
    const { code, errors } = await cli.run('serve');
    assert.notEqual(code, 0);
    assert.match(
      errors,
      /\/data lies on a file system of the type fuse, whose locks and syncs cannot be trusted/,
    );
    assert.match(errors, /what to do: use a folder on a local disk of this machine/);
    assert.deepEqual(readdirSync(other), before);
  } finally {
    execFileSync('umount', [data]);
  }
  rmdirSync(data);
  renameSync(other, data);
  const serving = await cli.serve();
  assert.equal((await serving.stop('SIGTERM')).code, 0);
});
