// Every module that the root of the command tree loads delays every command.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@watchbill/kit/testing';
import { DOORS } from './doors.ts';

const NAMES = DOORS.map(({ usage }) => usage.split(' ')[0] ?? usage);
const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const PACK = fileURLToPath(new URL('../../../scripts/pack', import.meta.url));
const { bundleCommand } = (await import(join(PACK, 'bundle.mjs'))) as {
  readonly bundleCommand: (folder: string) => Promise<unknown>;
};

/** Prints addresses of modules that are found, each use of `Intl`, and at the end the modules of Node. */
const WATCH = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve: (name, context, next) => {
      const found = next(name, context);
      process.stderr.write(found.url + '\\n');
      return found;
    },
  });
  globalThis.Intl = new Proxy(Intl, {
    get: (all, name) => {
      process.stderr.write('Intl.' + String(name) + '\\n');
      return all[name];
    },
  });
  process.on('exit', () => process.stderr.write(process.moduleLoadList.join('\\n') + '\\n'));
`)}`;

const ENGINES = /polkadot-api|libp2p|fastify|@noble|prom-client|undici|@connectrpc|@bufbuild/;
/** Everything of a capability but its commands, and what these need to list their options. */
const CAPABILITIES =
  /packages\/(?!watchbill|kit)[a-z]+\/src\/(?!commands?\/|rule\/|config\/|client\/|store\/shape[.]ts$|simulate\/options[.]ts$)/;
/** Modules that only a list of options may load. */
const DOCUMENTS =
  /node_modules\/(zod|yaml)\/|packages\/duty\/src\/rule\/|\/commands\/([a-z]+\/)*(?!doors?[.]ts$)[\w-]+[.]ts$|\/demo\//;

/** The lines that one command line writes under the watch. */
function watched(main: string, args: readonly string[], expected = 0): readonly string[] {
  const { status, stderr } = spawnSync(process.execPath, ['--import', WATCH, main, ...args], {
    encoding: 'utf8',
  });
  assert.equal(status, expected, stderr);
  return stderr.split('\n');
}

/** Asserts that what was watched is the command, and that no module that it loads is one of these. */
function lacks(lines: readonly string[], ...heavy: readonly RegExp[]): void {
  const loaded = lines.filter((line) => line.startsWith('file:'));
  assert.ok(loaded.some((url) => url.endsWith('/src/doors.ts')));
  const wrong = loaded.filter((url) => heavy.some((each) => each.test(url)));
  assert.deepEqual(wrong, []);
}

test('the version and the list of commands load no command', () => {
  for (const flag of ['--version', '--help']) lacks(watched(MAIN, [flag]), ENGINES, CAPABILITIES, DOCUMENTS);
});

/** Runs the help of each command, one after the other in one process: a module is found at its first use. */
const HELPS = `
  import { systemIo } from ${JSON.stringify(import.meta.resolve('@watchbill/kit/command/io'))};
  import { runCli } from ${JSON.stringify(import.meta.resolve('./run.ts'))};
  for (const name of ${JSON.stringify(NAMES)}) {
    process.stderr.write('help of ' + name + '\\n');
    process.exitCode ||= await runCli([name, '--help'], systemIo());
  }`;

test('the help of a command loads its own folder, and neither an engine nor a capability', () => {
  const lines = watched('--eval', [HELPS]);
  const own = (name: string) =>
    new RegExp(`^help of ${name}\\n((?!help of ).*\\n)*.*/${name}-command[.]ts$`, 'm');
  for (const name of NAMES) assert.match(lines.join('\n'), own(name));
  lacks(lines, ENGINES, CAPABILITIES);
});

/** Modules of Node that take milliseconds, and what makes the first object of `Intl`, which takes 15 ms. */
const SLOW =
  /^Intl|^NativeModule (child_process|crypto|http2|perf_hooks|readline|sqlite|tls|worker_threads|zlib|internal[/](deps[/]undici|fs[/]promises|webstreams).*)$/;

test('packed, a command loads few files, and no module of Node or part of Intl that it does not use', async () => {
  const folder = temporaryFolder();
  await bundleCommand(folder);
  writeFileSync(
    join(folder, 'package.json'),
    '{ "name": "watchbill", "type": "module", "version": "0.1.0" }',
  );
  const packed = (args: readonly string[], most: number, expected?: number) => {
    const lines = watched(join(folder, 'dist/main.js'), args, expected);
    const files = new Set(lines.filter((line) => line.startsWith('file:')));
    assert.ok(files.size <= most, `${args.join(' ')} loads ${files.size} files`);
    const slow = lines.filter((line) => SLOW.test(line));
    assert.deepEqual(slow, [], args.join(' '));
    return lines;
  };
  packed(['--version'], 3);
  packed(['freeze', '--help'], 17);
  // No program listens there; only a request loads the client of HTTP.
  const asked = packed(['status', '--url', 'http://127.0.0.1:1'], 20, 5);
  assert.ok(asked.includes('NativeModule http'));
  packed(['top', '--once', '--url', 'http://127.0.0.1:1'], 30, 5);
});
