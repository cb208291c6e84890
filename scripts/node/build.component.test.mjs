// The build of the node, with a cargo that only pretends: however it ends, it leaves no process and no broken
// binary, and the next build is whole.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endGroup, groupLives } from '../process-group.mjs';

const SCRIPT = fileURLToPath(new URL('build.mjs', import.meta.url));
const WAIT_MS = 30_000;
/** Writes half a binary and half a crate, hangs while the file `hang` is there, then writes the binary. */
const CARGO = `#!/bin/sh
if [ "$1" = --version ]; then echo 'cargo 1.95.0 (fake)'; exit 0; fi
out="$CARGO_TARGET_DIR/release"
mkdir -p "$out/deps"
ls "$out/deps" > "$FAKE/found"
echo half > "$out/watchbill-devnode"
echo half > "$out/deps/half.rlib"
if [ -e "$FAKE/hang" ]; then sleep 1000 & echo "group $$ of cargo" >&2; wait; fi
echo whole > "$out/watchbill-devnode"
`;

function fake(context) {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-node-build-'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const program = (name, text) => {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  };
  program('cargo', CARGO);
  for (const name of ['protoc', 'clang']) program(name, '#!/bin/sh\n');
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
  const hang = join(folder, 'hang');
  return {
    groups,
    /** What the last cargo found in the folder of crates. */
    found: () => readFileSync(join(folder, 'found'), 'utf8').trim(),
    published: () => globSync('cache/watchbill/node-*{[0-9a-f],building-*}', { cwd: folder }),
    hangs: (does) => (does ? writeFileSync(hang, '') : rmSync(hang)),
    start: (args = []) => start(args, env),
  };
}

function start(args, env) {
  const child = spawn(process.execPath, [SCRIPT, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'])
    child[name].on('data', (chunk) => {
      said[name] += chunk;
    });
  return { child, said, outcome: async () => ({ code: (await closed)[0], ...said }) };
}

async function until(look, describe) {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const found = look();
    if (found) return found;
    if (performance.now() > deadline) throw new Error(`waited ${WAIT_MS} ms: ${describe()}`);
    await sleep(20);
  }
}

for (const signal of ['SIGTERM', 'SIGKILL'])
  test(`${signal} leaves no process and no binary, and the next build compiles again`, async (context) => {
    const build = fake(context);
    build.hangs(true);
    const killed = build.start();
    const [, pid] = await until(
      () => /group (\d+) of cargo/.exec(killed.said.stderr),
      () => killed.said.stderr,
    );
    const group = Number(pid);
    build.groups.push(group);
    assert.ok(groupLives(group));
    killed.child.kill(signal);
    await killed.outcome();
    await until(
      () => !groupLives(group),
      () => `group ${group} is running`,
    );
    assert.deepEqual(build.published(), []);
    assert.equal((await build.start(['--where']).outcome()).code, 1);

    build.hangs(false);
    const { code, stdout, stderr } = await build.start().outcome();
    assert.equal(code, 0, stderr);
    assert.equal(build.found(), '', 'the crate of the killed build is gone');
    assert.equal(readFileSync(stdout.trim(), 'utf8'), 'whole\n');
    assert.equal((await build.start(['--where']).outcome()).stdout, stdout);
    assert.equal(build.published().length, 1);
  });

test('a binary that is there is not built again', async (context) => {
  const build = fake(context);
  const first = await build.start().outcome();
  assert.ok(existsSync(first.stdout.trim()), first.stderr);
  build.hangs(true);
  assert.equal((await build.start().outcome()).stdout, first.stdout);
});
