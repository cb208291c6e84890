import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@watchbill/kit/testing';
import { runFake } from './testing/run-all.ts';

/** A name that turns the rest of a line around, hides a part of it, and clears the screen. */
const HOSTILE = 'x\u202eevil\u200b\u2066\u001b[2J\u009b1m\u0007';
const HIDDEN = ['\u202e', '\u200b', '\u2066', '\u001b', '\u009b', '\u0007'];
const PACKAGES = fileURLToPath(new URL('../../', import.meta.url));

const folder = temporaryFolder();

function hiddenIn(text: string): readonly string[] {
  return HIDDEN.filter((character) => text.includes(character));
}

/** Each command names the hostile text in its error. */
const COMMANDS: readonly (readonly string[])[] = [
  ['status', '--url', `http://127.0.0.1:9/${HOSTILE}`, '--token-file', HOSTILE],
  ['claim', '--token-file', HOSTILE, '--chain', HOSTILE],
  ['serve', '--config', HOSTILE],
  ['coordinate', 'status', '--config', HOSTILE],
  ['nominate', 'check', '--snapshot', HOSTILE, '--programme', HOSTILE],
  ['fleet', 'plan', HOSTILE],
  ['ledger', 'verify', HOSTILE],
  [HOSTILE],
];

describe('hidden characters are written out', () => {
  for (const args of COMMANDS)
    test(`by ${args[0] === HOSTILE ? 'an unknown command' : args.slice(0, 2).join(' ')}`, async () => {
      const { all, code } = await runFake(args, { cwd: folder });
      assert.notEqual(code, 0);
      assert.deepEqual(hiddenIn(all), []);
      const withJson = await runFake([...args, '--json'], { cwd: folder });
      assert.deepEqual(hiddenIn(withJson.all), []);
    });

  test('by the real process', () => {
    const bin = fileURLToPath(new URL('../bin/watchbill.mjs', import.meta.url));
    const { stdout, stderr } = spawnSync(process.execPath, [bin, 'ledger', 'verify', HOSTILE], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.match(stderr, /x\\u202eevil\\u200b\\u2066\\u001b\[2J\\u009b1m\\u0007/);
    assert.deepEqual(hiddenIn(stdout + stderr), []);
  });
});

// demo/validator.ts is a child process whose parent reads its lines.
test('of commands only io.ts and main.ts write to the terminal', () => {
  const files = globSync('{kit/src/command,watchbill/src,*/src/commands}/**/*.ts', { cwd: PACKAGES }).filter(
    (name) => !name.endsWith('.test.ts'),
  );
  assert.ok(files.length > 200);
  const writers = files.filter((name) =>
    /console\.(log|error|warn)\(|std(out|err)\.write\(/.test(readFileSync(join(PACKAGES, name), 'utf8')),
  );
  assert.deepEqual(writers.toSorted(), [
    'kit/src/command/io.ts',
    'watchbill/src/demo/validator.ts',
    'watchbill/src/main.ts',
  ]);
});
