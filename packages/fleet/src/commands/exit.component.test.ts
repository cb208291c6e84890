import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { runCli } from './testing/run-fleet.ts';

/** Exit status and output of a command line with a mistake in it. */
async function ended(args: readonly string[], file = 'name: [') {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'network.yaml'), file);
  const io = fakeIo({ cwd: folder });
  return { code: await runCli(args, io), said: io.stderr() };
}

describe('a mistake is never taken for a change, which is a 6', () => {
  for (const command of [['plan'], ['down'], ['scale', 'api', '3'], ['storage', 'grow']])
    test(command.join(' '), async () => {
      const file = await ended(['fleet', ...command]);
      assert.equal(file.code, 2);
      assert.match(file.said, /network\.yaml/);
      assert.equal((await ended(['fleet', ...command, '--no-such-flag'])).code, 2);
      const json = await ended(['fleet', ...command, '--json']);
      assert.equal(json.code, 2);
      assert.equal(JSON.parse(json.said).error.exitCode, 2);
    });
});
