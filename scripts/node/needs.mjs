// The needs of building the node: how to check the machine for each, and how to install it.

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../build-cache.mjs';

const PROBE_TIMEOUT_MS = 20_000;
/** The crates of this release ask for it. */
const OLDEST_RUST = [1, 89];

function rustIsNewEnough() {
  const cargo = findProgram('cargo', [join(process.env.CARGO_HOME || join(homedir(), '.cargo'), 'bin')]);
  if (cargo === undefined) return false;
  const probe = spawnSync(cargo, ['--version'], { encoding: 'utf8', timeout: PROBE_TIMEOUT_MS });
  const found = /^cargo (\d+)\.(\d+)/.exec(probe.stdout ?? '');
  if (found === null) return false;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  return major > OLDEST_RUST[0] || (major === OLDEST_RUST[0] && minor >= OLDEST_RUST[1]);
}

/** @typedef {import('../needs.mjs').Need & { remedy: string }} BuildNeed */

/** @type {BuildNeed} */
export const cargoNeed = {
  name: `cargo ${OLDEST_RUST.join('.')} or newer`,
  isThere: rustIsNewEnough,
  // Debian's cargo is older than the crates require.
  debian: [],
  remedy: `install Rust ${OLDEST_RUST.join('.')} or newer: curl -fsSL https://sh.rustup.rs | sh -s -- -y`,
};

/** @type {(name: string, isThere: () => boolean) => BuildNeed} */
function debianNeed(name, isThere) {
  return { name, isThere, debian: [name], remedy: `${name} is missing: apt-get install -y ${name}` };
}

/** Where the bindings generator of the crates looks for the library. */
function libclangFolder() {
  return process.env.LIBCLANG_PATH || '/usr/lib/{llvm-*/lib,*-linux-gnu}';
}

/** @type {readonly BuildNeed[]} */
export const buildNeeds = [
  cargoNeed,
  debianNeed('protobuf-compiler', () => findProgram('protoc', []) !== undefined),
  debianNeed('clang', () => findProgram('clang', []) !== undefined),
  debianNeed('libclang-dev', () => globSync(`${libclangFolder()}/libclang*.so*`).length > 0),
];
