#!/usr/bin/env node
/**
 * A standard library for the target wasm32v1-none, which the runtime is compiled to.
 *
 * If `rustup target add wasm32v1-none` was run, it is there already. If rustup's downloads are out of reach,
 * the crates needed (core, alloc, compiler_builtins) are compiled once from the sources of the very compiler
 * in use: those of the rustup component `rust-src`, or those of the Debian package `rust-src`. The compiler
 * itself is used as it is; the result is a folder for `rustc --sysroot`, kept in the cache.
 *
 *   node scripts/node/wasm-toolchain.mjs            build if needed, print the folder
 *   node scripts/node/wasm-toolchain.mjs --where    print the folder if it exists, else end with 1
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { cacheFolder, inWorkFolder, publish } from '../build-cache.mjs';
import { runBuild } from '../run-build.mjs';
import { runStep } from '../run-step.mjs';
import { fetchDebianLibrary } from './debian-rust-src.mjs';

export const WASM_TARGET = 'wasm32v1-none';

const CRATES = ['core', 'alloc', 'compiler_builtins'];
const ASK_TIMEOUT_MS = 60_000;
/**
 * The library's own settings: every intrinsic in a separate object file, so that only used ones are linked.
 */
const PROFILE = `[profile.release]
panic = "abort"
opt-level = 3
codegen-units = 1
[profile.release.package.compiler_builtins]
codegen-units = 10000
`;

/**
 * @typedef {{ sysroot: string, host: string, version: string, identity: string, env: NodeJS.ProcessEnv }}
 *   Compiler `identity`: all that `rustc -vV` says; `env`: the environment in which cargo and rustc are found
 */

/**
 * The Rust compiler in the PATH or where rustup puts it.
 * @returns {Compiler}
 * @throws {Error} without one, said with the remedy
 */
export function findCompiler() {
  const cargoBin = join(process.env.CARGO_HOME || join(homedir(), '.cargo'), 'bin');
  const env = { ...process.env, PATH: [process.env.PATH ?? '', cargoBin].join(delimiter) };
  const rustc = (...args) =>
    execFileSync('rustc', args, { env, encoding: 'utf8', timeout: ASK_TIMEOUT_MS }).trim();
  try {
    const identity = rustc('-vV');
    const field = (name) => new RegExp(`^${name}: (.+)$`, 'm').exec(identity)?.[1] ?? '';
    const sysroot = realpathSync(rustc('--print', 'sysroot'));
    return { sysroot, host: field('host'), version: field('release'), identity, env };
  } catch (cause) {
    throw new Error(`no working rustc (${cause.message}): install Rust 1.95.0 with rustup`, { cause });
  }
}

/**
 * The folder to hand to `rustc --sysroot`: the compiler's own when it has the target, else ours in the cache.
 * @param {Compiler} compiler
 */
export function wasmSysroot(compiler) {
  if (isComplete(compiler.sysroot)) return compiler.sysroot;
  return cacheFolder('wasm-toolchain', [compiler.identity, compiler.sysroot, PROFILE]);
}

/** Whether this folder holds a library of the target. @param {string} sysroot */
export function isComplete(sysroot) {
  return CRATES.every((name) => globSync(join(libraryFolder(sysroot), `lib${name}-*.rlib`)).length > 0);
}

function libraryFolder(sysroot) {
  return join(sysroot, 'lib', 'rustlib', WASM_TARGET, 'lib');
}

/**
 * The same, built first where it is missing.
 * @param {Compiler} compiler
 * @returns {Promise<string>}
 */
export async function ensureWasmSysroot(compiler) {
  const sysroot = wasmSysroot(compiler);
  if (isComplete(sysroot)) return sysroot;
  const startedMs = Date.now();
  process.stderr.write(
    `the library of Rust ${compiler.version} for ${WASM_TARGET} is compiled once: about a minute on two cores, then kept in the cache\n`,
  );
  await inWorkFolder(sysroot, async (work) => {
    await build(compiler, work);
    publish(join(work, 'output'), sysroot, ['lib']);
  });
  process.stderr.write(`built in ${Math.round((Date.now() - startedMs) / 1000)} s\n`);
  return sysroot;
}

async function build(compiler, work) {
  const target = join(work, 'target');
  const library = await librarySources(compiler, work);
  // An unstable switch, as a library is compiled with; it wants the bootstrap variable, here and nowhere
  // else.
  const flags = [
    '-Zforce-unstable-if-unmarked',
    '-Cembed-bitcode=yes',
    `--remap-path-prefix=${library}=/rust/library`,
  ];
  await runStep(
    'cargo',
    ['build', '--offline', '--release', '-p', 'alloc', '--target', WASM_TARGET, '--target-dir', target],
    {
      cwd: writeCrate(join(work, 'crate'), library),
      env: { ...compiler.env, RUSTC_BOOTSTRAP: '1', CARGO_ENCODED_RUSTFLAGS: flags.join('\x1f') },
    },
  );
  collect(compiler, join(target, WASM_TARGET, 'release', 'deps'), join(work, 'output'));
}

async function librarySources(compiler, work) {
  const own = join(compiler.sysroot, 'lib', 'rustlib', 'src', 'rust', 'library');
  return existsSync(join(own, 'core')) ? own : fetchDebianLibrary(compiler.version, work);
}

/** A crate whose only purpose is to need the library; gives its folder. */
function writeCrate(folder, library) {
  const alloc = `alloc = { path = ${JSON.stringify(join(library, 'alloc'))}, features = ["compiler-builtins-mem"] }`;
  const head = '[package]\nname = "wasm-library"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n';
  mkdirSync(join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'Cargo.toml'), `${head}[dependencies]\n${alloc}\n${PROFILE}`);
  writeFileSync(join(folder, 'src', 'lib.rs'), '#![no_std]\n');
  return folder;
}

/** Puts the compiled crates where rustc looks for a target's library. */
function collect(compiler, from, sysroot) {
  const to = libraryFolder(sysroot);
  mkdirSync(to, { recursive: true });
  for (const name of CRATES) {
    for (const file of globSync(join(from, `lib${name}-*.rlib`))) cpSync(file, join(to, basename(file)));
  }
  if (!isComplete(sysroot))
    throw new Error(`cargo ended well, but not all of ${CRATES.join(', ')} are in ${from}`);
  // The linker for Wasm is found beside the library of the host.
  const rustlib = join('lib', 'rustlib');
  symlinkSync(join(compiler.sysroot, rustlib, compiler.host), join(sysroot, rustlib, compiler.host));
}

async function main(args) {
  const compiler = findCompiler();
  const sysroot = wasmSysroot(compiler);
  if (args.includes('--where') && !isComplete(sysroot)) {
    process.stderr.write(`not built here yet; run: node scripts/node/wasm-toolchain.mjs\n`);
    return 1;
  }
  process.stdout.write(`${await ensureWasmSysroot(compiler)}\n`);
  return 0;
}

if (process.argv[1] === import.meta.filename) {
  const about = { what: `the library for ${WASM_TARGET}`, again: 'node scripts/node/wasm-toolchain.mjs' };
  await runBuild(about, () => main(process.argv.slice(2)));
}
