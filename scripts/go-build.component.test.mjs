// A separate script builds a small module, as those beside it build large ones.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { cacheRoot, findProgram } from './build-cache.mjs';
import { plantTree } from './check/fixture-tree.mjs';

/** Go's own cache stays where it is, with its runtime compiled. */
const GOCACHE = process.env.GOCACHE ?? join(dirname(cacheRoot()), 'go-build');
const HERE = new URL('.', import.meta.url).href;
const noGo = findProgram('go', ['/usr/local/go/bin']) === undefined && 'Go is not installed';

/** A folder with a module `hello`, a script that builds it, and a separate cache. */
function ground(context) {
  const { root: folder, write } = plantTree(context, { 'module/go.mod': 'module hello\n\ngo 1.20\n' });
  const say = (text) => write({ 'module/main.go': `package main\n\nfunc main() { ${text} }\n` });
  write({ 'build.mjs': scriptText(join(folder, 'module')) });
  const run = (...args) =>
    outcome(join(folder, 'build.mjs'), args, {
      ...process.env,
      GOCACHE,
      XDG_CACHE_HOME: join(folder, 'cache'),
    });
  const kept = () => readdirSync(join(folder, 'cache/watchbill'));
  return { say, run, kept, write };
}

function scriptText(module) {
  return `
    import { writeFileSync } from 'node:fs';
    import { moduleBuild, runGoBuilds } from '${HERE}go-build.mjs';
    await runGoBuilds({
      script: 'build.mjs', what: 'the greeting', minutes: 'a second',
      builds: () => [moduleBuild({
        name: 'hello', module: ${JSON.stringify(module)}, programs: { hello: '.' }, recipe: () => ['1'],
        flags: ['-mod=readonly'],
        files: ['note'], addFiles: (_go, _source, output) => writeFileSync(output + '/note', 'kept'),
      })],
      line: ({ folder }) => folder,
    });`;
}

function outcome(program, args, env) {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { env, timeout: 90_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

test('what is missing is named, built once with all its files, and found from then on', {
  skip: noGo,
}, async (context) => {
  const { say, run, kept } = ground(context);
  say('print("hello")');
  const before = await run('--where');
  assert.deepEqual([before.code, before.stdout], [1, '']);
  assert.match(before.stderr, /not built here yet: hello; run: node build\.mjs/);
  const built = await run();
  assert.equal(built.code, 0, built.stderr);
  assert.deepEqual(kept(), [built.stdout.trim().split('/').at(-1)]);
  assert.deepEqual(readdirSync(built.stdout.trim()).sort(), ['hello', 'note']);
  assert.deepEqual(await run(), { code: 0, stdout: built.stdout, stderr: '' });
  say('print("goodbye")');
  assert.equal((await run('--where')).code, 1, 'other sources have another folder');
});

test('a build that fails says so, and leaves nothing behind', { skip: noGo }, async (context) => {
  const { say, run, kept } = ground(context);
  say('this does not compile');
  const failed = await run();
  assert.deepEqual([failed.code, failed.stdout], [1, '']);
  assert.match(failed.stderr, /the greeting: not built: .*go build/);
  assert.deepEqual(kept(), []);
});

test('a module that does not say which Go it needs, and one that needs a later Go, are refused', {
  skip: noGo,
}, async (context) => {
  const { say, run, kept, write } = ground(context);
  say('');
  write({ 'module/go.mod': 'module hello\n' });
  assert.match((await run()).stderr, /go\.mod does not say which Go it needs/);
  write({ 'module/go.mod': 'module hello\n\ngo 9.1\n' });
  const late = await run();
  assert.equal(late.code, 1);
  assert.match(late.stderr, /hello needs Go 9\.1 or newer/);
  assert.throws(kept, /ENOENT/);
});
