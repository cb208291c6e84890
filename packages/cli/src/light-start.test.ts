// Every command pays for what is loaded before the first of them runs.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** Prints the address of each module that is found. */
const WATCH = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve: (name, context, next) => {
      const found = next(name, context);
      process.stderr.write(found.url + '\\n');
      return found;
    },
  });
`)}`;

const HEAVY = /polkadot-api|libp2p|fastify|@noble|prom-client|packages\/(coordinate|nominate)\//;

test('a command that has nothing to do with groups or chains loads nothing of theirs', () => {
  for (const args of [['--version'], ['coordinate', 'run', '--help']]) {
    const { status, stderr } = spawnSync(process.execPath, ['--import', WATCH, MAIN, ...args], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const loaded = stderr.split('\n').filter((line) => line.startsWith('file:'));
    assert.ok(loaded.some((url) => url.endsWith('/commands/coordinate/run.ts')));
    assert.deepEqual(
      loaded.filter((url) => HEAVY.test(url)),
      [],
    );
  }
});
