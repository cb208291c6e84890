// Mistakes that keep a member from running, each with its exit status and remedy. Members that run:
// packages/coordinate/test/groups.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startFakeNode } from '@watchbill/chain/testing';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { listening } from '@watchbill/kit/testing';
import { commandsIn, runCli } from './testing/run-coordinate.ts';

const LIMIT = { timeout: 180_000 };

const RUN_ONE = 'run --config demo-group/one/coordinate.yaml';

/** A fresh demo group; `ends` runs its first member with something changed in its configuration. */
async function demoGroup() {
  const { cwd, text, refused } = commandsIn();
  await text('init --example demo-group');
  const home = join(cwd, 'demo-group', 'one');
  const file = join(home, 'coordinate.yaml');
  const good = readFileSync(file, 'utf8');
  const ends = (
    code: number,
    words: RegExp,
    from: RegExp | string,
    to: string,
    ...flags: readonly string[]
  ) => {
    assert.match(good, typeof from === 'string' ? new RegExp(from) : from);
    writeFileSync(file, good.replace(from, to));
    return refused(code, words, RUN_ONE, ...flags);
  };
  return { cwd, home, refused, ends };
}

test('a key that others may read, that is broken or that is not there', LIMIT, async () => {
  const { home, ends } = await demoGroup();
  const secret = /0x([0-9a-f]+)/.exec(readFileSync(join(home, 'operator.key'), 'utf8'))?.[1] ?? assert.fail();
  chmodSync(join(home, 'operator.key'), 0o644);
  writeFileSync(join(home, 'short.key'), `ed25519 0x${secret.slice(0, 60)}\n`, { mode: 0o600 });
  const cases = [
    ['operator.key', /other users may read it; run `chmod 600/],
    ['short.key', /must be one line with a scheme/],
    ['none.key', /cannot be opened; check that it exists and belongs to this user/],
  ] as const;
  for (const [name, pattern] of cases) {
    const ran = await ends(2, pattern, 'keyFile: operator.key', `keyFile: ${name}`);
    assert.match(ran.stderr, /coordinate\.yaml:\d+:\d+[\s\S]*what to do: /);
    assert.ok(!ran.all.includes(secret.slice(0, 20)));
  }
});

test('a node of another chain, also in a dry run', LIMIT, async (t) => {
  const { ends } = await demoGroup();
  const node = await startFakeNode({ chain_getBlockHash: () => `0x${'77'.repeat(32)}` });
  t.after(() => node.close());
  for (const flags of [[], ['--dry-run']]) {
    const ran = await ends(
      1,
      /it follows the chain 0x7777/,
      /url: .*/,
      `url: ${node.webSocketUrl}`,
      ...flags,
    );
    assert.match(ran.stderr, /wrong-chain[\s\S]*what to do: name a node of the chain of the group/);
  }
});

test('a group file and flags are checked before the node is asked', LIMIT, async (t) => {
  const { home, refused, ends } = await demoGroup();
  const node = await startFakeNode({ chain_getBlockHash: () => `0x${'77'.repeat(32)}` });
  t.after(() => node.close());
  const file = join(home, '..', 'group.yaml');
  const good = readFileSync(file, 'utf8');
  writeFileSync(file, good.replace('rankCount: 4', 'rankCount: 400'));
  await ends(2, /group\.yaml/, /url: .*/, `url: ${node.webSocketUrl}`);
  const few = ['--chain', node.webSocketUrl, '--rank-blocks', 'many', '--member', 'a ed25519:0x00'];
  await refused(2, /flag --rank-blocks/, 'group create --name x', ...few);
  assert.deepEqual([node.calls, node.connections()], [[], 0]);
});

/** Runs a member until it prints this text, then stops it; returns all that it printed. */
async function runUntil(cwd: string, text: string, ...flags: readonly string[]): Promise<string> {
  const io = fakeIo({ cwd });
  const out = (line: string): void => {
    io.out(line);
    if (line.includes(text)) io.signal('SIGTERM');
  };
  const code = await runCli(['coordinate', ...RUN_ONE.split(' '), ...flags], { ...io, out });
  assert.equal(code, 0, io.stderr());
  return io.stdout();
}

test('a member says at once that it waits for its node, as text and as JSON', LIMIT, async (t) => {
  const { cwd, home } = await demoGroup();
  const node = await startFakeNode();
  const { webSocketUrl } = node;
  await node.close();
  const file = join(home, 'coordinate.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/url: .*/, `url: ${webSocketUrl}`));
  const wanted = `waiting for the first finalised block from ${webSocketUrl}`;
  for (const flags of [[], ['--dry-run']]) {
    await t.test(flags.join() || 'run', async () => {
      const text = await runUntil(cwd, wanted, ...flags);
      assert.match(text, /^\S+ {3}one \(seat 0 of 4\)[^\n]*\n\S+ {3}waiting for the first finalised block/);
      const lines = (await runUntil(cwd, wanted, '--json', ...flags)).trim().split('\n');
      const waiting = lines.map((line) => JSON.parse(line)).find(({ event }) => event === 'waiting');
      assert.deepEqual(
        [waiting.waitsFor, waiting.waitedMs, waiting.nodes, waiting.height, waiting.isWarning],
        ['node', 0, [webSocketUrl], null, false],
      );
    });
  }
});

test('ports that are taken', LIMIT, async (t) => {
  const { ends } = await demoGroup();
  const port = await listening(createServer(), t);
  await ends(1, /status-refused[\s\S]*what to do: set http\.port/, / {2}port: .*/, `  port: ${port}`);
  const closed =
    /the transport cannot be opened[\s\S]*coordinate\.yaml:\d+[\s\S]*what to do: see whether the address is free/;
  await ends(2, closed, /listen: .*/, `listen: /ip4/127.0.0.1/tcp/${port}`);
});

test('a group file with a wrong address says what to write', LIMIT, async () => {
  const { home, ends } = await demoGroup();
  const file = join(home, '..', 'group.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/\/ip4\/(.*)\/tcp\/(\d+)/, '$1:$2'));
  const wrong = /127\.0\.0\.1:\d+ is not a multiaddr[\s\S]*group\.yaml[\s\S]*\/ip4\/127\.0\.0\.1\/tcp\/7400/;
  await ends(2, wrong, 'actions: {}', 'actions: {}');
  assert.ok(!existsSync(join(home, 'state')), 'the file is checked before anything is opened');
});

test('a state folder of another member, and one that cannot be made', LIMIT, async () => {
  const { home, refused, ends } = await demoGroup();
  const other = join(home, '..', 'two', 'state');
  // The first one that opens it owns it; this one ends because its node is on no chain of the group.
  const node = await startFakeNode({ chain_getBlockHash: () => `0x${'77'.repeat(32)}` });
  await ends(1, /wrong-chain/, /url: .*/, `url: ${node.webSocketUrl}`);
  await node.close();
  mkdirSync(join(home, '..', 'two'), { recursive: true });
  const two = join(home, '..', 'two', 'coordinate.yaml');
  writeFileSync(
    two,
    readFileSync(two, 'utf8').replace('stateDir: state', `stateDir: ${join(home, 'state')}`),
  );
  const foreign = /belongs to the seat 0, not 1[\s\S]*state-refused[\s\S]*what to do: give each member/;
  await refused(1, foreign, 'run --config demo-group/two/coordinate.yaml');
  writeFileSync(other, 'a file');
  const used = `stateDir: ${join(other, 'state')}`;
  await ends(1, /state-refused[\s\S]*what to do: /, 'stateDir: state', used);
});
