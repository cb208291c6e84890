import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';

leaveNothing('readmes');

function block(page: string, language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'm').exec(page)?.[1];
  assert.ok(found !== undefined, `the README has no ${language} block`);
  return found;
}

for (const name of [
  'chain',
  'coordinate',
  'duty/src/rule',
  'duty/src/service',
  'fleet/src/file',
  'fleet/src/gateway',
  'fleet/src/lab',
  'fleet/src/run',
  'fleet/src/watch',
  'testkit',
  'watchbill',
]) {
  test(`the example in the README of ${name} runs as it stands and prints what it says`, async () => {
    const folder = fileURLToPath(new URL(`../../../${name}`, import.meta.url));
    const page = await readFile(`${folder}/README.md`, 'utf8');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        '--input-type=module-typescript',
        '--eval',
        block(page, 'ts'),
      ],
      { cwd: folder, timeout: 60_000 },
    );
    assert.equal(stdout, block(page, 'text'));
  });
}
