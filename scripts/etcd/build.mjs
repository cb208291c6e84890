#!/usr/bin/env node
/**
 * Build etcd and etcdctl 3.6 from unmodified Go modules, pinned by `module/go.mod` and `module/go.sum`, for the tests
 * that run against a real cluster. The result is kept outside the clone, in a folder named by the hash of what it was
 * built from, so that a second clone or a second run finds it.
 *
 *   node scripts/etcd/build.mjs            build if needed, print the folder
 *   node scripts/etcd/build.mjs --where    print the folder if it is there, else say so and end with 1
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, holds, publish, runStep } from '../build-cache.mjs';
import { checkedGo, goEnvironment } from '../go-toolchain.mjs';

const MODULE = join(dirname(fileURLToPath(import.meta.url)), 'module');
const PROGRAMS = { etcd: 'go.etcd.io/etcd/server/v3', etcdctl: 'go.etcd.io/etcd/etcdctl/v3' };
/** -mod=readonly: a pin that does not fit is an error, never a silent update. */
const BUILD_FLAGS = ['-mod=readonly', '-trimpath', '-ldflags=-s -w'];
const BUILD_TIMEOUT_MS = 30 * 60_000;

function etcdFolder() {
  const pins = ['go.mod', 'go.sum'].map((name) => readFileSync(join(MODULE, name)));
  return cacheFolder('etcd', [
    ...pins,
    JSON.stringify([PROGRAMS, BUILD_FLAGS, process.platform, process.arch]),
  ]);
}

function isBuilt(folder) {
  return holds(folder, Object.keys(PROGRAMS));
}

/** As the modules say themselves. */
function oldestGo() {
  const wanted = /^go (\d+)\.(\d+)/m.exec(readFileSync(join(MODULE, 'go.mod'), 'utf8'));
  return [Number(wanted[1]), Number(wanted[2])];
}

async function build(folder) {
  const go = checkedGo('etcd', oldestGo());
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
    await runStep(go, ['build', ...BUILD_FLAGS, '-o', join(output, name), path], {
      cwd: source,
      env: goEnvironment({ CGO_ENABLED: '0' }),
      timeoutMs: BUILD_TIMEOUT_MS,
    });
  }
  publish(output, folder, Object.keys(PROGRAMS));
}

async function main() {
  const folder = etcdFolder();
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
