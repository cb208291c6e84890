// Two builds in two clones have one digest.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const TIMEOUT_MS = 240_000;
const folder = leaveNothing('reproducible');

const run = (cwd: string, command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    env: { ...process.env, SOURCE_DATE_EPOCH: '1700000000' },
  }).trim();

test('the tarballs of two clones are equal, byte for byte', () => {
  const clone = join(folder, 'another-clone');
  mkdirSync(clone);
  // A copy, no links: a bundle names its inputs by their real paths.
  const folders = ['node_modules', 'packages', 'scripts', 'docs'];
  const files = ['package.json', 'package-lock.json', 'tsconfig.base.json', 'README.md', 'LICENSE'];
  run(ROOT, 'cp', '-a', '.dependency-cruiser.mjs', ...folders, ...files, clone);
  for (const addOn of [[], ['--add-on', 'coordinate']]) {
    const digests = [ROOT, clone].map((root, at) => {
      const out = join(folder, `build-${at}`);
      const path = run(root, process.execPath, join(root, 'scripts/pack.mjs'), ...addOn, out);
      return createHash('sha256').update(readFileSync(path)).digest('hex');
    });
    assert.equal(digests[0], digests[1], addOn.join(' '));
    console.log(`install: sha256 ${digests[0]} twice`);
  }
});
