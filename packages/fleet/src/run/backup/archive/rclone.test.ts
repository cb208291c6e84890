import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunScript } from '../../machines/ssh.ts';
import { rcloneArchive } from './rclone.ts';

test('the file of a password may have spaces and quotes in its path', async () => {
  const scripts: string[] = [];
  const run: RunScript = async (script) => {
    scripts.push(script);
    return { kind: 'ended', code: 0, out: '', err: '' };
  };
  const options = { run, remote: 'r:', configFile: '/a b/rclone.conf', passwordFile: '/a b/p"w', atOnce: 4 };
  await rcloneArchive(options).list(new AbortController().signal);
  const [script = ''] = scripts;
  // rclone 1.60 refuses `cat /a b/p"w` with `bare " in non-quoted-field`, and reads this one.
  assert.ok(script.includes(`--config '/a b/rclone.conf' --password-command 'cat "/a b/p""w"' `), script);
});
