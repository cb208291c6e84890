import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { writeCall } from './rotate.ts';
import { sayer } from './text.ts';

test('the file for the call has that of these keys, and never that of others', (context) => {
  const cwd = temporaryFolder(context);
  const written = (call: string, hex: string) => {
    const io = fakeIo({ cwd });
    writeCall(io, { call }, hex, sayer(io, false));
    return io.stdout();
  };
  const file = join(cwd, 'set-keys.hex');
  for (let run = 0; run < 2; run += 1) {
    assert.match(written('set-keys.hex', '0x01'), /set-keys\.hex: sign and submit it for the stash/);
    assert.equal(readFileSync(file, 'utf8'), '0x01\n');
  }
  assert.throws(() => written('set-keys.hex', '0x02'), /set-keys\.hex has another call/);
  assert.equal(readFileSync(file, 'utf8'), '0x01\n');
  assert.match(written('other.hex', '0x02'), /other\.hex: sign and submit it/);
});
