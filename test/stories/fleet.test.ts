// A network file is planned against a cluster, rendered for other tools, and tried on this machine with a
// stand-in for the node.

import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isRunning } from '@watchbill/kit/testing';
import { type Command, startCommand } from '@watchbill/testkit/command';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { startFakeCluster, writeKubeconfig } from './fake-cluster.ts';

const FAKE_NODE = fileURLToPath(new URL('./fake-node.mjs', import.meta.url));
const VALIDATORS = 2;
const NODES = ['rpc-here-0', 'rpc-here-1', 'validators-here-0', 'validators-here-1'];
const BOOT_NODE = '/dns/boot.example.org/tcp/30333/p2p/12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf';

const folder = leaveNothing('fleet');
const trial = join(folder, 'trial');
// Notes on keys in use belong to this story alone.
process.env.XDG_STATE_HOME = join(folder, 'user');

interface Status {
  readonly name: string;
  readonly pid: number | null;
  readonly restarts: number;
  readonly reading: { readonly finalised: number } | null;
}

async function run(...args: readonly string[]): Promise<string> {
  const ran = await startCommand(trial, ['fleet', ...args]).ended;
  assert.equal(ran.code, 0, ran.errors);
  return ran.out;
}

before(async () => {
  const node = join(folder, 'fake-node');
  writeFileSync(node, `#!/bin/sh\nexec '${process.execPath}' '${FAKE_NODE}' "$@"\n`);
  chmodSync(node, 0o755);
  const spec = {
    name: 'story',
    chainType: 'Local',
    bootNodes: [BOOT_NODE],
    properties: { startedAt: new Date().toISOString() },
  };
  writeFileSync(join(folder, 'chain.json'), JSON.stringify(spec));
  const flags = ['--binary', node, '--spec', 'chain.json', '--validators', `${VALIDATORS}`];
  const made = await startCommand(folder, ['fleet', 'trial', ...flags]).ended;
  assert.equal(made.code, 0, made.errors);
});

/** The Secrets that the file asks for, as the trial wrote them. */
function secretsOfTrial(): Record<string, Record<string, string>> {
  const secrets = join(trial, 'secrets');
  const entriesOf = (name: string) =>
    readdirSync(join(secrets, name)).map((entry) => [
      entry,
      readFileSync(join(secrets, name, entry), 'utf8'),
    ]);
  return Object.fromEntries(
    readdirSync(secrets).map((name) => [`trial/${name}`, Object.fromEntries(entriesOf(name))]),
  );
}

function statusOf(up: Command, name: string): Status | undefined {
  const status = up.lines.findLast(({ kind }) => kind === 'status');
  return ((status?.nodes ?? []) as readonly Status[]).find((node) => node.name === name);
}

/** Settles when every node has finalised more than this. */
async function untilAllFinalised(up: Command, height: number): Promise<number> {
  return up.until(`every node has finalised more than ${height}`, () => {
    const heights = NODES.map((name) => statusOf(up, name)?.reading?.finalised ?? -1);
    return Math.min(...heights) > height ? Math.min(...heights) : undefined;
  });
}

describe('a network file', () => {
  let objects = 0;

  test('is planned: every object is to be created, and the cluster is only looked at', async (context) => {
    const cluster = await startFakeCluster(context, secretsOfTrial());
    writeKubeconfig(join(folder, 'kubeconfig'), cluster);
    const plan = ['plan', '--kubeconfig', join(folder, 'kubeconfig'), '--first-time', '--json'];
    const planned = await startCommand(trial, ['fleet', ...plan]).ended;
    assert.equal(planned.code, 6, planned.errors);
    const { steps } = (JSON.parse(planned.out) as { plan: { steps: { action: string; risk: string }[] } })
      .plan;
    assert.ok(steps.every(({ action }) => action === 'create'));
    assert.equal(steps.filter(({ risk }) => risk === 'signing').length, VALIDATORS);
    assert.deepEqual(cluster.changes, []);
    objects = steps.length;
  });

  test('is rendered: the files are the objects of the plan', async () => {
    const { files } = JSON.parse(await run('render', '--json')) as { files: { text: string }[] };
    const kinds = files.flatMap(({ text }) => text.match(/^kind: .+$/gm) ?? []);
    assert.equal(kinds.length, objects);
    assert.equal(kinds.filter((kind) => kind === 'kind: StatefulSet').length, VALIDATORS + 1);
  });

  test('is tried on this machine: a node that is killed comes back as itself, and a stop leaves no process', async (context) => {
    const flags = ['--secrets', 'secrets', '--no-boot-nodes', '--gateway', '0', '--every', '1', '--json'];
    const up = startCommand(trial, ['fleet', 'up', '--local', ...flags]);
    context.after(() => up.stop());
    const height = await untilAllFinalised(up, 0);
    const url = String(up.lines.find(({ kind }) => kind === 'gateway')?.url);
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'author_rotateKeys', params: [] });
    const refused = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(60_000) });
    assert.match(await refused.text(), /-32601/, 'the gateway lets nothing unsafe through');

    const victim = statusOf(up, 'validators-here-1')?.pid ?? assert.fail('it has no process');
    process.kill(victim, 'SIGKILL');
    await up.until('the killed node is back', () => {
      const again = statusOf(up, 'validators-here-1');
      return again !== undefined && again.restarts > 0 && again.reading !== null ? again : undefined;
    });
    const later = await untilAllFinalised(up, height);
    const pids = NODES.flatMap((name) => statusOf(up, name)?.pid ?? []);
    assert.equal(pids.length, NODES.length);
    assert.ok(!pids.includes(victim));
    const { code, errors } = await up.stop();
    assert.equal(code, 0, errors);
    assert.deepEqual(pids.filter(isRunning), []);
    console.log(
      `fleet: ${objects} objects planned and rendered, ${NODES.length} nodes up to block ${later}, 1 killed and back`,
    );
  });
});
