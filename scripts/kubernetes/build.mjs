#!/usr/bin/env node
/**
 * Build a Kubernetes control plane (API server, controller manager, scheduler), kwok, kubeconform and helm from
 * unmodified Go modules, for the tests that run against a real one. What is built is kept outside the clone, in folders
 * named by the hash of what they were built from, so that a second clone or a second run finds them. etcd is that of
 * `scripts/etcd/build.mjs`.
 *
 *   node scripts/kubernetes/build.mjs [part ...]    build what is missing; print one line `part folder` for each
 *   node scripts/kubernetes/build.mjs --where       print the lines if all is there, else say so and end with 1
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
const LOOK_TIMEOUT_MS = 30_000;

function folderOf(part) {
  const pins = ['go.mod', 'go.sum'].map((name) => readFileSync(join(MODULES, part.name, name)));
  const recipe = JSON.stringify([part, BUILD_FLAGS, process.platform, process.arch]);
  return cacheFolder(`fleet-${part.name}`, [...pins, recipe]);
}

function filesOf(part) {
  return [...Object.keys(part.programs), ...(part.stages === undefined ? [] : ['stages.yaml'])];
}

function isBuilt(part) {
  return holds(folderOf(part), filesOf(part));
}

/** As the modules say themselves. */
function oldestGo(part) {
  const wanted = /^go (\d+)\.(\d+)/m.exec(readFileSync(join(MODULES, part.name, 'go.mod'), 'utf8'));
  return [Number(wanted[1]), Number(wanted[2])];
}

async function build(part) {
  const go = checkedGo(part.name, oldestGo(part));
  const folder = folderOf(part);
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(`${folder}.building-`);
  process.once('exit', () => rmSync(work, { recursive: true, force: true }));
  const source = join(work, 'source');
  const output = join(work, 'output');
  cpSync(join(MODULES, part.name), source, { recursive: true });
  mkdirSync(output);
  for (const [name, path] of Object.entries(part.programs)) {
    process.stderr.write(`building ${name} (${path})\n`);
    const flags = [...BUILD_FLAGS, `-ldflags=${part.linkerFlags}`];
    await runStep(go, ['build', ...flags, '-o', join(output, name), path], {
      cwd: source,
      env: goEnvironment({ CGO_ENABLED: '0' }),
      timeoutMs: BUILD_TIMEOUT_MS,
    });
  }
  if (part.stages !== undefined) joinStages(part, moduleFolder(go, part.stagesOf, source), output);
  publish(output, folder, filesOf(part));
}

/** The folder of a module in Go's own cache. */
function moduleFolder(go, module, cwd) {
  const args = ['list', '-mod=readonly', '-m', '-f', '{{.Dir}}', module];
  const options = { cwd, env: goEnvironment({}), encoding: 'utf8', timeout: LOOK_TIMEOUT_MS };
  return execFileSync(go, args, options).trim();
}

function joinStages(part, folder, output) {
  const texts = part.stages.map((path) => readFileSync(join(folder, path), 'utf8'));
  writeFileSync(join(output, 'stages.yaml'), texts.map((text) => `---\n${text}`).join(''));
}

function chosenParts(names) {
  const unknown = names.filter((name) => PARTS.every((part) => part.name !== name));
  if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(', ')}`);
  return names.length === 0 ? PARTS : PARTS.filter(({ name }) => names.includes(name));
}

async function main() {
  const parts = chosenParts(process.argv.slice(2).filter((argument) => argument !== '--where'));
  const missing = parts.filter((part) => !isBuilt(part));
  if (missing.length > 0 && process.argv.includes('--where')) {
    const names = missing.map(({ name }) => name).join(', ');
    process.stderr.write(`not built here yet: ${names}; run: node scripts/kubernetes/build.mjs\n`);
    return 1;
  }
  if (missing.length > 0) {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
    setPriority(10);
    process.stderr.write(
      'built once from Go modules: 8 to 15 minutes on two cores, then kept in the cache\n',
    );
  }
  for (const part of missing) await build(part);
  for (const part of parts) process.stdout.write(`${part.name} ${folderOf(part)}\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const why = error instanceof Error ? error.message : String(error);
  process.stderr.write(`the Kubernetes parts were not built: ${why}\n`);
  process.exitCode = 1;
}
