import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { FILE, oneOf } from './testing/render.ts';

const analyze = spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore', timeout: 20_000 });

test('systemd takes the unit, and it is hardened', {
  skip: analyze.status === 0 ? false : 'needs systemd-analyze',
}, (context) => {
  const folder = temporaryFolder(context);
  const { gateway } = oneOf(FILE, 'shore');
  const [path = '', text = ''] = [...gateway.files].find(([name]) => name.endsWith('.service')) ?? [];
  assert.equal(path, 'iron/etc/systemd/system/watchbill-gateway-harbour-shore.service');
  const file = join(folder, 'watchbill-gateway-harbour-shore.service');
  const run = (...args: readonly string[]) =>
    spawnSync('systemd-analyze', args, { encoding: 'utf8', timeout: 60_000 });
  writeFileSync(file, text);
  const verified = run('verify', '--man=no', file);
  assert.equal(verified.status, 0, verified.stderr);
  // 0 is closed, 100 open. With any of the stronger lines missing it is more than this.
  const secure = run('security', '--offline=yes', '--no-pager', '--threshold=15', file);
  assert.equal(secure.status, 0, secure.stdout + secure.stderr);
});
