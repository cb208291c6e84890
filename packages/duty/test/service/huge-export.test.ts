import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { temporaryFolder } from '@watchbill/kit/testing';

const CHILD = new URL('../../src/proof/testing/huge-child.ts', import.meta.url).pathname;
/** The heap of the child. The export is twice as large, or many times with `WATCHBILL_LONG`. */
const HEAP_MB = 24;
const ENTRIES = process.env.WATCHBILL_LONG === '1' ? 1_000_000 : 80_000;

test('an export larger than the heap is verified, and read by a recovery', async (t) => {
  const folder = temporaryFolder(t);
  const args = [`--max-old-space-size=${HEAP_MB}`, CHILD, `${ENTRIES}`, join(folder, 'proof.db')];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 300_000 });
  const { entries, counts, tops, size, rss } = JSON.parse(stdout);
  assert.equal(entries, ENTRIES);
  assert.deepEqual(counts, { 'no-marks': 1 });
  assert.deepEqual(tops, [`1/${ENTRIES}`, `1/${ENTRIES}`]);
  assert.ok(size > 2 * HEAP_MB * 1024 * 1024, `${size} bytes`);
  t.diagnostic(`${size >> 20} MiB of export, ${rss >> 10} MiB resident at most`);
});
