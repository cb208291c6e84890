#!/usr/bin/env node
/**
 * Build what the tests on TiKV need, from unmodified Go modules pinned by `deploy/tikv/<name>/go.mod` and `go.sum`: PD, a
 * Raft-replicated store that speaks TiKV's protocol, and the reference client. Each is kept outside the clone, in a folder
 * named by the hash of what it was built from.
 *
 *   node scripts/tikv/build.mjs            build what is missing, print the three programs, one a line
 *   node scripts/tikv/build.mjs --where    print them if they are there, else say so and end with 1
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, holds, publish, runStep } from '../build-cache.mjs';
import { checkedGo, goEnvironment } from '../go-toolchain.mjs';

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), '../../deploy/tikv');
/** `-checklinkname` of the linker is as young as this. */
const OLDEST_GO = /** @type {const} */ ([1, 23]);
const BUILD_TIMEOUT_MS = 30 * 60_000;
/** What PD calls itself; without it, it takes itself for a release that is too old for its own data. */
const PD_VERSION = 'github.com/tikv/pd/pkg/versioninfo.PDReleaseVersion=v8.1.0';

/** The version control of this clone is no part of what is built. */
const SHARED_FLAGS = ['-mod=readonly', '-buildvcs=false'];

/** In the order in which they are printed. */
const PROGRAMS = [
  {
    name: 'pd-server',
    module: 'pd',
    flags: ['-tags', 'without_dashboard', '-ldflags', `-s -w -X ${PD_VERSION}`],
    target: 'github.com/tikv/pd/cmd/pd-server',
  },
  // One of its modules reaches into the runtime by a way that later versions of Go close by default.
  { name: 'tikv-store', module: 'store', flags: ['-ldflags', '-s -w -checklinkname=0'], target: '.' },
  { name: 'tikv-reference', module: 'reference', flags: ['-ldflags', '-s -w'], target: '.' },
];

function folderOf(program) {
  const source = join(SOURCES, program.module);
  const files = readdirSync(source).sort();
  const about = JSON.stringify([program, SHARED_FLAGS, files, process.platform, process.arch]);
  return cacheFolder(program.name, [about, ...files.map((file) => readFileSync(join(source, file)))]);
}

async function build(go, program, folder) {
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(`${folder}.building-`);
  const remove = () => rmSync(work, { recursive: true, force: true });
  process.once('exit', remove);
  const [source, output] = [join(work, 'source'), join(work, 'output')];
  cpSync(join(SOURCES, program.module), source, { recursive: true });
  mkdirSync(output);
  process.stderr.write(`building ${program.name}\n`);
  await runStep(
    go,
    ['build', ...SHARED_FLAGS, ...program.flags, '-o', join(output, program.name), program.target],
    { cwd: source, env: goEnvironment(), timeoutMs: BUILD_TIMEOUT_MS },
  );
  publish(output, folder, [program.name]);
  remove();
  process.off('exit', remove);
}

async function main() {
  const all = PROGRAMS.map((program) => ({ program, folder: folderOf(program) }));
  const missing = all.filter(({ program, folder }) => !holds(folder, [program.name]));
  if (missing.length > 0 && process.argv.includes('--where')) {
    const names = missing.map(({ program }) => program.name).join(', ');
    process.stderr.write(`not built here yet: ${names}; run: node scripts/tikv/build.mjs\n`);
    return 1;
  }
  if (missing.length > 0) {
    const go = checkedGo('the test cluster of TiKV', OLDEST_GO);
    const startedMs = Date.now();
    process.stderr.write(
      'PD, store and reference client are built once from Go modules: up to 10 minutes, then kept in the cache\n',
    );
    setPriority(10);
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
    for (const { program, folder } of missing) await build(go, program, folder);
    process.stderr.write(`built in ${Math.round((Date.now() - startedMs) / 1000)} s\n`);
  }
  for (const { program, folder } of all) process.stdout.write(`${join(folder, program.name)}\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(
    `the test cluster of TiKV was not built: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}
