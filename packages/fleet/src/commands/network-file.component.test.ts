import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { runFake } from './testing/run-fleet.ts';

const cwd = temporaryFolder();
execFileSync('mkfifo', [join(cwd, 'pipe')]);

test('a network file that is a pipe is refused, and not waited for', async () => {
  // In a separate process: the test could not end its own process while that waits for a writer.
  const main = join(import.meta.dirname, '../../../watchbill/src/main.ts');
  const options = { cwd, encoding: 'utf8', timeout: 120_000, killSignal: 'SIGKILL' } as const;
  const ran = spawnSync(process.execPath, [main, 'fleet', 'explain', '--file', 'pipe'], options);
  assert.equal(ran.status, 2, `${ran.signal} ${ran.stderr}`);
  assert.match(ran.stderr, /pipe cannot be read: it is not a regular file/);
  const folder = await runFake(['fleet', 'explain', '--file', '.'], { cwd });
  assert.match(folder.stderr, /\. cannot be read: it is a folder/);
  const none = await runFake(['fleet', 'explain', '--file', 'none'], { cwd });
  assert.match(none.stderr, /there is no file none/);
});
