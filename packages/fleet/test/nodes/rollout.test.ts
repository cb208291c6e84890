// Four real validators and two readers go to a second program one after the other, while their chain goes on;
// then to one that ends at once, and back.

import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectLocal } from '@watchbill/fleet/lab/local';
import { realIo } from '@watchbill/kit/command/testing/fake-io';
import { waitFor } from '@watchbill/testkit';
import { startCommand } from '@watchbill/testkit/command';
import { nodeBinary } from '@watchbill/testkit/scenario';
import { runCli } from 'watchbill';
import { ground, type Up, untilFinalised, up, WAIT } from './ground.ts';

interface Ran {
  readonly code: number;
  readonly lines: readonly {
    readonly kind: string;
    readonly state?: string;
    readonly what?: string;
    readonly how?: string;
  }[];
  readonly text: string;
}

const POOLS = `  rpc:
    count: 1
  spare: # signs nothing yet: its keys are not registered
    role: validator
    count: 1 # one is enough
`;

async function fleet(folder: string, ...args: readonly string[]): Promise<Ran> {
  const io = realIo(folder);
  const code = await runCli(['fleet', ...args], io);
  const lines = io
    .stdout()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Ran['lines'][number]);
  return { code, lines, text: io.stdout() + io.stderr() };
}

const rollout = (folder: string, ...args: readonly string[]): Promise<Ran> =>
  fleet(folder, 'rollout', '--local', 'local', '--json', ...args);

/** The command as a process of its own, ended by SIGKILL when it has begun with a signer. */
async function killedAtFirstSigner(folder: string, binary: string, at: string): Promise<Ran['lines']> {
  const args = ['fleet', 'rollout', '--local', 'local', '--json', '--binary', binary, '--at', at];
  const command = startCommand(folder, args);
  const lines = command.lines as Ran['lines'];
  const begun = () => lines.find(({ state, what }) => state === 'begun' && /signer/.test(what ?? ''));
  await command.until('it began with a signer', begun);
  await command.stop('SIGKILL');
  return lines;
}

async function programsOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const control = await connectLocal(join(folder, 'local'));
  try {
    return Object.fromEntries((await control.nodes()).map(({ name, program }) => [name, program]));
  } finally {
    control.close();
  }
}

/** Looks all the time at how many validators do not run; answers the most at once. */
async function mostDown(folder: string, network: Up, work: Promise<unknown>): Promise<number> {
  const control = await connectLocal(join(folder, 'local'));
  let most = 0;
  let isOver = false;
  const end = work.finally(() => {
    isOver = true;
  });
  while (!isOver && network.child.exitCode === null) {
    const nodes = await control.nodes();
    most = Math.max(most, nodes.filter(({ keySet, state }) => keySet !== null && state !== 'running').length);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  control.close();
  await end;
  return most;
}

test('real nodes go to a second program, finality goes on, and a program that ends at once is taken back', async (context) => {
  const folder = ground(() => POOLS);
  appendFileSync(join(folder, 'network.yaml'), 'rollout: {soakSeconds: 0, gateSeconds: 180}\n');
  const second = join(folder, 'second');
  copyFileSync(nodeBinary(), second);
  appendFileSync(second, '\n');
  chmodSync(second, 0o755);
  const network = up(context, folder);
  await untilFinalised(network, 3);
  const isIn = ({ reading }: ReturnType<Up['status']>[number]): boolean => (reading?.finalised ?? 0) > 1;
  await waitFor('every node follows the chain', () => network.status().every(isIn), WAIT);
  const before = await programsOf(folder);

  // It begins at its block, is killed in the middle of a change, and goes on there.
  const first = await killedAtFirstSigner(folder, second, `block:${network.finalised() + 3}`);
  assert.ok(first.some(({ kind }) => kind === 'met'));
  const stages = (all: Ran['lines']) =>
    all.filter(({ state }) => state === 'verified').map(({ what }) => what);
  assert.equal(stages(first)[0], 'rpc, stage 1 of 1', JSON.stringify(first));
  const running = rollout(folder, '--binary', second);
  assert.ok((await mostDown(folder, network, running)) <= 1, 'never two validators at once');
  const done = await running;
  assert.equal(done.code, 0, done.text);
  assert.ok(done.lines.some(({ kind }) => kind === 'resumed'));
  // Until the signal comes it may be done with the signer with which it had begun.
  assert.deepEqual(
    [...stages(first), ...stages(done.lines)],
    [
      'rpc, stage 1 of 1',
      'spare, signer spare-here-0',
      'validators, signer validators-here-0',
      'validators, signer validators-here-1',
      'validators, signer validators-here-2',
      'validators, signer validators-here-3',
    ],
  );
  const after = await programsOf(folder);
  assert.deepEqual(new Set(Object.values(after)), new Set([second]));
  assert.notDeepEqual(before, after);
  const height = network.finalised();
  await untilFinalised(network, height + 3);

  // What ends at once is seen at the first node, and taken back; the others never had it.
  const bad = join(folder, 'bad');
  writeFileSync(bad, '#!/bin/sh\nexit 3\n', { mode: 0o755 });
  const taken = rollout(folder, '--binary', bad, '--pool', 'validators');
  assert.ok((await mostDown(folder, network, taken)) <= 1);
  const back = await taken;
  assert.equal(back.code, 1, back.text);
  assert.match(back.text, /it ends again and again/);
  assert.deepEqual(back.lines.at(-1)?.how, 'rolled-back');
  assert.deepEqual(
    back.lines.filter(({ state }) => state === 'begun').map(({ what }) => what),
    ['validators, signer validators-here-0'],
  );
  assert.deepEqual(await programsOf(folder), after);
  await untilFinalised(network, network.finalised() + 3);

  // A signer goes only when the chain uses none of its keys.
  const file = () => readFileSync(join(folder, 'network.yaml'), 'utf8');
  const written = file();
  const refused = await fleet(folder, 'scale', 'validators', '3', '--local', 'local');
  assert.equal(refused.code, 3, refused.text);
  assert.match(
    refused.text,
    /validators-here-3 is still a signer: its (babe|gran) key 0x\w+… is in the current set/,
  );
  assert.equal(file(), written);
  const gone = await fleet(folder, 'scale', 'spare', '0', '--local', 'local');
  assert.equal(gone.code, 0, gone.text);
  assert.equal(file(), written.replace('count: 1 # one is enough', 'count: 0 # one is enough'));
});
