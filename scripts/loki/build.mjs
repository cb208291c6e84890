#!/usr/bin/env node
/**
 * Build Grafana Loki from its unmodified Go module, pinned by `module/go.mod` and `module/go.sum`, for the test that pushes lines into
 * it by the configuration that `watchbill fleet watch logs` writes. What is built is kept outside the clone, in a folder named by the
 * hash of what it was built from. Loki is under the AGPL-3.0: it is run by the test and is no part of watchbill.
 *
 *   node scripts/loki/build.mjs            build it where it is missing; print its path
 *   node scripts/loki/build.mjs --where    print the path if it is there, else say so and end with 1
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, holds, publish, runStep } from '../build-cache.mjs';
import { checkedGo, goEnvironment } from '../go-toolchain.mjs';

const MODULE = join(dirname(fileURLToPath(import.meta.url)), 'module');
const PROGRAM = 'github.com/grafana/loki/v3/cmd/loki';
const VERSION = 'v3.7.8';
/** -mod=readonly: a pin that does not fit is an error, never a silent update. */
const FLAGS = [
  '-mod=readonly',
  '-trimpath',
  `-ldflags=-s -w -X github.com/grafana/loki/v3/pkg/util/build.Version=${VERSION}`,
];
const BUILD_TIMEOUT_MS = 30 * 60_000;

function lokiFolder() {
  const pins = ['go.mod', 'go.sum'].map((name) => readFileSync(join(MODULE, name)));
  return cacheFolder('fleet-loki', [
    ...pins,
    JSON.stringify([PROGRAM, FLAGS, process.platform, process.arch]),
  ]);
}

/** As the module says itself. */
function oldestGo() {
  const [, major, minor] = /^go (\d+)\.(\d+)/m.exec(readFileSync(join(MODULE, 'go.mod'), 'utf8'));
  return [Number(major), Number(minor)];
}

async function build(folder) {
  const go = checkedGo('loki', oldestGo());
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  setPriority(10);
  process.stderr.write(
    'loki is built once from Go modules: 4 to 8 minutes on two cores, then kept in the cache\n',
  );
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(`${folder}.building-`);
  process.once('exit', () => rmSync(work, { recursive: true, force: true }));
  const [source, output] = [join(work, 'source'), join(work, 'output')];
  cpSync(MODULE, source, { recursive: true });
  mkdirSync(output);
  await runStep(go, ['build', ...FLAGS, '-o', join(output, 'loki'), PROGRAM], {
    cwd: source,
    env: goEnvironment({ CGO_ENABLED: '0' }),
    timeoutMs: BUILD_TIMEOUT_MS,
  });
  publish(output, folder, ['loki']);
}

async function main() {
  const folder = lokiFolder();
  if (!holds(folder, ['loki'])) {
    if (process.argv.includes('--where')) {
      process.stderr.write('loki is not built here yet; run: node scripts/loki/build.mjs\n');
      return 1;
    }
    await build(folder);
  }
  process.stdout.write(`${join(folder, 'loki')}\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`loki was not built: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
