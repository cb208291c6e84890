// The npm package is packed and installed by the line that every page shows, under an empty npm prefix and
// without a network. The installed command runs in an empty folder: it serves, grants a claim, and finds its
// add-ons.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { INSTALL } from '@watchbill/testkit/pages/page-run';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

const folder = leaveNothing('pack');

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUN_TIMEOUT_MS = 240_000;
const ADD_ONS = ['fleet', 'nominate', 'coordinate'];
const POLICY = {
  chain: `0x${'11'.repeat(32)}`,
  key: `0x${'22'.repeat(32)}`,
  roster: [{ name: 'alpha', rank: 0 }],
  duties: { babe: {} },
  ceilings: { slotMs: 6_000 },
  readiness: { required: false },
};

/**
 * The environment without the settings that npm gives its scripts: the empty folder is not in the repository.
 * `node` is the one of the tests.
 */
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
      npm_config_offline: 'true',
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
  const json = (name: string) => JSON.parse(readFileSync(join(installed, name), 'utf8'));
  /** Runs it, whatever its status. */
  const run = (line: string) =>
    spawnSync(command, line.split(' '), { cwd: home, env: environment, encoding: 'utf8' });

  test('prints its version', () => {
    assert.equal(runIn(home, command, ['--version']).trim(), json('package.json').version);
  });

  test('prints its help', () => {
    const help = runIn(home, command, ['--help']);
    for (const name of ['serve', 'claim', 'demo']) assert.match(help, new RegExp(`^ +${name}\\b`, 'm'));
  });

  test('prints the schema of its configuration, and a page of the documentation', () => {
    assert.match(runIn(home, command, ['docs', 'adopt']), /^# How to adopt a key\n/);
    assert.match(runIn(home, command, ['explain', 'key-frozen']), /`watchbill docs reasons`\n$/);
    const schema = JSON.parse(runIn(home, command, ['config', 'schema']));
    assert.equal(schema.type, 'object');
    assert.ok(Object.keys(schema.properties).length > 0);
  });

  test('built with the address of a site, it names pages by their address', () => {
    const file = join(installed, 'package.json');
    const manifest = json('package.json');
    writeFileSync(file, JSON.stringify({ ...manifest, homepage: 'https://docs.example.org/v1' }));
    const text = runIn(home, command, ['explain', 'key-frozen']);
    assert.match(text, /`watchbill docs reasons` [(]https:.*org\/v1\/duty\/reference\/reasons.html[)]\n$/);
    const { stderr } = run('guard pair');
    assert.match(stderr, /`watchbill docs guard-pair` [(]https:.*org\/v1\/guard\/how-to\/guard-pair.html[)]/);
    writeFileSync(file, JSON.stringify(manifest));
  });

  test('is one package of at most 40 MB, with every licence that it contains', () => {
    const names = readdirSync(join(prefix, 'lib/node_modules'), { recursive: true, encoding: 'utf8' });
    const manifests = names.filter((name) =>
      /^(.*node_modules\/)?(@[^/]+\/)?[^/]+\/package\.json$/.test(name),
    );
    assert.deepEqual(manifests, ['watchbill/package.json']);
    const bytes = names
      .map((name) => statSync(join(prefix, 'lib/node_modules', name)))
      .reduce((sum, { size, blocks }) => sum + Math.max(size, blocks * 512), 0);
    assert.ok(bytes < 40_000_000, `${bytes} bytes`);
    const licences = readFileSync(join(installed, 'THIRD_PARTY_LICENSES.txt'), 'utf8');
    const { components } = json('sbom.cdx.json');
    assert.ok(components.length > 50, `${components.length} packages`);
    for (const { group, name, version } of components)
      assert.ok(licences.includes(`\n${group === undefined ? '' : `${group}/`}${name} ${version}\n`), name);
    console.log(
      `pack: 1 package, ${Math.round(bytes / 1e5) / 10} MB, with code of ${components.length} others`,
    );
  });

  test('holds the licence, a README and no source, test or map of ours', () => {
    const names = files();
    for (const name of ['LICENSE', 'README.md', 'bin/watchbill.mjs', 'dist/main.js'])
      assert.ok(names.includes(name), name);
    const code = names.filter((name) => /\.(ts|map)$/.test(name) || /test|fake|conformance/i.test(name));
    assert.deepEqual(code, []);
  });

  test('imports nothing but Node and its add-ons', () => {
    const imported = files()
      .filter((name) => name.startsWith('dist/') && name.endsWith('.js'))
      .flatMap((name) => importedBy(readFileSync(join(installed, name), 'utf8')));
    const packages = imported.filter((name) => !isBuiltin(name) && !name.startsWith('.'));
    assert.deepEqual([...new Set(packages)].sort(), ADD_ONS.map((name) => `watchbill-${name}`).sort());
    assert.equal(json('package.json').dependencies, undefined);
    assert.equal(json('package.json').scripts, undefined, 'it runs no script when it is installed');
  });

  test('its bill of materials fits the schema of CycloneDX', () => {
    assert.deepEqual(schemaErrors(json('sbom.cdx.json')), []);
    assert.notDeepEqual(schemaErrors({ ...json('sbom.cdx.json'), specVersion: 6 }), []);
  });

  test('serves, grants a claim and prints its status and its pages', async () => {
    const port = await freePort();
    runIn(home, command, ['init', '--name', 'packed']);
    const at = ['--url', `http://127.0.0.1:${port}`];
    const service = spawn(command, ['serve', '--service-listen-port', `${port}`], {
      cwd: home,
      env: environment,
      stdio: 'ignore',
    });
    try {
      runIn(home, command, ['status', '--wait', '60', ...at]);
      writeFileSync(join(home, 'policy.yaml'), JSON.stringify(POLICY));
      const key = ['--chain', POLICY.chain, '--key', POLICY.key];
      runIn(home, command, ['policy', 'apply', 'policy.yaml', ...at]);
      const words = (line: string) => [...line.split(' '), ...at];
      runIn(home, command, [...words('adopt --never-signed --confirmation test'), ...key]);
      runIn(home, command, words('token create --role node --name alpha --out a.token'));
      // Not before: the commands above may take longer than a slot is due.
      const slot = Math.floor(Date.now() / POLICY.ceilings.slotMs);
      const claim = ['claim', ...key, '--duty', 'babe', '--unit', `${slot}`, '--digest', POLICY.key];
      const patiently = ['--token-file', 'a.token', '--wait-ms', '20000', ...at];
      assert.match(runIn(home, command, [...claim, ...patiently]), /^granted \(new\)/);
      assert.match(runIn(home, command, ['status', ...at]), new RegExp(`babe +${slot} +alpha`));
      const authorization = `Bearer ${readFileSync(join(home, 'secrets/operator.token'), 'utf8').trim()}`;
      for (const path of ['/', '/docs/', '/docs/static/swagger-ui.css', '/openapi.json', '/metrics']) {
        const { status } = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization } });
        assert.equal(status, 200, path);
      }
    } finally {
      service.kill('SIGTERM');
    }
    assert.deepEqual(await once(service, 'exit'), [0, null]);
  });

  test('offers the line that installs a missing add-on', () => {
    for (const name of ADD_ONS)
      for (const line of [`${name} --help`, `help ${name}`, `${name} anything`]) {
        const { status, stderr } = run(line);
        assert.equal(status, 2, line);
        const install = `npm install -g watchbill-${name}@${json('package.json').version} `;
        assert.ok(stderr.includes(install), stderr);
      }
  });

  test('finds an add-on beside itself, and refuses another version', () => {
    const out = join(folder, 'add-on');
    runIn(ROOT, process.execPath, ['scripts/pack.mjs', '--add-on', 'coordinate', out]);
    const place = join(prefix, 'lib/node_modules/watchbill-coordinate');
    cpSync(join(out, 'package-coordinate'), place, { recursive: true });
    assert.match(run('coordinate --help').stdout, /^Usage: watchbill coordinate/);
    // Faults of the add-on, and of its copy of the parser, are printed as those of the command are.
    const missing = run('coordinate run --config none.yaml');
    assert.deepEqual([missing.status, /what to do:/.test(missing.stderr)], [2, true], missing.stderr);
    const wrong = run('coordinate run --nonsense');
    assert.deepEqual([wrong.status, /unknown option --nonsense/.test(wrong.stderr)], [2, true], wrong.stderr);
    const manifest = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
    writeFileSync(join(place, 'package.json'), JSON.stringify({ ...manifest, version: '9.9.9' }));
    const other = run('coordinate --help');
    assert.deepEqual([other.status, /has version 9\.9\.9/.test(other.stderr)], [2, true], other.stderr);
    assert.equal(manifest.dependencies, undefined, 'npm installs nothing beside it');
    assert.deepEqual(schemaErrors(JSON.parse(readFileSync(join(place, 'sbom.cdx.json'), 'utf8'))), []);
  });
});

/** The errors of ajv for the schema of CycloneDX 1.6; formats of Unicode addresses are not checked. */
function schemaErrors(document: unknown): readonly unknown[] {
  const read = (name: string) =>
    JSON.parse(
      readFileSync(join(ROOT, 'node_modules/@cyclonedx/cyclonedx-library/res/schema', name), 'utf8'),
    );
  const ajv = new Ajv({ strict: false, formats: { 'iri-reference': true, 'idn-email': true } });
  addFormats.default(ajv);
  for (const name of ['spdx.SNAPSHOT.schema.json', 'jsf-0.82.SNAPSHOT.schema.json'])
    ajv.addSchema(read(name), `http://cyclonedx.org/schema/${name}`);
  const valid = ajv.compile(read('bom-1.6.SNAPSHOT.schema.json'));
  valid(document);
  return valid.errors ?? [];
}

/** Packages named by the import statements of a bundle; built-in modules keep their `node:`. */
function importedBy(code: string): string[] {
  const statements = code.matchAll(
    /^(?:import|export)\b[^;'"]*?["']([^"']+)["'];|\bimport\(\s*["']([^"']+)["']\s*\)/gm,
  );
  return [...statements].map(([, fixed, dynamic]) => packageOf(fixed ?? dynamic ?? ''));
}

function packageOf(specifier: string): string {
  if (/^([.]|node:)/.test(specifier)) return specifier;
  return /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
}
