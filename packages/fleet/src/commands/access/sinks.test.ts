import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { sinksOf } from './sinks.ts';

test('a character that is cut between two parts is put together again, in each output by itself', () => {
  const text = '🏆 Imported #18 (0x64be…1b0f → 0xaecc…5fe0)\n';
  const bytes = Buffer.from(text);
  for (let at = 0; at <= bytes.length; at += 1) {
    const io = fakeIo({ cwd: '/' });
    const { out, err } = sinksOf(io);
    out(bytes.subarray(0, at));
    err(bytes);
    out(bytes.subarray(at));
    assert.equal(io.stdout(), text, `cut at ${at}`);
    assert.equal(io.stderr(), text);
  }
});
