// Every module that the root of the command tree loads delays every command.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DOORS } from './doors.ts';

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

const ENGINES = /polkadot-api|libp2p|fastify|@noble|prom-client|undici|@connectrpc|@bufbuild/;
/** Everything of a capability but its commands, and what these need to list their options. */
const CAPABILITIES =
  /packages\/(?!watchbill|kit)[a-z]+\/src\/(?!commands?\/|rule\/|config\/|client\/|store\/shape[.]ts$|simulate\/options[.]ts$)/;
/** Modules that only a list of options may load. */
const DOCUMENTS =
  /node_modules\/(zod|yaml)\/|packages\/duty\/src\/rule\/|\/commands\/([a-z]+\/)*(?!doors?[.]ts$)[\w-]+[.]ts$|\/demo\//;

/** Addresses of the modules that one command line loads. */
function loadedBy(args: readonly string[]): readonly string[] {
  const { status, stderr } = spawnSync(process.execPath, ['--import', WATCH, MAIN, ...args], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  const loaded = stderr.split('\n').filter((line) => line.startsWith('file:'));
  assert.ok(loaded.some((url) => url.endsWith('/src/doors.ts')));
  return loaded;
}

test('the version and the list of commands load no command', () => {
  for (const args of [['--version'], ['--help']])
    for (const heavy of [ENGINES, CAPABILITIES, DOCUMENTS])
      assert.deepEqual(
        loadedBy(args).filter((url) => heavy.test(url)),
        [],
      );
});

test('the help of a command loads its own folder, and neither an engine nor a capability', () => {
  for (const { usage } of DOORS) {
    const [name = usage] = usage.split(' ');
    const loaded = loadedBy([name, '--help']);
    assert.ok(
      loaded.some((url) => new RegExp(`/${name}-command[.]ts$`).test(url)),
      name,
    );
    for (const heavy of [ENGINES, CAPABILITIES])
      assert.deepEqual(
        loaded.filter((url) => heavy.test(url)),
        [],
        name,
      );
  }
});
