// `npm run release` twice, and its files by the tools of strangers: sha256sum, minisign, lintian, no Node.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { ROOT } from '@watchbill/testkit/pages/page-run';
import { buildRelease, fileOf, sharedRelease } from '@watchbill/testkit/pages/release';

const TIMEOUT_MS = 300_000;
const OWN = new RegExp(`-linux-${process.arch}$`);
const folder = leaveNothing('release');
const signed = join(folder, 'signed');
let out = '';
let printed = '';

const run = (program: string, args: readonly string[], cwd = signed): string =>
  execFileSync(program, args, {
    cwd,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

before(async () => {
  // A throw-away key without a password, as the page says.
  run('minisign', ['-G', '-W', '-p', 'key.pub', '-s', 'key'], folder);
  ({ out } = await sharedRelease(folder));
  const key = ['--sign-key', join(folder, 'key')];
  printed = await buildRelease(signed, key, { MASK: '077', TZ: 'Asia/Tokyo' });
});

/** The one file of this processor in an empty environment: there is no Node, no home and no cache. */
const watchbill = (args: readonly string[]) =>
  spawnSync(fileOf(out, OWN), args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    env: { PATH: '/nowhere' },
  });

test('two builds give one digest for each file, with another mask, time zone and folder', () => {
  assert.equal(
    readFileSync(join(signed, 'SHA256SUMS'), 'utf8'),
    readFileSync(join(out, 'SHA256SUMS'), 'utf8'),
  );
});

test('sums and signature are those of sha256sum and minisign', () => {
  run('sha256sum', ['--check', '--strict', 'SHA256SUMS']);
  const check = ['-V', '-m', 'SHA256SUMS', '-p', join(folder, 'key.pub')];
  assert.match(run('minisign', check), /Signature and comment signature verified/);
  const { subject } = JSON.parse(readFileSync(join(signed, 'provenance.intoto.json'), 'utf8'));
  const sums = readFileSync(join(signed, 'SHA256SUMS'), 'utf8');
  for (const { name, digest } of subject) assert.ok(sums.includes(`${digest.sha256}  ${name}\n`), name);
  assert.match(readFileSync(join(signed, 'THIRD_PARTY_LICENSES.txt'), 'utf8'), /^vitepress \d/m);
  const readme = readFileSync(join(signed, 'README.md'), 'utf8');
  const files = [...readme.matchAll(/^[|].*/gm)].flatMap(
    ([row]) => row.match(/(?<=`)[\w.-]{7,}(?=`)/g) ?? [],
  );
  assert.ok(files.length >= 15, files.join(' '));
  for (const name of files) statSync(join(signed, name));
  assert.match(printed, /npm publish .*watchbill-fleet-/);
  assert.match(printed, /first release:\n {2}package.json: repository.*\n(.*\n)*.*control: Maintainer\n/);
});

test('Debian finds no fault in its packages', () => {
  for (const name of ['amd64', 'arm64'])
    assert.equal(
      run('lintian', ['--allow-root', '--fail-on', 'warning', fileOf(out, new RegExp(`_${name}.deb$`))]),
      '',
    );
});

test('each executable is small enough, and the one of this machine starts', () => {
  for (const name of ['x64', 'arm64'])
    assert.ok(statSync(fileOf(out, new RegExp(`-linux-${name}$`))).size <= 90_000_000, name);
  const command = fileOf(out, OWN);
  const timed = spawnSync('bash', ['-c', 'TIMEFORMAT="%U + %S s"; time "$0" --version', command], {
    encoding: 'utf8',
  });
  assert.match(timed.stdout, /^\d+[.]\d+[.]\d+/);
  console.log(`release: a start takes ${timed.stderr.trim()} of the processor`);
});

test('every capability works in the one file: pages, templates, threads, other processes of itself', () => {
  const works = (args: readonly string[], expected: RegExp) => {
    const { stdout, stderr, status } = watchbill(args);
    assert.equal(status, 0, `${args.join(' ')}: ${stderr}`);
    assert.match(stdout + stderr, expected, args.join(' '));
  };
  works(['docs', 'install'], /# How to install the service/);
  works(['monitor', 'dashboards', '--of', 'nominate', '--out', 'boards'], /boards/);
  works(['fleet', 'init', '--help'], /Usage: watchbill fleet init/);
  works(['nominate', 'init', '--example'], /./);
  works(['nominate', 'check', '--snapshot', 'example-snapshot.json'], /./);
  // It starts a service and six validators, each another process of the one file.
  works(['demo', '--seconds', '8'], /conflicts 0/);
});

test('a tree with changes is refused, and a key that is none', () => {
  const clone = join(folder, 'clone');
  run('git', ['clone', '--quiet', '--shared', ROOT, clone], folder);
  run('ln', ['-s', join(ROOT, 'node_modules'), 'node_modules'], clone);
  run('sh', ['-c', 'echo >> README.md'], clone);
  const refused = (...args: readonly string[]) => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/release.mjs', ...args], { cwd: clone });
    assert.equal(status, 1);
    return stderr.toString();
  };
  assert.match(refused(), /no release: these files differ from the commit.*\n.*README[.]md/);
  assert.match(refused('--allow-dirty', '--sign-key', 'README.md'), /no secret key of minisign/);
});
