// A stock node under the guard, on a chain of five validators: its keys return only when that is safe.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type GuardStatus, newIdentity, sealKeystore } from '@watchbill/guard';
import {
  type NodeNetwork,
  type Observer,
  putKeys,
  type RunningNode,
  startNodeNetwork,
  startObserver,
  waitFor,
} from '@watchbill/testkit';
import { nodeBinary, specFile } from './ground.ts';

const PATIENCE = { timeoutMs: 180_000, everyMs: 250 };
const WRAPPER = fileURLToPath(new URL('guarded-node.mjs', import.meta.url));
const CLI = fileURLToPath(new URL('../../packages/cli/bin/watchbill.mjs', import.meta.url));

interface Stage {
  readonly network: NodeNetwork;
  readonly observer: Observer;
  readonly eve: RunningNode;
  readonly runtime: string;
  readonly status: () => GuardStatus | null;
  /** Process id of the node below the guard. */
  readonly nodePid: () => number;
}

/** Four plain validators, a watcher, and Eve under the guard; not started yet. */
async function stage(context: TestContext): Promise<Stage> {
  const memory = mkdtempSync('/dev/shm/watchbill-guarded-');
  context.after(() => rmSync(memory, { recursive: true, force: true }));
  const binary = nodeBinary();
  const others = ['Alice', 'Bob', 'Charlie', 'Dave'].map((name) => ({
    name: name.toLowerCase(),
    keys: [{ suri: `//${name}` }],
  }));
  const watcher = {
    name: 'watcher',
    role: 'full' as const,
    keys: [{ suri: '//Eve' }],
    args: ({ folder }: { readonly folder: string }) => [
      ...['--record-votes', `${folder}/votes.jsonl`, '--record-blocks', `${folder}/blocks.jsonl`],
    ],
  };
  const network = await startNodeNetwork({
    ...{ binary, spec: specFile(context, '5'), nodes: [...others, watcher] },
    args: ['--gossip-duration-ms', '500'],
  });
  context.after(() => network.close());
  const watching = network.node('watcher');
  const observer = await startObserver({
    nodes: [watching, network.node('alice')],
    dueFrom: ['watcher'],
    votesFile: `${watching.folder}/votes.jsonl`,
    blocksFile: `${watching.folder}/blocks.jsonl`,
  });
  context.after(() => observer.close());
  const witnesses = ['alice', 'bob'].map((name) => network.node(name).wsUrl);
  const settings = await sealedKeys(memory, { node: binary, cli: CLI, witnesses });
  const wrapper = join(memory, 'node');
  writeFileSync(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${WRAPPER}' "$@"\n`);
  chmodSync(wrapper, 0o700);
  const eve = await network.add({
    ...{ name: 'eve', binary: wrapper, env: { GUARD_SETTINGS: settings } },
  });
  const runtime = join(memory, 'run');
  const status = (): GuardStatus | null => readJson(join(runtime, 'status.json'));
  return {
    network,
    observer,
    eve,
    runtime,
    status,
    nodePid: () => status()?.node ?? assert.fail('no node runs'),
  };
}

/** Seals Eve's keys, and writes the settings of the wrapper. */
async function sealedKeys(memory: string, more: object): Promise<string> {
  const [keystore, sealed] = [join(memory, 'plain'), join(memory, 'sealed')];
  putKeys(keystore, [{ suri: '//Eve' }]);
  const { identity, recipient } = await newIdentity();
  await sealKeystore(keystore, sealed, recipient);
  rmSync(keystore, { recursive: true });
  const file = join(memory, 'identity');
  writeFileSync(file, identity, { mode: 0o600 });
  const settings = join(memory, 'settings.json');
  const places = { runtime: join(memory, 'run'), state: join(memory, 'state'), sealed, identity: file };
  writeFileSync(settings, JSON.stringify({ ...places, ...more }));
  return settings;
}

function readJson(path: string): GuardStatus | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as GuardStatus;
  } catch {
    return null;
  }
}

const stateOf = (status: GuardStatus | null, kind: string): string =>
  status?.keys.find((key) => key.kind === kind)?.state ?? 'no status';

/** Waits until both keys lie open, and gives the sentences that the status showed of the voter until then. */
async function untilOpen({ status }: Stage): Promise<readonly string[]> {
  const said: string[] = [];
  await waitFor(
    'both keys lie open',
    () => {
      const gran = status()?.keys.find(({ kind }) => kind === 'gran');
      if (gran !== undefined && said.at(-1) !== gran.say) said.push(gran.say);
      return gran?.state === 'open' && stateOf(status(), 'babe') === 'open';
    },
    PATIENCE,
  );
  return said;
}

async function noEquivocation({ observer }: Stage): Promise<void> {
  const { equivocations, identities } = await observer.report();
  assert.deepEqual({ blocks: equivocations.blocks, votes: equivocations.votes }, { blocks: 0, votes: 0 });
  const eve = identities.find(({ name }) => name === 'Eve');
  assert.ok((eve?.blocks ?? 0) > 0 && (eve?.votes ?? 0) > 0, 'it signed blocks and votes');
}

test('keys open after the wait, close with the node, and open at once after a crash of a node that remembers', async (context) => {
  const ground = await stage(context);
  const { eve, runtime, observer, nodePid } = ground;
  await ground.network.node('alice').untilFinalised(3);
  await eve.start();
  const said = await untilOpen(ground);
  assert.ok(
    said.some((line) => line.startsWith('waits until 2 independent nodes')),
    said.join('\n'),
  );
  assert.equal(said.at(-1), 'its votes are safe');
  await observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);

  const first = nodePid();
  process.kill(first, 'SIGKILL');
  await waitFor(
    'the guard starts the node again',
    () => (ground.status()?.node ?? first) !== first,
    PATIENCE,
  );
  const again = await untilOpen(ground);
  assert.equal(again.at(-1), 'the database continues from the last run');
  await observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);

  assert.equal((await eve.stop())?.code, 0, eve.log().slice(-2_000));
  assert.deepEqual(readdirSync(join(runtime, 'keystore')), []);
  await noEquivocation(ground);
});

test('a node without its database waits again, and a running clone keeps its keys away', async (context) => {
  const ground = await stage(context);
  const { eve, observer, network, runtime } = ground;
  await eve.start();
  await untilOpen(ground);
  await observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  await eve.stop();
  rmSync(join(eve.basePath, 'chains'), { recursive: true });
  await eve.start();
  const said = await untilOpen(ground);
  assert.ok(
    said.some((line) => line.startsWith('listens for a clone')),
    said.join('\n'),
  );
  await noEquivocation(ground);
  await eve.stop();

  const clone = await network.add({ name: 'eve-clone', keys: [{ suri: '//Eve' }] });
  await clone.start();
  await observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  await eve.start();
  await waitFor('the guard sees the clone', () => stateOf(ground.status(), 'gran') === 'refused', PATIENCE);
  assert.equal(stateOf(ground.status(), 'babe'), 'refused');
  assert.deepEqual(
    readdirSync(join(runtime, 'keystore')).filter((file) => /^(62616265|6772616e)/.test(file)),
    [],
  );
  assert.equal(eve.grep(/another process votes with this key/).length > 0, true, 'the log names it');
  await eve.stop();
  await noEquivocation(ground);
});
