// Remedies send people to these pages for a whole file: it has to be the one that the command writes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';

leaveNothing('whole');

const ROOT = join(import.meta.dirname, '../../../..');
const COMMAND = join(ROOT, 'packages/watchbill/bin/watchbill.mjs');

interface Whole {
  readonly page: string;
  readonly file: string;
  readonly command: readonly string[];
}

const ADDRESS = 'west 5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty';
const KEY_OF_OPERATOR = [
  '--name',
  'alpha',
  '--listen',
  '/ip4/203.0.113.5/tcp/7400',
  '--chain',
  'ws://127.0.0.1:9944',
];

const FILES: readonly Whole[] = [
  {
    page: 'coordinate/how-to/coordinate.md',
    file: 'coordinate.yaml',
    command: ['coordinate', 'init', '--dir', '.', ...KEY_OF_OPERATOR],
  },
  {
    page: 'nominate/how-to/nominate-service.md',
    file: 'nominate.yaml',
    command: ['nominate', 'init', '--example'],
  },
  {
    page: 'nominate/how-to/nominate.md',
    file: 'programme.yaml',
    command: ['nominate', 'init', '--network', 'kusama', '--nominator', ADDRESS],
  },
];

for (const { page, file, command } of FILES)
  test(`${page} shows the ${file} that the command writes`, (t) => {
    const cwd = mkdtempSync(join(tmpdir(), 'watchbill-whole-'));
    t.after(() => rmSync(cwd, { recursive: true }));
    // Without a home it finds no chains that run on this machine, and writes the same everywhere.
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const env = { PATH, NODE_COMPILE_CACHE };
    execFileSync(process.execPath, [COMMAND, ...command], { cwd, env, timeout: 60_000 });
    const text = readFileSync(join(cwd, file), 'utf8');
    const shown = readFileSync(join(ROOT, 'docs', page), 'utf8');
    assert.ok(shown.includes(`\n\`\`\`yaml\n${text}\`\`\`\n`), `${page} shows another ${file}`);
  });
