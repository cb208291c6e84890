// Go, for builds from Go modules: its place, and whether it is new enough.

import { execFileSync } from 'node:child_process';
import { findProgram } from './build-cache.mjs';

/** A pin that does not fit is an error, never a silent update; no other toolchain is fetched. */
const ENVIRONMENT = { GOTOOLCHAIN: 'local', GOFLAGS: '', GOWORK: 'off' };
const PROBE_TIMEOUT_MS = 60_000;

/** @param {NodeJS.ProcessEnv} [more] */
export function goEnvironment(more = {}) {
  return { ...process.env, ...ENVIRONMENT, ...more };
}

/** The command that installs this version of Go. @param {readonly [number, number]} version */
export function goRemedy([major, minor]) {
  const system = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const archive = `https://go.dev/dl/go${major}.${minor}.0.${system}.tar.gz`;
  return `install Go ${major}.${minor} or newer: rm -rf /usr/local/go && curl -fL ${archive} | tar -C /usr/local -xz`;
}

/**
 * The path of Go. Throws, with the command that installs it, if there is none or an older one.
 * @param {string} what what is to be built, for the message
 * @param {readonly [number, number]} oldest such as [1, 23]
 */
export function checkedGo(what, [major, minor]) {
  // The official place first: distributions ship a Go that may be too old.
  const go = findProgram('go', ['/usr/local/go/bin']);
  if (go === undefined) {
    throw new Error(`Go is missing; ${goRemedy([major, minor])}`);
  }
  const text = execFileSync(go, ['env', 'GOVERSION'], {
    env: goEnvironment(),
    encoding: 'utf8',
    timeout: PROBE_TIMEOUT_MS,
  }).trim();
  const found = /^go(\d+)\.(\d+)/.exec(text);
  const tooOld = found === null || Number(found[1]) * 1000 + Number(found[2]) < major * 1000 + minor;
  if (tooOld)
    throw new Error(
      `${go} is ${text}, but ${what} needs Go ${major}.${minor} or newer; ${goRemedy([major, minor])}`,
    );
  return go;
}
