import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import type { MachineItem } from '../../file/graph/index.ts';
import { readItems } from './read-items.ts';
import { applyScript, readScript, removeScript } from './script.ts';

const TIMEOUT_MS = 60_000;

function sh(script: string): string {
  return execFileSync('sh', ['-s'], {
    input: `set -eu\n${script}\n`,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

const OWN = {
  owner: userInfo().username,
  group: execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim(),
} as const;

test('a file is written whole, with its rights, and is read back as it was declared', (context) => {
  const folder = temporaryFolder(context);
  const text = `${'x'.repeat(5_000)}\nEOF\n'quotes' "and" $(more)\n\n`;
  const file: MachineItem = { kind: 'file', path: join(folder, 'a file'), ...OWN, mode: '0640', text };
  const directory: MachineItem = { kind: 'directory', path: join(folder, 'sub'), ...OWN, mode: '0750' };
  sh(`${applyScript(directory, null)}\n${applyScript(file, null)}`);
  assert.equal(readFileSync(file.path, 'utf8'), text);
  const missing: MachineItem = { ...file, path: join(folder, 'none') };
  const asked = [file, directory, missing];
  assert.deepEqual(readItems(sh(readScript('no-such-network', asked)), asked), {
    records: [],
    items: [file, directory, null],
  });
  assert.deepEqual(readdirSync(folder).toSorted(), ['a file', 'sub']);
  sh(removeScript(file));
  assert.ok(!existsSync(file.path));
});

test('a link in the place of a file is not followed', (context) => {
  const folder = temporaryFolder(context);
  const file: MachineItem = { kind: 'file', path: join(folder, 'a'), ...OWN, mode: '0600', text: 'new' };
  const other = join(folder, 'other');
  writeFileSync(other, 'theirs');
  symlinkSync(other, file.path);
  assert.deepEqual(readItems(sh(readScript('no-such-network', [file])), [file])?.items, [null]);
  sh(applyScript(file, null));
  assert.equal(readFileSync(other, 'utf8'), 'theirs');
  assert.equal(readFileSync(file.path, 'utf8'), 'new');
});

test('a binary with another digest never takes the name', (context) => {
  const folder = temporaryFolder(context);
  const content = Buffer.from('program');
  const sha256 = createHash('sha256').update(content).digest('hex');
  const binary: MachineItem = {
    kind: 'binary',
    path: join(folder, 'node'),
    source: '/here',
    sha256,
    ...OWN,
    mode: '0755',
  };
  sh(applyScript(binary, content));
  assert.equal(readFileSync(binary.path, 'utf8'), 'program');
  assert.throws(() => sh(applyScript(binary, Buffer.from('another'))), /has another SHA-256/);
  assert.equal(readFileSync(binary.path, 'utf8'), 'program');
  assert.deepEqual(readdirSync(folder), ['node']);
  const asked = [binary];
  assert.deepEqual(readItems(sh(readScript('no-such-network', asked)), asked)?.items, asked);
});

test('a directory with something in it stays', (context) => {
  const folder = temporaryFolder(context);
  const item: MachineItem = { kind: 'directory', path: join(folder, 'keys'), ...OWN, mode: '0700' };
  sh(applyScript(item, null));
  writeFileSync(join(item.path, 'key'), 'secret');
  sh(removeScript(item));
  assert.ok(existsSync(join(item.path, 'key')));
  rmSync(join(item.path, 'key'));
  sh(removeScript(item));
  assert.ok(!existsSync(item.path));
});

test('what a machine answers is known as a whole or not at all', () => {
  const asked: readonly MachineItem[] = [{ kind: 'user', name: 'wb', home: '/x' }];
  assert.deepEqual(readItems('0 absent\n', asked)?.items, [null]);
  for (const output of ['', 'record bm8=\n0 absent\n', '1 absent\n', 'noise here\n'])
    assert.equal(readItems(output, asked), null, output);
});
