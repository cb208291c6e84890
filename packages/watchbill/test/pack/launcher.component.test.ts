import assert from 'node:assert/strict';
import { fork, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';

leaveNothing('launcher');

const BIN = fileURLToPath(new URL('../../bin', import.meta.url));
const { compiledCodeFolder } = (await import(`${BIN}/compiled-code.mjs`)) as {
  readonly compiledCodeFolder: (env: Readonly<Record<string, string>>, user: number) => string | null;
};
const MANIFEST = fileURLToPath(new URL('../../package.json', import.meta.url));
const RUN_TIMEOUT_MS = 120_000;
/** The last of the limits. */
const LIMIT = '--v8-pool-size=1';

describe('the launcher', () => {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-launcher-'));
  after(() => rmSync(folder, { recursive: true }));
  cpSync(BIN, join(folder, 'bin'), { recursive: true });
  mkdirSync(join(folder, 'dist'));
  writeFileSync(
    join(folder, 'dist/main.js'),
    "console.log('started', ...process.argv.slice(2), process.execArgv.at(-1) ?? '');",
  );
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');

  /** Starts the installed form while Node says that it is another version. */
  const startAs = (version: string) => {
    const posing = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`;
    const args = [
      '--import',
      `data:text/javascript,${posing}`,
      join(folder, 'bin/watchbill.mjs'),
      'serve',
      '--json',
    ];
    return spawnSync(process.execPath, args, { encoding: 'utf8', timeout: RUN_TIMEOUT_MS });
  };

  for (const version of ['22.18.0', '22.30.1', '24.0.0', '26.0.0', '31.2.0']) {
    test(`starts under Node ${version}`, () => {
      const run = startAs(version);
      assert.equal(run.status, 0, run.stderr);
      assert.equal(run.stdout.trim(), `started serve --json ${LIMIT}`);
      assert.equal(run.stderr, '');
    });
  }

  test('a command that runs on has a small young generation, unless the caller chose its size', () => {
    const start = (
      command: string,
      options: readonly string[] = [],
      env = {},
      more: readonly string[] = [],
    ) =>
      spawnSync(process.execPath, [...options, join(folder, 'bin/watchbill.mjs'), command, ...more], {
        encoding: 'utf8',
        timeout: RUN_TIMEOUT_MS,
        env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1', ...env },
      }).stdout.trim();
    assert.equal(start('observe'), `started observe ${LIMIT}`);
    assert.equal(start('guard', [], {}, ['run']), 'started guard run --no-maglev');
    const passphrase = ['run', '--passphrase-file', 'it'];
    assert.equal(
      start('guard', [], {}, passphrase),
      `started guard ${passphrase.join(' ')} --v8-pool-size=1`,
    );
    assert.equal(start('status'), 'started status');
    const own = '--max-semi-space-size=32';
    assert.equal(start('serve', [own]), `started serve ${own}`);
    assert.equal(start('serve', [], { NODE_OPTIONS: own }), 'started serve');
    assert.equal(start('serve', ['--permission', '--allow-fs-read=*']), 'started serve --allow-fs-read=*');
  });

  test('compiled code is kept for the next run, by the user who owns the folder', () => {
    const home = join(folder, 'home');
    mkdirSync(home, { mode: 0o700 });
    const start = (env: Readonly<Record<string, string | undefined>>, command = 'status') =>
      spawnSync(process.execPath, [join(folder, 'bin/watchbill.mjs'), command], {
        encoding: 'utf8',
        timeout: RUN_TIMEOUT_MS,
        env: { PATH: process.env.PATH, ...env },
      });
    const isFilled = (path: string) => existsSync(path) && readdirSync(path).length > 0;
    const answers = { stdout: 'started status \n', stderr: '', status: 0 };
    const check = (env: Readonly<Record<string, string | undefined>>) => {
      const { stdout, stderr, status } = start(env);
      assert.deepEqual({ stdout, stderr, status }, answers);
    };
    check({ HOME: home });
    assert.ok(isFilled(join(home, '.cache/watchbill/compiled')));
    const ofService = join(folder, 'of-service');
    mkdirSync(ofService, { mode: 0o700 });
    start({ HOME: ofService }, 'serve');
    assert.deepEqual(readdirSync(ofService), []);
    const cache = join(folder, 'cache');
    mkdirSync(cache, { mode: 0o700 });
    check({ HOME: home, XDG_CACHE_HOME: cache });
    assert.ok(isFilled(join(cache, 'watchbill/compiled')));
    for (const HOME of [undefined, '', join(folder, 'missing'), join(folder, 'package.json')])
      check({ HOME });
    assert.ok(!existsSync(join(folder, 'missing')));
  });

  test('compiled code is not read from a folder that others can write to, or that is theirs', () => {
    const home = join(folder, 'shared');
    const compiled = join(home, 'watchbill/compiled');
    mkdirSync(compiled, { recursive: true, mode: 0o700 });
    const user = process.getuid?.() ?? 0;
    const env = { XDG_CACHE_HOME: home };
    assert.equal(compiledCodeFolder(env, user), compiled);
    assert.equal(compiledCodeFolder(env, user + 1), null);
    chmodSync(compiled, 0o770);
    assert.equal(compiledCodeFolder(env, user), null);
    chmodSync(compiled, 0o700);
    chmodSync(home, 0o777);
    assert.equal(compiledCodeFolder(env, user), null);
  });

  test('a program that is connected to its parent keeps that connection', async () => {
    const child = fork(join(folder, 'bin/watchbill.mjs'), ['serve'], { stdio: 'pipe', execArgv: [] });
    const chunks = await child.stdout?.toArray();
    assert.equal(chunks?.join('').trim(), 'started serve');
  });

  for (const version of ['18.20.0', '20.20.2', '22.17.9', '23.11.0', '25.1.0']) {
    test(`refuses Node ${version} and says what to do`, () => {
      const run = startAs(version);
      assert.equal(run.status, 1);
      assert.equal(run.stdout, '');
      assert.match(run.stderr, /needs Node 22\.18/);
      assert.ok(run.stderr.includes(version));
      assert.match(run.stderr, /Install one of them/);
    });
  }

  test('the range of package.json is the one it checks', () => {
    assert.equal(JSON.parse(readFileSync(MANIFEST, 'utf8')).engines.node, '^22.18 || ^24 || >=26');
  });
});
