// A machine for tests of build scripts, with a cargo that only pretends.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endGroup, groupLives } from '../../process-group.mjs';

const WAIT_MS = 30_000;
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * A build script of this folder on a machine whose cargo is a shell script. The cargo finds the variable
 * `FAKE`: a folder for its files.
 * @param {import('node:test').TestContext} context
 * @param {string | ((folder: string) => string)} name of the build script, or its path for that folder
 * @param {string} cargo the text of a shell script
 */
export function fakeMachine(context, name, cargo) {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-fake-cargo-'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const [program, text] of Object.entries({ cargo, protoc: '', clang: '' })) {
    writeFileSync(join(bin, program), `#!/bin/sh\n${text}`);
    chmodSync(join(bin, program), 0o755);
  }
  writeFileSync(join(bin, 'libclang.so'), '');
  const { CARGO_TARGET_DIR: _, ...rest } = process.env;
  const env = {
    ...rest,
    FAKE: folder,
    CARGO_HOME: folder,
    LIBCLANG_PATH: bin,
    XDG_CACHE_HOME: join(folder, 'cache'),
    PATH: `${bin}:${process.env.PATH}`,
  };
  const groups = [];
  context.after(async () => {
    for (const group of groups) await endGroup(group, { signal: 'SIGKILL', graceMs: 1_000 });
    rmSync(folder, { recursive: true, force: true });
  });
  const script =
    typeof name === 'string' ? fileURLToPath(new URL(`../${name}`, import.meta.url)) : name(folder);
  return {
    folder,
    /** Groups of processes that end with the test. */
    groups,
    start: (args = []) => start([script, ...args], env),
    read: (file) => readFileSync(join(folder, file), 'utf8'),
    write: (file, text = '') => writeFileSync(join(folder, file), text),
    remove: (file) => rmSync(join(folder, file), { force: true }),
    cached: (pattern) => globSync(`cache/watchbill/${pattern}`, { cwd: folder }),
  };
}

/** A patch of the crates that `fakeClone` makes. */
export const PATCH = '--- a/src/lib.rs\n+++ b/src/lib.rs\n@@ -1,2 +1,3 @@\n one\n+gate\n two\n';

/**
 * A clone on such a machine: scripts, modules, and for each node a list of patched crates of one file.
 * @param {string} folder of the machine
 * @param {Record<string, readonly string[]>} crates names by node
 * @param {{ archives?: string, source?: string, version?: string }} options the folder of the archives, and
 * the text of the file of each crate
 */
export function fakeClone(folder, crates, options = {}) {
  const { archives = 'registry/cache/index', source = 'one\ntwo\n', version = '1.0.0' } = options;
  const write = (path, text) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  if (!existsSync(join(folder, 'clone'))) {
    const filter = (path) => !path.endsWith('.test.mjs');
    cpSync(join(ROOT, 'scripts'), join(folder, 'clone/scripts'), { recursive: true, filter });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'clone/node_modules'));
  }
  mkdirSync(join(folder, archives), { recursive: true });
  const listed = (node, name) => {
    write(`unpacked/${name}-${version}/src/lib.rs`, source);
    write(
      `unpacked/${name}-${version}/Cargo.toml`,
      `[package]\nname = "${name}"\n[dependencies.bench]\nversion = "1"\n`,
    );
    const file = `${archives}/${name}-${version}.crate`;
    const args = ['-czf', file, '-C', 'unpacked', `${name}-${version}`];
    assert.equal(spawnSync('tar', args, { cwd: folder }).status, 0);
    write(`clone/substrate/${node}/patches/${name}.patch`, PATCH);
    const sha256 = createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex');
    return { name, version, sha256, manifest: { dependencies: { bench: null } }, patch: `${name}.patch` };
  };
  const lists = {};
  for (const [node, names] of Object.entries(crates)) {
    lists[node] = names.map((name) => listed(node, name));
    write(`clone/substrate/${node}/patches/sources.json`, JSON.stringify(lists[node]));
    write(`clone/substrate/${node}/Cargo.toml`, '[dependencies]\nsp-api = "1"\n');
  }
  return { write, lists };
}

/** Starts a program. `said`: its output so far. */
export function start(args, env, program = process.execPath, detached = false) {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached });
  const closed = once(child, 'close');
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'])
    child[name].on('data', (chunk) => {
      said[name] += chunk;
    });
  return { child, said, outcome: async () => ({ code: (await closed)[0], ...said }) };
}

/**
 * Starts a build whose cargo prints `group NUMBER of cargo` and hangs, ends it with this signal, and waits
 * until no process of cargo is left.
 */
export async function endInCargo(machine, signal) {
  machine.write('hang');
  const killed = machine.start();
  const [, pid] = await until(
    () => /group (\d+) of cargo/.exec(killed.said.stderr),
    () => killed.said.stderr,
  );
  const group = Number(pid);
  machine.groups.push(group);
  assert.ok(groupLives(group));
  killed.child.kill(signal);
  await killed.outcome();
  await until(
    () => !groupLives(group),
    () => `group ${group} is running`,
  );
  machine.remove('hang');
}

/** Looks until there is something to return. */
export async function until(look, describe = () => '') {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const found = look();
    if (found) return found;
    if (performance.now() > deadline) throw new Error(`waited ${WAIT_MS} ms: ${describe()}`);
    await sleep(20);
  }
}
