// Set-up: what a fresh clone lacks. Quick and silent when there is nothing to do.
// Plain JavaScript for Node 20 and later: it runs before anything is installed.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeFile } from './holder-file.mjs';
import { PINNED_NODE, ROOT } from './pinned.mjs';

/** Outside node_modules, which npm removes. */
const HOLDER = join(ROOT, '.cache', 'set-up.json');
const STAMP = join(ROOT, 'node_modules', '.watchbill-setup');
const PROBE_TIMEOUT_MS = 20_000;
const NPM_TIMEOUT_MS = 15 * 60_000;

/** A step of the set-up that failed, told in words that say what to do. */
export class SetUpError extends Error {
  name = 'SetUpError';
}

/**
 * Installs the dependencies when they are absent or older than package-lock.json, and the pinned Node. Of
 * several commands that start at once in a fresh clone, one installs and the others wait for it.
 */
export async function setUp() {
  if (isSetUp()) return;
  mkdirSync(dirname(HOLDER), { recursive: true });
  await takeFile(HOLDER, {
    onWait: (pid) =>
      process.stderr.write(`set-up: process ${pid} installs the dependencies; waiting for it\n`),
  });
  try {
    if (!isSetUp()) install();
  } finally {
    rmSync(HOLDER, { force: true });
  }
}

function isSetUp() {
  return readIfThere(STAMP) === hashOf(lockFile()) && pinnedNodeWorks();
}

const lockFile = () => readFileSync(join(ROOT, 'package-lock.json'), 'utf8');

const hashOf = (text) => createHash('sha256').update(text).digest('hex');

function install() {
  const lockText = lockFile();
  if (!installedAgrees(JSON.parse(lockText))) installDependencies();
  if (!pinnedNodeWorks()) repairPinnedNode();
  writeFileSync(STAMP, hashOf(lockText));
}

/** Whether node_modules already holds what the lock file says, for example after `npm install`. */
function installedAgrees(lock) {
  const text = readIfThere(join(ROOT, 'node_modules', '.package-lock.json'));
  if (text === undefined) return false;
  const installed = JSON.parse(text).packages;
  const wanted = Object.entries(lock.packages).filter(([path]) => path.includes('node_modules/'));
  return wanted.every(([path, entry]) => {
    const found = installed[path];
    return found === undefined ? entry.optional === true : found.version === entry.version;
  });
}

function installDependencies() {
  const why = readIfThere(STAMP) === undefined ? 'not installed yet' : 'package-lock.json changed';
  process.stderr.write(`set-up: npm ci (dependencies: ${why}) ...`);
  const startedMs = Date.now();
  const outcome = npm([
    'ci',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  process.stderr.write(` ${((Date.now() - startedMs) / 1000).toFixed(0)} s\n`);
  if (outcome.ok) return;
  throw new SetUpError(`npm ci failed:\n${outcome.output}\nRepair what npm says above, then start again.`);
}

/**
 * The npm package `node` fetches its binary in an install script, which an npm setting may have held back.
 */
function repairPinnedNode() {
  process.stderr.write(`set-up: npm rebuild node (the pinned Node is missing) ...`);
  const outcome = npm(['rebuild', 'node', '--ignore-scripts=false', '--foreground-scripts']);
  process.stderr.write(pinnedNodeWorks() ? ' done\n' : ' failed\n');
  if (pinnedNodeWorks()) return;
  throw new SetUpError(
    `${PINNED_NODE} does not run, and "npm rebuild node" did not repair it:\n${outcome.output}\n` +
      'Check that npm may run the install script of the package "node" (allowScripts in package.json, ' +
      '"npm config get ignore-scripts") and that the registry has the package for this system.',
  );
}

function pinnedNodeWorks() {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const probe = spawnSync(PINNED_NODE, ['--version'], { encoding: 'utf8', timeout: PROBE_TIMEOUT_MS });
  return probe.status === 0 && probe.stdout.trim() === `v${devDependencies.node}`;
}

function npm(args) {
  // Under `npm start` the npm in use is named by npm_execpath; it need not be the one in the PATH.
  const script = process.env.npm_execpath;
  const byScript = script !== undefined && /npm-cli\.[cm]?js$/.test(script);
  const [command, first] = byScript ? [process.execPath, [script]] : ['npm', []];
  const run = spawnSync(command, [...first, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: NPM_TIMEOUT_MS,
    maxBuffer: 64 * 2 ** 20,
  });
  const cause = run.error === undefined ? '' : `${run.error.message}\n`;
  return { ok: run.status === 0, output: `${cause}${run.stdout ?? ''}${run.stderr ?? ''}`.trim() };
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** `setUp` for a script: ends the process with a readable message when it fails. */
export async function setUpOrExit() {
  try {
    await setUp();
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    console.error(`set-up failed: ${error.message}`);
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setUpOrExit();
