// A network file brought up on this machine with real nodes: it heals what dies, never runs a signer twice, and goes on where it was.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@watchbill/testkit';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';

const COMMAND = fileURLToPath(new URL('../../packages/cli/bin/watchbill.mjs', import.meta.url));
const WAIT = { timeoutMs: 120_000, everyMs: 100 };
const NAMES = ['Alice', 'Bob', 'Charlie', 'Dave'];

interface Line {
  readonly kind: string;
  readonly node?: string;
  readonly pid?: number;
  readonly url?: string;
  readonly nodes?: readonly {
    readonly name: string;
    readonly pid: number | null;
    readonly restarts: number;
    readonly reading: { readonly best: number; readonly finalised: number; readonly peers: number } | null;
  }[];
}

interface Up {
  readonly child: ChildProcess;
  readonly lines: Line[];
  readonly errors: () => string;
  readonly status: () => NonNullable<Line['nodes']>;
  readonly finalised: () => number;
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** A folder with a network file, a chain specification and secrets. */
function ground(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-local-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  copyFileSync(specFile('4', folder), join(folder, 'chain.json'));
  for (const [at, name] of NAMES.entries()) {
    const secret = join(folder, 'secrets', `validators-here-${at}-keys`);
    mkdirSync(secret, { recursive: true });
    for (const type of ['babe', 'gran', 'imon', 'audi']) writeFileSync(join(secret, type), `//${name}`);
  }
  const program = nodeBinary();
  const digest = sha256(program);
  writeFileSync(
    join(folder, 'network.yaml'),
    `format: watchbill/network/1
name: trial
preset: solo-chain
chain:
  spec: {file: chain.json, sha256: ${sha256(join(folder, 'chain.json'))}}
clusters:
  here: {}
defaults:
  software:
    image: example/devnode@sha256:${digest}
    binary: {source: ${program}, sha256: ${digest}}
    command: watchbill-devnode
    sdk: stable2606
  customFlags: ['--wasm-cache=${join(homedir(), '.cache', 'watchbill', 'wasm')}', '--gossip-duration-ms=200']
pools:
  validators:
    count: 4
    keys: {session: {source: secret, secret: '{node}-keys', types: {babe: sr25519, gran: ed25519, imon: sr25519, audi: sr25519}}}
  rpc:
    count: 2
`,
  );
  return folder;
}

function up(context: TestContext, folder: string): Up {
  const args = [
    COMMAND,
    'fleet',
    'up',
    '--local',
    '--secrets',
    'secrets',
    '--gateway',
    '0',
    '--every',
    '1',
    '--json',
  ];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  context.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  const lines: Line[] = [];
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  if (child.stdout !== null)
    createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line) as Line));
  const status = () => lines.findLast(({ kind }) => kind === 'status')?.nodes ?? [];
  return {
    child,
    lines,
    errors: () => errors,
    status,
    finalised: () => Math.max(-1, ...status().map(({ reading }) => reading?.finalised ?? -1)),
  };
}

async function untilFinalised(one: Up, height: number): Promise<void> {
  await waitFor(
    `block ${height} is final`,
    () => one.finalised() >= height || one.child.exitCode !== null,
    WAIT,
  );
  assert.equal(one.child.exitCode, null, one.errors());
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

function runs(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function pidsOf(one: Up): readonly number[] {
  return one.status().flatMap(({ pid }) => (pid === null ? [] : [pid]));
}

test('a network of four validators comes up from its file, heals, is held by one process, and goes on after a kill', async (context) => {
  const folder = ground(context);
  const first = up(context, folder);
  await untilFinalised(first, 3);
  assert.equal(first.status().length, 6);

  // The RPC pool answers through its gateway, and nobody gets at keys.
  const url = first.lines.find(({ kind }) => kind === 'gateway')?.url ?? '';
  const ask = async (method: string) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] });
    return (await fetch(url, { method: 'POST', body })).text();
  };
  await waitFor('the gateway answers', async () => (await ask('system_chain')).includes('"result"'), WAIT);
  assert.match(await ask('author_rotateKeys'), /-32601/);

  // Two keepers of one folder would make two signers of each key set.
  const second = up(context, folder);
  assert.equal(await ended(second.child), 2);
  assert.match(second.errors(), /runs already, held by process \d+[\s\S]*two would sign with one key/);

  // A node that is killed comes back, as itself, and the chain goes on meanwhile.
  const victim = first.status().find(({ name }) => name === 'validators-here-1');
  assert.ok(victim?.pid);
  const before = first.finalised();
  process.kill(victim.pid, 'SIGKILL');
  const again = () => first.status().find(({ name }) => name === 'validators-here-1');
  await waitFor('it is back', () => (again()?.restarts ?? 0) === 1 && again()?.reading !== null, WAIT);
  await untilFinalised(first, before + 5);

  // The keeper itself is killed: its nodes do not outlive it, and the next one goes on with the same chain and keys.
  const pids = pidsOf(first);
  assert.equal(pids.length, 6);
  const height = first.finalised();
  first.child.kill('SIGKILL');
  await ended(first.child);
  const third = up(context, folder);
  await waitFor('nothing of the first is left', () => !pids.some(runs), WAIT);
  await untilFinalised(third, height + 3);
  third.child.kill('SIGTERM');
  assert.equal(await ended(third.child), 0, third.errors());
  assert.ok(third.lines.some(({ kind }) => kind === 'stopped'));
  assert.ok(!pidsOf(third).some(runs), 'all are stopped');
});
