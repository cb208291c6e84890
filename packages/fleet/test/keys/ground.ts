import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Rotation, readRotation } from '@watchbill/fleet/run/keys';
import { realIo } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import {
  type Account,
  account,
  type Call,
  type ChopsticksPair,
  fund,
  sessionKeysOf,
  signed,
  startPair,
  UNIT,
} from '@watchbill/testkit/chopsticks';
import { COMMAND } from '@watchbill/testkit/command';
import { runCli } from 'watchbill';
import { type Front, startFront } from './front.ts';

const SIGNER = fileURLToPath(new URL('./fixture-signer.ts', import.meta.url));
const STEP_TIMEOUT_MS = 120_000;

/** What an account does to be a validator on Asset Hub. */
const STANDING: readonly Call[] = [
  ['Staking', 'bond', { value: String(8_000n * UNIT), payee: { type: 'Staked' } }],
  ['Staking', 'validate', { prefs: { commission: 0, blocked: false } }],
];

/** A relay and its Asset Hub with validators that have no keys yet; each front is an RPC of its own. */
export interface Ground {
  readonly pair: ChopsticksPair;
  readonly hub: Front;
  readonly folder: string;
  /** A node of the relay whose keystore makes these keys for the account, and has them from then on. */
  readonly nodeOf: (owner: Account) => Promise<Front>;
}

const running = new Set<Running>();

export async function makeGround(context: TestContext, names: readonly string[]): Promise<Ground> {
  context.after(() => {
    for (const one of running) one.stop();
  });
  const folder = temporaryFolder(context);
  const pair = await startPair({ assetHub: { offchainWorker: false } });
  context.after(() => pair.stop());
  const all = names.map(account);
  await fund(pair.assetHub, all);
  const calls = all.flatMap((one) =>
    STANDING.map((call, nonce) => signed(pair.assetHub, one, call, { nonce })),
  );
  await pair.assetHubBlock(await Promise.all(calls));
  const hub = await startFront(pair.assetHub.node);
  context.after(() => hub.close());
  return {
    pair,
    hub,
    folder,
    nodeOf: async (owner) => {
      const { keys, proof } = sessionKeysOf(owner);
      let isMade = false;
      const front = await startFront(pair.relay.node, {
        author_rotateKeysWithOwner: () => {
          assert.ok(!isMade, 'keys are made once');
          isMade = true;
          return { keys, proof };
        },
        author_hasSessionKeys: ([asked]) => isMade && asked === keys,
      });
      context.after(() => front.close());
      return front;
    },
  };
}

/** One call of an account on Asset Hub, in a block of its own. */
export async function onAssetHub({ pair }: Ground, by: Account, call: Call, nonce: number): Promise<void> {
  await pair.assetHubBlock([await signed(pair.assetHub, by, call, { nonce })]);
}

const MOST_RELAY_BLOCKS = 5;

/** The relay takes what Asset Hub sent, some blocks later, and the command sees the keys and is stopped. */
export async function arrive({ pair }: Ground, run: Running): Promise<void> {
  for (let block = 0; block < MOST_RELAY_BLOCKS && !run.kinds().includes('queued'); block += 1) {
    await pair.relayBlock();
    await sleep(1_500);
  }
  await run.told('queued');
  run.stop();
  assert.equal((await run.ended).code, 4, 'it is not finished');
}

export interface Running {
  /** Settles when it printed a note of this kind. */
  readonly told: (kind: string) => Promise<Readonly<Record<string, unknown>>>;
  readonly kinds: () => readonly unknown[];
  readonly stop: () => void;
  readonly ended: Promise<{ readonly code: number; readonly err: string }>;
  /** What it said when it ended by itself with an error. */
  readonly refusal: () => Promise<string>;
}

/** The command in this process; it is stopped as by SIGTERM. */
export function runKeys(folder: string, args: readonly string[]): Running {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const io = realIo(folder);
  const out = (text: string): void => {
    for (const line of text.split('\n')) if (line !== '') lines.push(JSON.parse(line));
  };
  let isOver = false;
  const ended = runCli(['fleet', 'keys', ...args], { ...io, out }).then((code) => {
    isOver = true;
    return { code, err: io.stderr() };
  });
  const stop = (): void => io.signal('SIGTERM');
  const run: Running = {
    ended,
    stop,
    refusal: async () => {
      const late = setTimeout(stop, STEP_TIMEOUT_MS);
      const { code, err } = await ended;
      clearTimeout(late);
      assert.notEqual(code, 0);
      return err;
    },
    kinds: () => lines.map(({ kind }) => kind),
    told: async (kind) => {
      const deadline = Date.now() + STEP_TIMEOUT_MS;
      for (;;) {
        const found = lines.find((line) => line.kind === kind);
        if (found !== undefined) return found;
        if (isOver || Date.now() > deadline)
          throw new Error(`no ${kind}: ${lines.map((line) => line.kind).join()} ${io.stderr()}`);
        await sleep(50);
      }
    },
  };
  running.add(run);
  return run;
}

/** The command in a process of its own, for tests that kill it. */
export function spawnKeys(folder: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [COMMAND, 'fleet', 'keys', ...args], { cwd: folder, stdio: 'ignore' });
}

export async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Flags of a rotation through Asset Hub that this account's program signs. */
export function rotateArgs(
  { hub }: Ground,
  node: Front,
  stash: Account,
  signer: string,
  record: string,
): readonly string[] {
  return [
    ...['rotate', '--json', '--node', node.url, '--stash', stash.key, '--record', record],
    ...['--asset-hub', hub.url, '--signer-command', process.execPath],
    ...[`--signer-arg=${SIGNER}`, `--signer-arg=${signer}`],
  ];
}

export function recordOf({ folder }: Ground, record: string): Rotation {
  const rotation = readRotation(join(folder, record));
  assert.ok(rotation);
  return rotation;
}
