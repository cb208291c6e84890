import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { readRegular, UnreadableFile } from './regular-file.ts';

const cwd = temporaryFolder();
const at = (name: string): string => join(cwd, name);
writeFileSync(at('file'), 'text');
symlinkSync('file', at('link'));

test('a regular file is read, also by a link; other kinds, and too large or missing files, are refused', () => {
  assert.equal(readRegular(at('file'), 4).toString(), 'text');
  assert.equal(readRegular(at('link'), 4).toString(), 'text');
  for (const [path, pattern, code] of [
    [at('file'), /it has 4 bytes, and at most 3/, null],
    ['/dev/zero', /not a regular file/, null],
    [cwd, /it is a folder/, 'EISDIR'],
    [at('none'), /refuses to open it/, 'ENOENT'],
  ] as const)
    assert.throws(
      () => readRegular(path, 3),
      (error) => error instanceof UnreadableFile && pattern.test(error.message) && error.code === code,
      path,
    );
});
