// Modules that a command does not need cost time at each start, and memory in a service.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bundleCommand } from './bundle.mjs';

const folder = mkdtempSync(join(tmpdir(), 'watchbill-bundle-'));
after(() => rmSync(folder, { recursive: true }));
const { inputs, outputs } = await bundleCommand(folder);

const MAIN = 'packages/watchbill/src/main.ts';
const GUARD = 'packages/guard/src/commands/guard';
const DUTY = 'packages/duty/src';

/** The modules that are loaded with one module of ours: no `import()` is followed. */
function loadedWith(path) {
  const start = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === path);
  assert.ok(start, `${path} is loaded by itself`);
  const files = new Set();
  const follow = (file) => {
    if (files.has(file) || !(file in outputs)) return;
    files.add(file);
    for (const { kind, path: target } of outputs[file].imports)
      if (kind === 'import-statement') follow(target);
  };
  follow(start[0]);
  return [...files].flatMap((file) => Object.keys(outputs[file].inputs));
}

function heavy(paths, pattern) {
  return paths.flatMap(loadedWith).filter((path) => pattern.test(path));
}

test('the list of commands loads the parser of command lines and nothing larger', () => {
  const large =
    /node_modules\/(?!commander\/)|packages\/(?!(watchbill|kit)\/|[a-z]+\/src\/commands\/doors?[.]ts)|^node:node:(http|tls|sqlite)/;
  assert.deepEqual(heavy([MAIN], large), []);
});

test('status loads neither the service, nor the rule, nor the ledger, nor TLS, nor a store', () => {
  const status = ['status-command', 'page'].map((name) => `${DUTY}/commands/status/${name}.ts`);
  const large =
    /node_modules\/(?!(commander|yaml|zod)\/)|duty\/src\/(service|proof|store\/(?!shape)|rule\/(?!policy|texts))|^node:node:(https|tls)$/;
  assert.deepEqual(heavy([MAIN, ...status], large), []);
});

test('a service with its own store loads no client of a cluster', () => {
  const large = /@bufbuild|@connectrpc|undici|@peculiar|@noble|packages\/duty\/src\/store\/(etcd|tikv)\//;
  assert.deepEqual(heavy([MAIN, `${DUTY}/commands/serve/wiring.ts`], large), []);
});

test('a guard loads neither zod, nor the library of metrics, nor the doctor, nor a store', () => {
  const large =
    /modules\/zod|prom-client|undici|guard\/src\/doctor\/(?!facts)|duty\/src\/store\/(?!port|shape)/;
  assert.deepEqual(heavy([MAIN, `${GUARD}/guard-command.ts`, `${GUARD}/guard-run.ts`], large), []);
});

test('no file imports a module of Node, since that loads each of its members', () => {
  const imports = Object.values(outputs).flatMap((output) => output.imports);
  const imported = imports.filter(({ kind, path }) => kind === 'import-statement' && isBuiltin(path));
  assert.deepEqual(imported, []);
  assert.ok('node:node:http' in inputs);
});

test('the messages of zod are there in English alone', () => {
  const languages = Object.values(outputs).flatMap((output) =>
    Object.keys(output.inputs).filter((path) => path.includes('zod/v4/locales/')),
  );
  assert.deepEqual([...new Set(languages)], ['node_modules/zod/v4/locales/en.js']);
});

test('no function gets its name at run time; the class whose name a library reads keeps it', () => {
  const grep = (pattern) => spawnSync('grep', ['-rqE', pattern, folder]).status;
  // `@peculiar/asn1-schema` compares the name `Sequence`.
  assert.deepEqual([grep('__name[(]'), grep('var Sequence=class')], [1, 0]);
});

writeFileSync(join(folder, 'package.json'), '{ "name": "watchbill", "type": "module", "version": "0.1.0" }');
const watchbill = (args) =>
  spawnSync(process.execPath, ['dist/main.js', ...args], { cwd: folder, encoding: 'utf8', timeout: 60_000 });

test('the bundle has the alerts and boards of every capability', () => {
  for (const owner of ['service', 'coordinate', 'guard', 'nominate', 'fleet']) {
    const { status, stderr } = watchbill(['monitor', 'dashboards', '--of', owner, '--out', owner]);
    assert.equal(status, 0, stderr);
  }
});

test('the bundle asks a service over HTTP and over TLS', () => {
  for (const url of ['http://127.0.0.1:1', 'https://127.0.0.1:1']) {
    const { status, stderr } = watchbill(['status', '--url', url]);
    assert.match(stderr, /no program listens on that port/);
    assert.equal(status, 5);
  }
});
