// One network of real nodes through all that is done to one: its keys are changed on chain, it is backed up,
// a node is lost and restored, every node gets another program. An observer that stands outside sees finality
// go on, and nobody sign twice.

import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectNode, genesisHash } from '@watchbill/chain';
import { addressOfAccount } from '@watchbill/chain/extrinsics';
import { type ControlledNode, connectLocal } from '@watchbill/fleet/lab/local';
import { devKey, startObserver, waitFor } from '@watchbill/testkit';
import { type Command, startCommand } from '@watchbill/testkit/command';
import { nodeBinary } from '@watchbill/testkit/scenario';
import { submitAs } from './as-owner.ts';
import { ground, NODE_FLAGS, nodesOf, type Up, untilFinalised, up, WAIT } from './ground.ts';

const DAVE = Uint8Array.from(Buffer.from(devKey('Dave').stash, 'hex'));
const LOST = 'rpc-here-1';

/** RPC nodes behind the gateway, a backup node, and a node that writes down what it hears. */
function otherPools(folder: string): string {
  const recorded = ['votes', 'blocks'].map((what) => `--record-${what}=${join(folder, what)}`);
  return `  rpc: {count: 2}
  listener: {role: rpc, count: 1, pruning: archive, customFlags: ${JSON.stringify([...NODE_FLAGS, ...recorded])}}
  backup: {role: backup, count: 1}
`;
}

/** What is done, and then the chain must have gone on, and must still go on. */
async function whileFinalising(one: Up, work: () => Promise<void>): Promise<void> {
  const before = one.finalised();
  await work();
  await untilFinalised(one, before + 1);
  await untilFinalised(one, one.finalised() + 2);
}

/** Makes keys in the node, registers them as their owner, and waits until they are seen to author. */
async function rotate(folder: string, node: ControlledNode, elsewhere: ControlledNode): Promise<Command> {
  const flags = ['--node', node.rpcUrl, '--stash', addressOfAccount(DAVE, 42), '--json'];
  const rotation = startCommand(folder, ['fleet', 'keys', 'rotate', ...flags]);
  const call = join(folder, 'set-keys.hex');
  const text = await waitFor(
    'the call is written',
    () => {
      try {
        const written = readFileSync(call, 'utf8');
        // Its last character: until then it is being written.
        return written.endsWith('\n') && written.trim();
      } catch {
        return undefined;
      }
    },
    WAIT,
  );
  const rpc = connectNode(elsewhere.rpcUrl, { timeoutMs: 10_000 });
  await submitAs(rpc, DAVE, text);
  rpc.close();
  return rotation;
}

/** Runs the command, which must succeed. */
async function run(folder: string, ...args: readonly string[]): Promise<string> {
  const { code, out, errors } = await startCommand(folder, ['fleet', ...args]).ended;
  assert.equal(code, 0, `${args.join(' ')}: ${errors}${out}`);
  return out;
}

test('keys are changed, a backup is made, a lost node is restored, all get another program; nobody signs twice', async (context) => {
  const folder = ground(otherPools);
  const one = up(context, folder);
  await untilFinalised(one, 2);
  // Another node may be ahead of those whose keys are changed and whose database is copied.
  const isInStep = ({ reading }: ReturnType<Up['status']>[number]): boolean =>
    reading !== null && reading.finalised >= 2 && !reading.isSyncing;
  await waitFor('every node is in step', () => one.status().every(isInStep), WAIT);
  const nodes = await nodesOf(folder);
  const node = (name: string): ControlledNode => {
    const found = nodes.get(name);
    assert.ok(found !== undefined, name);
    return found;
  };
  const listener = node('listener-here-0');
  const rpc = connectNode(listener.rpcUrl, { timeoutMs: 10_000 });
  const genesis = await genesisHash(rpc);
  rpc.close();
  const observer = await startObserver({
    nodes: [listener, node('rpc-here-0')].map(({ name, rpcUrl }) => ({ name, wsUrl: rpcUrl })),
    votesFile: join(folder, 'votes'),
    blocksFile: join(folder, 'blocks'),
  });
  context.after(() => observer.close());
  const rotation = await rotate(folder, node('validators-here-3'), listener);

  // Meanwhile the backup node is stopped, copied and started, and the copy is good.
  mkdirSync(join(folder, 'archive'));
  const archive = ['--archive', `folder:${join(folder, 'archive')}`];
  await whileFinalising(one, async () => {
    await run(folder, 'backup', 'run', '--local', 'local', ...archive);
    await run(folder, 'backup', 'verify', '--local', 'local', ...archive);
  });

  // The disk of an RPC node is lost; it comes back from the backup, and goes on with the others.
  await whileFinalising(one, async () => {
    const control = await connectLocal(join(folder, 'local'));
    context.after(() => control.close());
    await control.stop(LOST, 10_000);
    rmSync(join(node(LOST).folder, 'data'), { recursive: true });
    const of = ['--node', LOST, '--of', 'backup-here-0', '--genesis', genesis];
    await run(folder, 'backup', 'restore', '--local', 'local', ...archive, ...of);
  });
  await waitFor(
    'the restored node is in step',
    () => (one.status().find(({ name }) => name === LOST)?.reading?.finalised ?? 0) >= one.finalised() - 2,
    WAIT,
  );

  const { code, out, errors } = await rotation.ended;
  assert.equal(code, 0, errors);
  assert.match(out, /"verified"/);

  // Every node gets another program, signers one after the other.
  const second = join(folder, 'second-node');
  copyFileSync(nodeBinary(), second);
  appendFileSync(second, 'another build');
  chmodSync(second, 0o755);
  await whileFinalising(one, async () => {
    await run(folder, 'rollout', '--local', 'local', '--binary', second, '--soak', '2');
  });
  for (const [name, { program }] of await nodesOf(folder)) assert.equal(program, second, name);

  const { equivocations, identities } = await observer.report();
  assert.deepEqual(equivocations, { blocks: 0, votes: 0, offences: 0 });
  for (const name of ['Alice', 'Bob', 'Charlie', 'Dave'])
    assert.ok((identities.find((each) => each.name === name)?.blocks ?? 0) > 0, `${name} signed`);
});
