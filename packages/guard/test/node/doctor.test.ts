// `watchbill doctor` against real nodes: a healthy validator has no finding, and each seeded fault is found.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { writeAddress } from '@watchbill/chain/address';
import { ownAddresses, type Report } from '@watchbill/guard';
import { devKey, type NodeNetwork, type RunningNode, startNodeNetwork } from '@watchbill/testkit';
import { COMMAND } from '@watchbill/testkit/command';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';

const STASH = writeAddress({ prefix: 42, publicKey: `0x${devKey('Alice').stash}` });

/** Two validators, and a full node whose unsafe RPC listens on every address. */
async function stage(context: TestContext): Promise<NodeNetwork> {
  const validators = ['Alice', 'Bob'].map((name) => ({
    name: name.toLowerCase(),
    keys: [{ suri: `//${name}` }],
  }));
  const exposed = { name: 'exposed', role: 'full' as const, args: ['--unsafe-rpc-external'] };
  const network = await startNodeNetwork({
    ...{ binary: nodeBinary(), spec: specFile(context, '2'), nodes: [...validators, exposed] },
    args: ['--gossip-duration-ms', '500'],
  });
  context.after(() => network.close());
  return network;
}

/** Runs the command, and prints how long it took. */
async function doctor(args: readonly string[]): Promise<{ readonly code: number; readonly report: Report }> {
  const beganMs = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number; report: Report }>();
  execFile(process.execPath, [COMMAND, 'doctor', ...args, '--json'], (error, stdout, stderr) => {
    const code = error === null ? 0 : Number(error.code);
    if (stdout === '') reject(new Error(stderr));
    else resolve({ code, report: JSON.parse(stdout) as Report });
  });
  const answer = await promise;
  console.log(`doctor answered after ${Math.round(performance.now() - beganMs)} ms`);
  return answer;
}

const found = ({ findings }: Report): readonly string[] =>
  findings.map(({ letter, check }) => `${letter} ${check}`);

test('a healthy validator has no finding, and each seeded fault is found', async (context) => {
  const network = await stage(context);
  const [alice, bob, exposed] = ['alice', 'bob', 'exposed'].map((name) => network.node(name)) as [
    RunningNode,
    RunningNode,
    RunningNode,
  ];
  await alice.untilFinalised(30);
  await bob.untilFinalised(30);
  const nodes = ['--node', alice.wsUrl, '--rpc', bob.wsUrl];
  const machine = ['--keystore', alice.keystorePath, '--database', alice.basePath];

  // Several slots long: a new block must come while it listens, and a busy machine skips slots.
  const healthy = await doctor([...[...nodes, ...machine, '--validator', STASH], ...['--listen', '10']]);
  assert.deepEqual([found(healthy.report), healthy.code], [[], 0]);
  const asked = healthy.report.notLooked.filter((each) => each.asked);
  assert.deepEqual(asked, [], 'every check with an input could look');
  const letterOf = (report: Report, id: string) => report.groups.find((each) => each.id === id)?.letter;
  for (const id of ['session', 'duties', 'node', 'network'])
    assert.equal(letterOf(healthy.report, id), 'A', `${id}: ${JSON.stringify(healthy.report.notLooked)}`);

  const backup = join(alice.folder, 'backup');
  cpSync(alice.keystorePath, backup, { recursive: true });
  const fileOf = (kind: string, key: string) => join(backup, `${Buffer.from(kind).toString('hex')}${key}`);
  chmodSync(fileOf('gran', devKey('Alice').ed25519), 0o644);
  chmodSync(backup, 0o755);
  writeFileSync(fileOf('babe', devKey('Alice').sr25519), '"//Bob"');
  const copied = await doctor([...nodes, ...machine, '--keystore', backup]);
  assert.deepEqual(found(copied.report), ['F keystore-shared', 'E keystore-modes', 'D keystore-secrets']);
  assert.equal(copied.code, 3);

  // A folder that the node does not use: the key that it holds is in no listed place.
  const elsewhere = join(alice.folder, 'elsewhere');
  mkdirSync(elsewhere, { mode: 0o700 });
  const hidden = await doctor([...nodes, '--keystore', elsewhere, '--validator', STASH]);
  assert.deepEqual(found(hidden.report), ['E keystore-memory']);

  if (ownAddresses().length > 0) {
    const open = await doctor(['--node', exposed.wsUrl]);
    assert.deepEqual([...new Set(found(open.report))], ['E rpc-exposed']);
  }

  alice.removeKeys([{ suri: '//Alice', types: ['babe'] }]);
  const lost = await doctor([...nodes, ...machine, '--validator', STASH]);
  assert.deepEqual([found(lost.report), lost.code], [['D session-held'], 3]);
  assert.match(lost.report.findings[0]?.evidence.join() ?? '', /babe 0xd43593c7…a27d is active now/);
});

test('an active validator whose node is down is found through another node', async (context) => {
  const network = await stage(context);
  await network.node('bob').untilFinalised(5);
  const alice = network.node('alice');
  await alice.kill();
  await network.node('bob').untilBest((await network.node('bob').bestNumber()) + 3);
  const url = network.node('bob').wsUrl;
  const { report, code } = await doctor(['--rpc', url, '--node', alice.wsUrl, '--validator', STASH]);
  assert.equal(code, 4, 'the node does not answer: unknown, and no finding is made up');
  assert.equal(report.groups.find(({ id }) => id === 'node')?.letter, '-');

  // A copy of the machine runs elsewhere, and this one comes back from an image of an hour ago.
  const bob = network.node('bob');
  const clone = await alice.clone('clone');
  await clone.start();
  await bob.untilFinalised((await bob.finalisedNumber()) + 3);
  const hourAgo = Date.now() / 1_000 - 3_600;
  for (const entry of readdirSync(alice.basePath, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), hourAgo, hourAgo);
  const restored = await doctor([
    ...['--rpc', url, '--node', alice.wsUrl, '--validator', STASH, '--listen', '10'],
    ...['--keystore', alice.keystorePath, '--database', alice.basePath],
  ]);
  assert.deepEqual(found(restored.report), ['F duties-elsewhere', 'E database-age']);
  assert.equal(restored.code, 3);
});
