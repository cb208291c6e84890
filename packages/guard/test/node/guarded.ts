// Stock nodes under the guard, on a chain of five validators, for the tests of the guard.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type GuardStatus, newIdentity, sealKeystore } from '@watchbill/guard';
import { putKeys, startNodeNetwork, startObserver, waitFor } from '@watchbill/testkit';
import { COMMAND } from '@watchbill/testkit/command';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';

export const PATIENCE = { timeoutMs: 180_000, everyMs: 250 };
const WRAPPER = fileURLToPath(new URL('guarded-node.mjs', import.meta.url));

/** Half of the time that a voter waits before it prevotes. */
const GOSSIP_MS = 500;

export type Stage = Awaited<ReturnType<typeof stage>>;

/** Four plain validators and a watcher, which the guarded machines join; a folder in memory. */
export async function stage(context: TestContext) {
  const memory = mkdtempSync('/dev/shm/watchbill-guarded-');
  context.after(() => rmSync(memory, { recursive: true, force: true }));
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
    ...{ binary: nodeBinary(), spec: specFile(context, '5'), nodes: [...others, watcher] },
    args: ['--gossip-duration-ms', `${GOSSIP_MS}`],
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
  return { network, observer, memory };
}

interface MachineOptions {
  /** Its pair file. */
  readonly pair?: string;
  readonly clock?: 'stepped';
  /** The command in place of that of this tree. */
  readonly cli?: string;
  /** Of the guard and its node. */
  readonly env?: Readonly<Record<string, string>>;
  /** The machine whose node key it gets. */
  readonly nodeKeyOf?: string;
  /** The validator whose keys are sealed there; without it: Eve. */
  readonly of?: string;
  /** The file of a spare, in place of sealed keys. */
  readonly spare?: string;
  /** The guard runs in a container with this runtime folder. */
  readonly container?: { readonly runtime: string };
}

/** A machine that runs a node under the guard; its folder has settings, sealed keys and state. */
export type GuardedMachine = Awaited<ReturnType<typeof guardedMachine>>;

/** A validator under the guard on a machine of this name; not started yet. */
export async function guardedMachine(
  { network, memory }: Pick<Stage, 'network' | 'memory'>,
  name: string,
  { pair, spare, container, clock, cli = COMMAND, env, nodeKeyOf, of = 'Eve' }: MachineOptions = {},
) {
  const folder = join(memory, name);
  const witnesses = ['alice', 'bob'].map((other) => network.node(other).wsUrl);
  const settings = await sealedKeys(folder, of, {
    node: nodeBinary(),
    cli,
    witnesses,
    pair,
    spare,
    ...container,
    isContainer: container !== undefined,
  });
  const wrapper = join(folder, 'node');
  writeFileSync(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${WRAPPER}' "$@"\n`);
  chmodSync(wrapper, 0o700);
  const node = await network.add({
    ...{ name, binary: wrapper, env: { ...env, GUARD_SETTINGS: settings } },
    ...(clock === undefined ? {} : { clock }),
    ...(nodeKeyOf === undefined ? {} : { nodeKeyOf }),
  });
  const runtime = join(folder, 'run');
  const status = (): GuardStatus | null => readJson(join(runtime, 'status.json'));
  const guardPid = (): number => status()?.pid ?? assert.fail('no guard runs');
  /** Of the node below the guard. */
  const nodePid = (): number => status()?.node ?? assert.fail('no node runs');
  return { node, folder, runtime, status, guardPid, nodePid };
}

/** Starts a machine of which no key ever voted, and waits until its keys are placed. */
export async function startNew(machine: GuardedMachine): Promise<void> {
  await machine.node.start();
  await allowVotes(machine, 'no node ever had these keys');
}

/** A person says why no vote can be made twice. So the keys are placed without the wait for rounds. */
export async function allowVotes(machine: GuardedMachine, why: string): Promise<void> {
  await waitFor('the key that votes waits', () => stateOf(machine.status(), 'gran') === 'waiting', PATIENCE);
  const allowed = await runCommand('guard', 'allow', why, '--runtime', machine.runtime);
  assert.equal(allowed.code, 0, allowed.text);
  await untilPlaced(machine);
}

export interface CommandEnd {
  readonly code: number;
  readonly text: string;
}

export function runCommand(...args: readonly string[]): Promise<CommandEnd> {
  const { promise, resolve } = Promise.withResolvers<CommandEnd>();
  execFile(process.execPath, [COMMAND, ...args], (error, stdout, stderr) => {
    resolve({ code: error === null ? 0 : Number(error.code), text: `${stdout}${stderr}` });
  });
  return promise;
}

/** Guard and node die together, as in a power cut. */
export async function powerCut({ node, guardPid }: GuardedMachine): Promise<void> {
  process.kill(guardPid(), 'SIGKILL');
  await waitFor(`${node.name} is gone`, () => !node.running(), PATIENCE);
}

/** Seals the keys of a validator, and writes the settings of the wrapper. */
async function sealedKeys(folder: string, of: string, more: object): Promise<string> {
  const [keystore, sealed] = [join(folder, 'plain'), join(folder, 'sealed')];
  putKeys(keystore, [{ suri: `//${of}` }]);
  const { identity, recipient } = await newIdentity();
  await sealKeystore(keystore, sealed, recipient);
  rmSync(keystore, { recursive: true });
  const file = join(folder, 'identity');
  writeFileSync(file, identity, { mode: 0o600 });
  const settings = join(folder, 'settings.json');
  const places = {
    folder,
    runtime: join(folder, 'run'),
    state: join(folder, 'state'),
    sealed,
    identity: file,
  };
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

export const stateOf = (status: GuardStatus | null, kind: string): string =>
  status?.keys.find((key) => key.kind === kind)?.state ?? 'no status';

/** Waits until both keys are placed, and gives the sentences of the status about the voter until then. */
export async function untilPlaced({ status }: GuardedMachine): Promise<readonly string[]> {
  const said: string[] = [];
  await waitFor(
    'both keys are placed',
    () => {
      const gran = status()?.keys.find(({ kind }) => kind === 'gran');
      if (gran !== undefined && said.at(-1) !== gran.say) said.push(gran.say);
      return gran?.state === 'open' && stateOf(status(), 'babe') === 'open';
    },
    PATIENCE,
  );
  return said;
}

export async function noEquivocation({ observer }: Stage): Promise<void> {
  const { equivocations, identities } = await observer.report();
  assert.deepEqual({ blocks: equivocations.blocks, votes: equivocations.votes }, { blocks: 0, votes: 0 });
  const eve = identities.find(({ name }) => name === 'Eve');
  assert.ok((eve?.blocks ?? 0) > 0 && (eve?.votes ?? 0) > 0, 'it signed blocks and votes');
}
