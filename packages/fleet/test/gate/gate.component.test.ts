// The example of a CI gate: it plans and applies through the operations, without the command.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { createFileMemory, type FleetPorts, OperationFault } from '@watchbill/fleet/run/operations';
import { type FakeTarget, fakeTarget } from '@watchbill/fleet/run/testing';
import { createVirtualClock, temporaryFolder } from '@watchbill/kit/testing';
import { runGate, type Verdict } from '../../../../examples/fleet/gate/gate.ts';

const IMAGE = `docker.io/parity/polkadot@sha256:${'ab'.repeat(32)}`;

const KEYS =
  "keys: {session: {source: secret, secret: '{node}-keys', types: {babe: sr25519, gran: ed25519}}}";

function networkText(count: number, pool = 'role: rpc'): string {
  return `format: watchbill/network/1
name: harbour
chain: {name: westend}
clusters:
  main: {}
defaults:
  software: {image: "${IMAGE}", command: polkadot, sdk: stable2509}
pools:
  nodes: {${pool}, count: ${count}}
`;
}

interface Bench {
  readonly folder: string;
  readonly cluster: FakeTarget;
  readonly lines: string[];
  readonly write: (text: string) => void;
  readonly gate: () => Promise<Verdict>;
}

function benchOf(t: TestContext): Bench {
  const folder = temporaryFolder(t);
  const cluster = fakeTarget('main');
  const clock = createVirtualClock({ flowing: true });
  t.after(() => clock.halt());
  const lines: string[] = [];
  const memory = createFileMemory(join(folder, 'state'));
  const openTargets: FleetPorts['openTargets'] = async (_network, places) => ({
    byPlace: new Map(places.map((place) => [place.name, { ...cluster, place }])),
    close: () => undefined,
  });
  return {
    folder,
    cluster,
    lines,
    write: (text) => writeFileSync(join(folder, 'network.yaml'), text),
    gate: async () => {
      // Two runs in the same millisecond could not be told apart.
      await clock.sleep(1_000);
      return runGate(
        { clock, memory, openTargets },
        {
          cwd: folder,
          file: 'network.yaml',
          timeoutMs: 60_000,
          print: (line) => void lines.push(line),
          signal: new AbortController().signal,
        },
      );
    },
  };
}

test('the gate applies a change of nodes that do not sign, and then there is no more to do', async (t) => {
  const { folder, cluster, lines, write, gate } = benchOf(t);
  write(networkText(2));
  const verdict = await gate();
  assert.equal(verdict.is, 'applied');
  assert.ok(cluster.objects.size > 0);
  assert.ok(lines.some((line) => /^verified {4}create main\/StatefulSet\//.test(line)));
  assert.match(readFileSync(join(folder, 'state/memory/harbour.jsonl'), 'utf8'), /"identity":"uid-1"/);
  assert.equal(readdirSync(join(folder, 'state/plans')).length, 1);
  assert.deepEqual(await gate(), { is: 'unchanged' });
});

test('the gate leaves a change of signers to a person', async (t) => {
  const { folder, cluster, write, gate } = benchOf(t);
  write(networkText(1, `role: validator, ${KEYS}`));
  const unknown = await gate();
  assert.match(
    unknown.is === 'refused' ? unknown.problems.join() : '',
    /nor a place records where this network had signers/,
  );
  assert.equal(cluster.objects.size, 0);
  write(networkText(1));
  assert.equal((await gate()).is, 'applied');
  write(`${networkText(1)}  signers: {role: validator, count: 1, ${KEYS}}\n`);
  assert.equal((await gate()).is, 'refused', 'the network may have run before the gate');
  // As `watchbill fleet plan --first-time` of a person does.
  await createFileMemory(join(folder, 'state')).add('harbour', [{ what: 'complete' }]);
  const verdict = await gate();
  assert.deepEqual(verdict.is === 'waits' ? verdict.risks : verdict, ['signing']);
});

test('the gate reports the step that failed; once the cause is gone there is no more to do', async (t) => {
  const { folder, cluster, write, gate } = benchOf(t);
  write(networkText(1));
  await gate();
  const set = [...cluster.objects.values()].find(({ kind }) => kind === 'StatefulSet');
  assert.ok(set !== undefined);
  cluster.objects.delete(set.id);
  cluster.healths.set(set.id, { state: 'failed', detail: 'image cannot be pulled' });
  const stopped = await gate();
  assert.equal(stopped.is, 'stopped');
  assert.match(JSON.stringify(stopped), /StatefulSet.*image cannot be pulled/);
  cluster.healths.clear();
  assert.deepEqual(await gate(), { is: 'unchanged' });
  assert.equal(
    readdirSync(join(folder, 'state/journals')).filter((one) => one.endsWith('.journal')).length,
    2,
  );
});

test('a memory that is damaged ends the gate before it opens a place', async (t) => {
  const { folder, cluster, write, gate } = benchOf(t);
  write(networkText(1));
  await gate();
  writeFileSync(join(folder, 'state/memory/harbour.jsonl'), '{"what":', { flag: 'a' });
  cluster.objects.clear();
  await assert.rejects(
    gate(),
    (error: unknown) => error instanceof OperationFault && /line \d+ is damaged/.test(error.message),
  );
  assert.equal(cluster.objects.size, 0);
});

test('the program runs by itself, and says what to do without a kubeconfig', async (t) => {
  const { folder, write } = benchOf(t);
  write(networkText(1));
  const main = join(import.meta.dirname, '../../../../examples/fleet/gate/main.ts');
  const ended = await promisify(execFile)(process.execPath, [main], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder },
    timeout: 120_000,
  }).then(
    () => null,
    (error: { readonly code: number; readonly stderr: string }) => error,
  );
  assert.equal(ended?.code, 1);
  assert.match(ended?.stderr ?? '', /there is no kubeconfig.*\n {2}what to do: /);
  assert.ok(!existsSync(join(folder, '.watchbill-fleet')));
});
