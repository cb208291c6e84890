import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { IMAGE } from '@watchbill/fleet/file/testing';
import { runFake } from './testing/run-all.ts';

const ROOT = mkdtempSync(join(tmpdir(), 'watchbill-full-'));
const MADE = join(ROOT, 'made');
const FULL = join(ROOT, 'full');
const BLOCK_BYTES = 4_096;

/** Mounts need rights that not every machine gives. */
const mounted = ((): boolean => {
  try {
    execFileSync('mkdir', [MADE, FULL]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', FULL], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

before(async () => {
  if (!mounted) return;
  for (const line of [
    ['fleet', 'init', '--chain', 'westend', '--image', IMAGE],
    ['nominate', 'init', '--example'],
  ]) {
    const { code, all } = await runFake(line, { cwd: MADE });
    assert.equal(code, 0, all);
  }
  copyFileSync(join(MADE, 'network.yaml'), join(FULL, 'network.yaml'));
  // All but two blocks are taken: small files still fit, and those that do not are cut off in the middle.
  let size = 512 * 1_024;
  for (; size > 0; size -= BLOCK_BYTES) {
    try {
      writeFileSync(join(FULL, 'filler'), Buffer.alloc(size));
      break;
    } catch {
      rmSync(join(FULL, 'filler'), { force: true });
    }
  }
  writeFileSync(join(FULL, 'filler'), Buffer.alloc(size - BLOCK_BYTES));
});
after(() => {
  if (mounted) execFileSync('umount', ['--lazy', FULL]);
  rmSync(ROOT, { recursive: true });
});

/** Each writes more than there is room for. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  init: ['init', '--dir', 'service', '--tls'],
  'nominate init': ['nominate', 'init', '--example', '--dir', 'programme'],
  'round plan': [
    ...['nominate', 'round', 'plan', '--out', 'round.json'],
    ...['--snapshot', join(MADE, 'example-snapshot.json'), '--programme', join(MADE, 'programme.yaml')],
  ],
  'fleet init': ['fleet', 'init', '--chain', 'westend', '--image', IMAGE, '--dir', 'network'],
  render: ['fleet', 'render', '--format', 'kustomize', '--out', 'rendered'],
  'watch render': ['fleet', 'watch', 'render', '--out', 'watched'],
  scale: ['fleet', 'scale', 'rpc', '3', '--local', 'local'],
  'coordinate example': ['coordinate', 'init', '--example', 'desk'],
};

for (const [name, line] of Object.entries(LINES))
  test(`${name} on a full disk: no partial file is left, and the error names the full disk`, {
    skip: !mounted,
  }, async () => {
    const kept = readFileSync(join(FULL, 'network.yaml'));
    const filler = join(FULL, 'filler');
    // A file of one block has room for the smallest of these: then there is none at all.
    const room = statSync(filler).size;
    if (name === 'scale' || name === 'fleet init') writeFileSync(filler, Buffer.alloc(room + BLOCK_BYTES));
    const { code, stderr, stdout } = await runFake(line, { cwd: FULL });
    writeFileSync(filler, Buffer.alloc(room));
    assert.equal(code, 1, stderr);
    assert.match(stderr, /full\/.*: the disk is full\n {2}where: .*\n[\s\S]*make room/);
    assert.doesNotMatch(stderr, /defect|ENOSPC/);
    assert.equal(stdout, '');
    assert.deepEqual(readdirSync(FULL).sort(), ['filler', 'network.yaml']);
    assert.deepEqual(readFileSync(join(FULL, 'network.yaml')), kept);
  });
