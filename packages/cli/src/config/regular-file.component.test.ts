import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runFake } from '../fake-io.ts';
import { readRegular, UnreadableFile } from './regular-file.ts';

const cwd = mkdtempSync(join(tmpdir(), 'watchbill-regular-'));
after(() => rmSync(cwd, { recursive: true }));
const at = (name: string): string => join(cwd, name);
writeFileSync(at('file'), 'text');
symlinkSync('file', at('link'));
execFileSync('mkfifo', [at('pipe')]);

test('a regular file is read, also by a link; what is none, is too large or not there is told', () => {
  assert.equal(readRegular(at('file'), 4).toString(), 'text');
  assert.equal(readRegular(at('link'), 4).toString(), 'text');
  for (const [path, pattern, code] of [
    [at('file'), /it has 4 bytes, and at most 3/, null],
    ['/dev/zero', /no regular file/, null],
    [cwd, /it is a folder/, 'EISDIR'],
    [at('none'), /ENOENT/, 'ENOENT'],
  ] as const)
    assert.throws(
      () => readRegular(path, 3),
      (error) => error instanceof UnreadableFile && pattern.test(error.message) && error.code === code,
      path,
    );
});

test('a network file that is a pipe is refused, and not waited for', async () => {
  // In a process of its own: one that waits for a writer could not be ended from within.
  const main = join(import.meta.dirname, '..', 'main.ts');
  const options = { cwd, encoding: 'utf8', timeout: 120_000, killSignal: 'SIGKILL' } as const;
  const ran = spawnSync(process.execPath, [main, 'fleet', 'explain', '--file', 'pipe'], options);
  assert.equal(ran.status, 2, `${ran.signal} ${ran.stderr}`);
  assert.match(ran.stderr, /pipe cannot be read: it is no regular file/);
  const folder = await runFake(['fleet', 'explain', '--file', '.'], { cwd });
  assert.match(folder.stderr, /\. cannot be read: it is a folder/);
  const none = await runFake(['fleet', 'explain', '--file', 'none'], { cwd });
  assert.match(none.stderr, /there is no file none/);
});
