import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { followLines } from './follow-lines.ts';

function withFile(run: (file: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-lines-'));
  try {
    run(join(folder, 'lines'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('a file may come later; each whole line is delivered once', () => {
  withFile((file) => {
    const lines: string[] = [];
    const follower = followLines(file, (line) => lines.push(line));
    follower.look();
    appendFileSync(file, 'one\ntwo\nthr');
    follower.look();
    follower.look();
    assert.deepEqual(lines, ['one', 'two']);
    appendFileSync(file, 'ee\n\nfour\n');
    follower.look();
    assert.deepEqual(lines, ['one', 'two', 'three', 'four']);
    follower.close();
  });
});

test('a line longer than one read, cut within a letter, arrives whole', () => {
  withFile((file) => {
    const lines: string[] = [];
    const follower = followLines(file, (line) => lines.push(line));
    const long = `x${'é'.repeat(100_000)}`;
    appendFileSync(file, `${long}\n`);
    follower.look();
    follower.close();
    assert.deepEqual(lines, [long]);
  });
});
