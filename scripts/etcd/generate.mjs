#!/usr/bin/env node
/**
 * Generate the etcd client's messages from `packages/store/proto/etcd` into `packages/store/src/etcd/gen`.
 * JavaScript with declarations, because TypeScript output would hold enums, which Node does not strip.
 *
 *   node scripts/etcd/generate.mjs            write
 *   node scripts/etcd/generate.mjs --check    compare with what is committed; end with 1 where it differs
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const PROTO = join(ROOT, 'packages/store/proto/etcd');
const TARGET = join(ROOT, 'packages/store/src/etcd/gen');
const TIMEOUT_MS = 120_000;

/** buf reads its template from the command line, so that no second file must be kept in step. */
function generateInto(folder) {
  const template = {
    version: 'v2',
    plugins: [
      {
        local: [process.execPath, join(ROOT, 'node_modules/@bufbuild/protoc-gen-es/bin/protoc-gen-es')],
        out: folder,
        opt: ['target=js+dts', 'import_extension=js'],
      },
    ],
  };
  const buf = join(ROOT, 'node_modules/@bufbuild/buf/bin/buf');
  const args = [buf, 'generate', PROTO, '--template', JSON.stringify(template)];
  execFileSync(process.execPath, args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: TIMEOUT_MS,
  });
}

function contents(folder) {
  if (!existsSync(folder)) return new Map();
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

function differences(wanted, found) {
  const names = new Set([...wanted.keys(), ...found.keys()]);
  return [...names].filter((name) => wanted.get(name) !== found.get(name)).sort();
}

function write(wanted) {
  rmSync(TARGET, { recursive: true, force: true });
  mkdirSync(TARGET, { recursive: true });
  for (const [name, text] of wanted) writeFileSync(join(TARGET, name), text);
}

const work = mkdtempSync(join(tmpdir(), 'watchbill-gen-'));
try {
  generateInto(work);
  const wanted = contents(work);
  if (wanted.size === 0) throw new Error('buf wrote nothing');
  const stale = differences(wanted, contents(TARGET));
  if (stale.length === 0) {
    process.stdout.write(`etcd messages are up to date (${wanted.size} files)\n`);
  } else if (process.argv.includes('--check')) {
    process.stderr.write(`stale: ${stale.join(', ')}; run: node scripts/etcd/generate.mjs\n`);
    process.exitCode = 1;
  } else {
    write(wanted);
    process.stdout.write(`wrote ${wanted.size} files\n`);
  }
} catch (error) {
  process.stderr.write(
    `etcd messages were not generated: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.stderr.write('if buf itself is missing, run: npm rebuild @bufbuild/buf\n');
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
