// The npm package is packed and installed by the line that every page shows, under an empty npm prefix. The installed
// command runs in an empty folder.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { INSTALL } from '../docs/page-run.ts';
import { leaveNothing } from '../support/leave-nothing.ts';

const folder = leaveNothing('pack');

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUN_TIMEOUT_MS = 240_000;

/** The environment without the settings that npm gives its scripts: the empty folder is not in the repository. `node` is the one of the tests. */
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'))),
  PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
};

function runIn(
  cwd: string,
  command: string,
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): string {
  const env = { ...environment, ...settings };
  const run = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: RUN_TIMEOUT_MS });
  assert.equal(
    run.status,
    0,
    `${command} ${args.join(' ')}: ${run.error?.message ?? ''}\n${run.stdout}\n${run.stderr}`,
  );
  return run.stdout;
}

describe('the packed package, installed under an empty prefix', () => {
  const prefix = join(folder, 'prefix');
  const home = join(folder, 'home');
  const installed = join(prefix, 'lib/node_modules/watchbill');
  const command = join(prefix, 'bin/watchbill');

  before(() => {
    mkdirSync(home);
    runIn(ROOT, 'bash', ['-c', INSTALL], {
      npm_config_prefix: prefix,
      npm_config_prefer_offline: 'true',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_loglevel: 'error',
    });
  });

  /** Files of the package itself: under a global prefix npm puts its dependencies below it. */
  const files = (): string[] =>
    readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter(
      (name) => !name.startsWith('node_modules'),
    );
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
