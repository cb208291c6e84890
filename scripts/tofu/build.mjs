#!/usr/bin/env node
/**
 * Build OpenTofu and providers from Go modules, for the tests that validate, plan and apply rendered Terraform. What is built is kept
 * outside the clone, in folders named by the hash of what they were built from.
 *
 *   node scripts/tofu/build.mjs             build what is missing; print one line `part program` for each
 *   node scripts/tofu/build.mjs --where     print the lines if all is there, else say so and end with 1
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, holds, publish, runStep } from '../build-cache.mjs';
import { checkedGo, goEnvironment } from '../go-toolchain.mjs';
import { PARTS } from './parts.mjs';

const MODULES = join(dirname(fileURLToPath(import.meta.url)), 'module');
/** -mod=readonly: a pin that does not fit is an error, never a silent update. */
const BUILD_FLAGS = ['-mod=readonly', '-trimpath'];
const BUILD_TIMEOUT_MS = 30 * 60_000;
const OLDEST_GO = /** @type {const} */ ([1, 26]);

function folderOf(part) {
  const source = join(MODULES, part.name);
  const files = readdirSync(source).sort();
  const recipe = JSON.stringify([part, files, BUILD_FLAGS, process.platform, process.arch]);
  return cacheFolder(`fleet-tofu-${part.name}`, [
    ...files.map((name) => readFileSync(join(source, name))),
    recipe,
  ]);
}

const isBuilt = (part) => holds(folderOf(part), [part.program]);

async function build(part) {
  const go = checkedGo(part.name, OLDEST_GO);
  const folder = folderOf(part);
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(`${folder}.building-`);
  process.once('exit', () => rmSync(work, { recursive: true, force: true }));
  const [source, output] = [join(work, 'source'), join(work, 'output')];
  cpSync(join(MODULES, part.name), source, { recursive: true });
  mkdirSync(output);
  process.stderr.write(`building ${part.program} (${part.path})\n`);
  const flags = [...BUILD_FLAGS, `-ldflags=${part.linkerFlags}`];
  await runStep(go, ['build', ...flags, '-o', join(output, part.program), part.path], {
    cwd: source,
    env: goEnvironment({ CGO_ENABLED: '0' }),
    timeoutMs: BUILD_TIMEOUT_MS,
  });
  publish(output, folder, [part.program]);
}

async function main() {
  const missing = PARTS.filter((part) => !isBuilt(part));
  if (missing.length > 0 && process.argv.includes('--where')) {
    const names = missing.map(({ name }) => name).join(', ');
    process.stderr.write(`not built here yet: ${names}; run: node scripts/tofu/build.mjs\n`);
    return 1;
  }
  if (missing.length > 0) {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
    setPriority(10);
    process.stderr.write('built once from Go modules: 4 to 6 minutes on two cores, then kept in the cache\n');
  }
  for (const part of missing) await build(part);
  for (const part of PARTS) process.stdout.write(`${part.name} ${join(folderOf(part), part.program)}\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const why = error instanceof Error ? error.message : String(error);
  process.stderr.write(`OpenTofu and its providers were not built: ${why}\n`);
  process.exitCode = 1;
}
