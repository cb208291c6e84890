#!/usr/bin/env node
/**
 * Build etcd and etcdctl 3.6 from unmodified Go modules, pinned by `module/go.mod` and `module/go.sum`, for the tests
 * that run against a real cluster. The result is kept outside the clone, in a folder named by the hash of what it was
 * built from, so that a second clone or a second run finds it.
 *
 *   node scripts/etcd/build.mjs            build if needed, print the folder
 *   node scripts/etcd/build.mjs --where    print the folder if it is there, else say so and end with 1
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODULE = join(dirname(fileURLToPath(import.meta.url)), 'module');
const PROGRAMS = { etcd: 'go.etcd.io/etcd/server/v3', etcdctl: 'go.etcd.io/etcd/etcdctl/v3' };
/** -mod=readonly: a pin that does not fit is an error, never a silent update. */
const BUILD_FLAGS = ['-mod=readonly', '-trimpath', '-ldflags=-s -w'];
const BUILD_TIMEOUT_MS = 30 * 60_000;

/** Where the binaries of these sources belong, whether they are there or not. */
function cacheFolder() {
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'go.sum']) hash.update(readFileSync(join(MODULE, name)));
  hash.update(JSON.stringify([PROGRAMS, BUILD_FLAGS, process.platform, process.arch]));
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'watchbill', `etcd-${hash.digest('hex').slice(0, 16)}`);
}

function isBuilt(folder) {
  return Object.keys(PROGRAMS).every((name) => existsSync(join(folder, name)));
}

/** The official place first: distributions ship a Go that is too old for these modules. */
function findGo() {
  const places = [
    '/usr/local/go/bin/go',
    ...(process.env.PATH ?? '')
      .split(':')
      .filter((folder) => folder !== '')
      .map((folder) => join(folder, 'go')),
  ];
  return places.find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function checkedGo() {
  const wanted = /^go (\d+)\.(\d+)/m.exec(readFileSync(join(MODULE, 'go.mod'), 'utf8'));
  const go = findGo();
  if (go === undefined) {
    throw new Error(
      `Go is missing: install Go ${wanted[1]}.${wanted[2]} or newer to /usr/local/go (https://go.dev/dl)`,
    );
  }
  const text = execFileSync(go, ['env', 'GOVERSION'], { env: goEnvironment(), encoding: 'utf8' }).trim();
  const found = /^go(\d+)\.(\d+)/.exec(text);
  const tooOld =
    found === null ||
    Number(found[1]) * 1000 + Number(found[2]) < Number(wanted[1]) * 1000 + Number(wanted[2]);
  if (tooOld) throw new Error(`${go} is ${text}, but etcd needs Go ${wanted[1]}.${wanted[2]} or newer`);
  return go;
}

function goEnvironment() {
  return { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '', GOWORK: 'off' };
}

function run(program, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: goEnvironment(), stdio: ['ignore', 2, 2] });
    const timer = setTimeout(() => child.kill('SIGKILL'), BUILD_TIMEOUT_MS);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else
        reject(
          new Error(`${program} ${args.join(' ')} ended with ${signal ?? code}; its own lines stand above`),
        );
    });
  });
}

async function build(folder) {
  const go = checkedGo();
  const parent = dirname(folder);
  mkdirSync(parent, { recursive: true });
  const work = mkdtempSync(`${folder}.building-`);
  process.once('exit', () => rmSync(work, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  setPriority(10);
  const source = join(work, 'source');
  const output = join(work, 'output');
  cpSync(MODULE, source, { recursive: true });
  mkdirSync(output);
  for (const [name, path] of Object.entries(PROGRAMS)) {
    process.stderr.write(`building ${name} (${path})\n`);
    await run(go, ['build', ...BUILD_FLAGS, '-o', join(output, name), path], source);
  }
  publish(output, folder);
}

/** One rename, so that a reader sees both programs or none. Whoever is second throws its own result away. */
function publish(output, folder) {
  try {
    renameSync(output, folder);
  } catch (error) {
    if (!isBuilt(folder)) throw error;
  }
}

async function main() {
  const folder = cacheFolder();
  if (isBuilt(folder)) {
    process.stdout.write(`${folder}\n`);
    return 0;
  }
  if (process.argv.includes('--where')) {
    process.stderr.write('etcd 3.6 is not built here yet; run: node scripts/etcd/build.mjs\n');
    return 1;
  }
  const started = Date.now();
  process.stderr.write(
    'etcd 3.6 is built once from Go modules: 2 to 6 minutes on two cores, then kept in the cache\n',
  );
  await build(folder);
  process.stderr.write(`built in ${Math.round((Date.now() - started) / 1000)} s\n`);
  process.stdout.write(`${folder}\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`etcd 3.6 was not built: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
