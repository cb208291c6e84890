import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type ControlledNode, connectLocal } from '@watchbill/fleet/lab/local';
import { waitFor } from '@watchbill/testkit';
import { type Command, startCommand } from '@watchbill/testkit/command';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { folderUntilExit } from './folder.ts';

/** How long a real network may take for anything. */
export const WAIT = { timeoutMs: 240_000, everyMs: 100 };
/** Longer than any test. */
const MOST_MS = 3_600_000;
/** What only this node has: what starts it fast, and what lets it vote fast. */
export const NODE_FLAGS = [
  `--wasm-cache=${join(homedir(), '.cache', 'watchbill', 'wasm')}`,
  '--gossip-duration-ms=200',
];
const NAMES = ['Alice', 'Bob', 'Charlie', 'Dave'];

export interface Line {
  readonly kind: string;
  readonly node?: string;
  readonly pid?: number;
  readonly url?: string;
  readonly nodes?: readonly {
    readonly name: string;
    readonly pid: number | null;
    readonly restarts: number;
    readonly reading: {
      readonly best: number;
      readonly finalised: number;
      readonly peers: number;
      readonly isSyncing: boolean;
    } | null;
  }[];
}

export interface Up extends Command {
  readonly lines: readonly (Line & Command['lines'][number])[];
  readonly status: () => NonNullable<Line['nodes']>;
  readonly finalised: () => number;
}

export function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

export const KEY_TYPES = ['babe', 'gran', 'imon', 'audi'] as const;

/** Entries of a Secret with session keys. */
export const TYPES_TEXT = '{babe: sr25519, gran: ed25519, imon: sr25519, audi: sr25519}';

const RPC_POOL = `  rpc:
    count: 2
`;

/**
 * A folder with a network file, a chain specification and secrets: four validators, or one on the chain of
 * one, and other pools as the text says.
 */
export function ground(
  otherPools: (folder: string) => string = () => RPC_POOL,
  chain: '1' | '4' | '5' = '4',
): string {
  const folder = folderUntilExit('watchbill-local-');
  copyFileSync(specFile(chain, folder), join(folder, 'chain.json'));
  const names = NAMES.slice(0, Number(chain));
  for (const [at, name] of names.entries()) {
    const secret = join(folder, 'secrets', `validators-here-${at}-keys`);
    mkdirSync(secret, { recursive: true });
    for (const type of KEY_TYPES) writeFileSync(join(secret, type), `//${name}`);
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
  customFlags: ${JSON.stringify(NODE_FLAGS)}
pools:
  validators:
    count: ${names.length}
    keys: {session: {source: secret, secret: '{node}-keys', types: ${TYPES_TEXT}}}
${otherPools(folder)}`,
  );
  return folder;
}

export function up(context: TestContext, folder: string, more: readonly string[] = ['--gateway', '0']): Up {
  const args = ['fleet', 'up', '--local', '--secrets', 'secrets', ...more, '--every', '1', '--json'];
  // Development keys are those of every test: what is noted of them is noted for this ground alone.
  const env = { XDG_STATE_HOME: join(folder, 'user') };
  const command = startCommand(folder, args, { env, timeoutMs: MOST_MS });
  context.after(() => command.stop());
  const lines = command.lines as Up['lines'];
  const status = () => lines.findLast(({ kind }) => kind === 'status')?.nodes ?? [];
  const finalised = () => Math.max(-1, ...status().map(({ reading }) => reading?.finalised ?? -1));
  return { ...command, lines, status, finalised };
}

export async function untilFinalised(one: Up, height: number): Promise<void> {
  await waitFor(
    `block ${height} is final`,
    () => one.finalised() >= height || one.child.exitCode !== null,
    WAIT,
  );
  assert.equal(one.child.exitCode, null, one.printed.errors);
}

export function pidsOf(one: Up): readonly number[] {
  return one.status().flatMap(({ pid }) => (pid === null ? [] : [pid]));
}

/** The nodes of the network that runs from a folder, as its control tells them. */
export async function nodesOf(folder: string): Promise<ReadonlyMap<string, ControlledNode>> {
  const control = await connectLocal(join(folder, 'local'));
  try {
    return new Map((await control.nodes()).map((node) => [node.name, node]));
  } finally {
    control.close();
  }
}
