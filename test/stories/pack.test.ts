// The npm package is packed as it is published and installed in an empty folder. The installed command runs.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { leaveNothing } from '../support/leave-nothing.ts';

const folder = leaveNothing('pack');

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUN_TIMEOUT_MS = 240_000;

/** The environment without what npm told its scripts: the empty folder is no part of the repository. `node` is the one that tests. */
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'))),
  PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
};

function runIn(cwd: string, command: string, args: readonly string[]): string {
  const run = spawnSync(command, args, { cwd, env: environment, encoding: 'utf8', timeout: RUN_TIMEOUT_MS });
  assert.equal(
    run.status,
    0,
    `${command} ${args.join(' ')}: ${run.error?.message ?? ''}\n${run.stdout}\n${run.stderr}`,
  );
  return run.stdout;
}

describe('the packed package, installed in an empty folder', () => {
  const home = join(folder, 'home');
  const installed = join(home, 'node_modules/watchbill');
  const command = join(home, 'node_modules/.bin/watchbill');

  before(() => {
    const packed = runIn(ROOT, process.execPath, ['scripts/pack.mjs', folder]);
    const tarball = packed.trim().split('\n').at(-1) ?? '';
    mkdirSync(home);
    writeFileSync(join(home, 'package.json'), '{ "name": "empty", "private": true }');
    runIn(home, 'npm', [
      'install',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      tarball,
    ]);
  });

  const files = (): string[] => readdirSync(installed, { recursive: true, encoding: 'utf8' }).map(String);
  const manifest = () => JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));

  test('prints its version', () => {
    assert.equal(runIn(home, command, ['--version']).trim(), manifest().version);
  });

  test('prints its help', () => {
    const help = runIn(home, command, ['--help']);
    for (const name of ['serve', 'claim', 'demo']) assert.match(help, new RegExp(`^ +${name}\\b`, 'm'));
  });

  test('prints the schema of its configuration', () => {
    const schema = JSON.parse(runIn(home, command, ['config', 'schema']));
    assert.equal(schema.type, 'object');
    assert.ok(Object.keys(schema.properties).length > 0);
  });

  test('holds the licence, a README and no source, test or map', () => {
    const names = files();
    for (const name of ['LICENSE', 'README.md', 'bin/watchbill.mjs', 'dist/main.js'])
      assert.ok(names.includes(name), name);
    const code = names.filter((name) => /\.(ts|map)$/.test(name) || /test|fake|conformance/i.test(name));
    assert.deepEqual(code, []);
  });

  test('depends on what it imports and on nothing of the workspaces', () => {
    const imported = files()
      .filter((name) => name.endsWith('.js'))
      .flatMap((name) => importedBy(readFileSync(join(installed, name), 'utf8')));
    const packages = imported.filter((name) => !name.startsWith('node:') && !name.startsWith('.'));
    assert.deepEqual([...new Set(packages)].sort(), Object.keys(manifest().dependencies).sort());
    assert.ok(!Object.keys(manifest().dependencies).some((name) => name.startsWith('@watchbill/')));
    for (const [name, version] of Object.entries(manifest().dependencies)) {
      assert.match(String(version), /^\d+\.\d+\.\d+$/, `${name} is pinned`);
    }
  });

  test('runs no script when it is installed', () => {
    assert.equal(manifest().scripts, undefined);
    const { name, version } = manifest();
    console.log(`pack: ${name} ${version} installed with ${files().length} files, 3 commands run`);
  });
});

/** Packages named by the import statements of a bundle; built-in modules keep their `node:`. */
function importedBy(code: string): string[] {
  const statements = code.matchAll(
    /^(?:import|export)\b[^;'"]*?["']([^"']+)["'];|\bimport\(\s*["']([^"']+)["']\s*\)/gm,
  );
  return [...statements].map(([, fixed, dynamic]) => packageOf(fixed ?? dynamic ?? ''));
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
