import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileHeads } from './heads.ts';

const folder = mkdtempSync(join(tmpdir(), 'watchbill-heads-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const head = (seq: string, epoch = 'e1') => ({ epoch, seq, hash: seq.padStart(64, '0') });

test('the highest head is kept over a restart; a lower one never replaces it', () => {
  const file = join(folder, 'a.json');
  const heads = fileHeads(file);
  heads.raise('m', head('9'));
  heads.raise('m', head('10'));
  heads.raise('m', head('2'));
  assert.deepEqual(fileHeads(file).atLeast('m'), head('10'));
  assert.equal(fileHeads(file).atLeast('other'), null);
});

test('a new epoch replaces the old one', () => {
  const heads = fileHeads(join(folder, 'b.json'));
  heads.raise('m', head('10'));
  heads.raise('m', head('1', 'e2'));
  assert.deepEqual(heads.atLeast('m'), head('1', 'e2'));
});

test('a file that cannot be read stops the start: a lost memory is not an empty one', () => {
  const file = join(folder, 'c.json');
  writeFileSync(file, '{"m":');
  assert.throws(() => fileHeads(file));
});
