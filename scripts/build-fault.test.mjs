// A build that fails says in one line what is missing and which command mends it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultLine } from './build-fault.mjs';
import { StepError } from './run-step.mjs';

const AGAIN = 'npm run node:build';
const line = (output, about = {}) =>
  faultLine(new StepError('cargo build ended with code 101', { output, ...about }), AGAIN);

test('a full disk', () => {
  for (const output of [
    'error: failed to write `/x/libfoo.rmeta`: No space left on device (os error 28)',
    'npm error code ENOSPC',
  ])
    assert.match(
      line(output),
      /^the disk is full \(\d+ MB free for \S+\)\. Free some space, then run: npm run node:build$/,
    );
  const error = Object.assign(new Error("ENOSPC: no space left on device, copyfile 'a' -> 'b'"), {
    code: 'ENOSPC',
  });
  assert.match(faultLine(error, AGAIN), /^the disk is full/);
});

test('no network, with the host if the program names it', () => {
  const hosts = {
    'crates.example.org':
      'error: failed to download from `https://crates.example.org/se/rd/serde`\n\nCaused by:\n  [6] Could not resolve host: crates.example.org',
    'modules.example.org':
      'go: go.etcd.io/etcd@v3: Get "https://modules.example.org/go.etcd.io": dial tcp: lookup modules.example.org on 10.0.0.1:53: no such host',
    'npm.example.org':
      'npm error code ENOTFOUND\nnpm error network request to https://npm.example.org/ws failed, reason: getaddrinfo ENOTFOUND npm.example.org',
    'debian.example.org':
      "W: Failed to fetch http://debian.example.org/debian/dists/x  Temporary failure resolving 'debian.example.org'",
    'the package registry': 'npm error code ETIMEDOUT',
  };
  for (const [host, output] of Object.entries(hosts))
    assert.equal(
      line(output),
      `no connection to ${host}. Check the network and the proxy settings, then run: ${AGAIN}`,
    );
});

test('a missing tool, with the package that has it', () => {
  const commands = {
    'error: linker `cc` not found': 'cc is missing. Run: apt-get install -y gcc libc6-dev && ',
    'is `cmake` not installed?': 'cmake is missing. Run: apt-get install -y cmake && ',
    'error occurred: failed to find tool "c++": No such file or directory':
      'c++ is missing. Run: apt-get install -y g++ && ',
    'cgo: C compiler "gcc" not found: exec: "gcc": executable file not found in $PATH':
      'gcc is missing. Run: apt-get install -y gcc libc6-dev && ',
    'sh: 1: make: not found': 'make is missing. Run: apt-get install -y make && ',
  };
  for (const [output, wanted] of Object.entries(commands)) assert.equal(line(output), `${wanted}${AGAIN}`);
  assert.equal(line('', { missing: 'npm' }), `npm is missing. Run: ${AGAIN}`);
});

test('anything else keeps the message, and points to the output', () => {
  assert.equal(
    line('error[E0308]: mismatched types'),
    `cargo build ended with code 101; its output is above. To try again, run: ${AGAIN}`,
  );
  for (const message of ['there is no part x', 'spawnSync go ETIMEDOUT'])
    assert.equal(faultLine(new Error(message), AGAIN), message);
});
