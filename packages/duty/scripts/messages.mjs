#!/usr/bin/env node
/**
 * Generate the messages of the clients of etcd and TiKV from `packages/duty/proto/NAME` into
 * `packages/duty/src/store/NAME/gen`. JavaScript with declarations, because TypeScript output would hold
 * enums, which Node does not strip.
 *
 *   node packages/duty/scripts/messages.mjs            write
 *   node packages/duty/scripts/messages.mjs --check    compare; end with 1 on a difference
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

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const ENGINES = ['etcd', 'tikv'];
const TIMEOUT_MS = 120_000;

/** buf reads its template from the command line, so that no second file must be kept in step. */
function generateInto(folder, proto) {
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
  const args = [buf, 'generate', proto, '--template', JSON.stringify(template)];
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

function write(target, wanted) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const [name, text] of wanted) writeFileSync(join(target, name), text);
}

function generate(engine, isCheck) {
  const target = join(ROOT, 'packages/duty/src/store', engine, 'gen');
  const work = mkdtempSync(join(tmpdir(), 'watchbill-gen-'));
  try {
    generateInto(work, join(ROOT, 'packages/duty/proto', engine));
    const wanted = contents(work);
    if (wanted.size === 0) throw new Error('buf wrote nothing');
    const stale = differences(wanted, contents(target));
    if (stale.length === 0) {
      process.stdout.write(`${engine} messages are up to date (${wanted.size} files)\n`);
    } else if (isCheck) {
      process.stderr.write(
        `stale: ${stale.join(', ')} of ${engine}; run: node packages/duty/scripts/messages.mjs\n`,
      );
      process.exitCode = 1;
    } else {
      write(target, wanted);
      process.stdout.write(`wrote ${wanted.size} files of ${engine}\n`);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

try {
  for (const engine of ENGINES) generate(engine, process.argv.includes('--check'));
} catch (error) {
  console.error(`messages were not generated: ${error.message}`);
  console.error('if buf itself is missing, run: npm rebuild @bufbuild/buf');
  process.exitCode = 1;
}
