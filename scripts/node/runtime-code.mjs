// Compiles the chain's runtime to Wasm and packs it as nodes expect it.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { homedir, setPriority } from 'node:os';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { cacheRoot } from '../build-cache.mjs';
import { runStep } from '../run-step.mjs';
import { inTarget } from './target-folder.mjs';
import { ensureWasmSysroot, findCompiler, WASM_TARGET } from './wasm-toolchain.mjs';

const SUBSTRATE = join(import.meta.dirname, '../../substrate');
/** The cargo workspace of the runtime. */
export const RUNTIME = join(SUBSTRATE, 'devnet-runtime');

/** The sources of the Wasm, from the runtime's folder. */
const SOURCES = ['Cargo.toml', 'Cargo.lock', 'src/**/*.rs'];
/** A module that nodes can run: its table is exported, its memory is the node's. */
const FLAGS = [
  '-Clink-arg=--export-table',
  '-Clink-arg=--import-memory',
  '-Clink-arg=--export=__heap_base',
  '--cfg=substrate_runtime',
];
/** Distinguishes packed code from plain Wasm (crate sp-maybe-compressed-blob). */
const PACKED_PREFIX = Buffer.from([82, 188, 83, 118, 70, 219, 142, 5]);
const PACK_LEVEL = 22;

/**
 * Name and content of everything the Wasm depends on, but for the compiler. @returns {(string |
 * Uint8Array)[]}
 */
export function runtimeSources() {
  const files = globSync(SOURCES, { cwd: RUNTIME })
    .sort()
    .flatMap((name) => {
      const content = readFileSync(join(RUNTIME, name));
      return [`${name} ${content.length}\n`, content];
    });
  return [...files, JSON.stringify(FLAGS)];
}

/** Compiled crates: one folder for all clones. `inTarget` keeps those of our sources apart. */
function targetFolder() {
  return process.env.CARGO_TARGET_DIR || join(cacheRoot(), 'runtime-target');
}

function estimate() {
  return existsSync(join(targetFolder(), WASM_TARGET, 'release', 'deps'))
    ? 'less than a minute, as most crates are compiled already'
    : '2 to 6 minutes on two cores the first time';
}

/**
 * Compiles the runtime once per variant.
 * @param {readonly string[]} variants features of the crate
 * @returns {Promise<{ rustc: string, wasm: Record<string, Buffer> }>}
 */
export async function compileRuntime(variants) {
  const compiler = findCompiler();
  const sysroot = await ensureWasmSysroot(compiler);
  process.stderr.write(`the runtime is compiled for ${variants.join(' and ')}: ${estimate()}\n`);
  setPriority(10);
  const wasm = {};
  await inTarget(targetFolder(), RUNTIME, async () => {
    for (const variant of variants) wasm[variant] = await compileVariant(compiler, sysroot, variant);
  });
  return { rustc: compiler.version, wasm };
}

async function compileVariant(compiler, sysroot, variant) {
  const startedMs = Date.now();
  const args = ['build', '--release', '--locked', '--no-default-features', '--features', variant];
  await runStep('cargo', [...args, '--target', WASM_TARGET], {
    cwd: RUNTIME,
    env: {
      ...compiler.env,
      CARGO_TARGET_DIR: targetFolder(),
      CARGO_ENCODED_RUSTFLAGS: [...FLAGS, `--sysroot=${sysroot}`, ...pathsLeftOut()].join('\x1f'),
    },
  });
  process.stderr.write(`${variant}: ${Math.round((Date.now() - startedMs) / 1000)} s\n`);
  return readFileSync(join(targetFolder(), WASM_TARGET, 'release', 'watchbill_devnet_runtime.wasm'));
}

/** Messages of panics name files; they name them without the folders of this machine. */
function pathsLeftOut() {
  const crates = join(process.env.CARGO_HOME || join(homedir(), '.cargo'), 'registry', 'src');
  return [`--remap-path-prefix=${crates}=/crates`, `--remap-path-prefix=${RUNTIME}=/runtime`];
}

/** @param {Uint8Array} wasm @returns {Buffer} the same, as it stands in a specification */
export function packCode(wasm) {
  const params = { [constants.ZSTD_c_compressionLevel]: PACK_LEVEL };
  return Buffer.concat([PACKED_PREFIX, zstdCompressSync(wasm, { params })]);
}
