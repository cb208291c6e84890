// The exporter as people start it, beside a real API server: a signer in a cluster keeps its RPC on the
// loopback of its pod, and is asked there, through a port forward. Behind the pods of this control plane is
// one real node.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { devKey, freePorts, type NodeNetwork, startNodeNetwork, waitFor } from '@watchbill/testkit';
import { COMMAND } from '@watchbill/testkit/command';
import { type ControlPlane, startControlPlane } from '@watchbill/testkit/kubernetes';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { image } from './cli-ground.ts';
import { makeNamespace } from './ground.ts';

const WAIT = { timeoutMs: 120_000, everyMs: 200 };
const STASH = `0x${devKey('Alice').stash}`;

let folder: string;
let chain: NodeNetwork;
let plane: ControlPlane;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'watchbill-exporter-'));
  chain = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile('1', folder),
    folder: join(folder, 'chain'),
    nodes: [{ name: 'alice', keys: [{ suri: '//Alice' }] }],
  });
  plane = await startControlPlane({ podPort: rpcPort() });
  await makeNamespace(plane, 'told');
  await chain.node('alice').untilFinalised(1);
});

after(async () => {
  await plane?.close();
  await chain?.close();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * A node answers on its loopback only who calls it by the port that it listens on, so the file has this one.
 */
function rpcPort(): number {
  return Number(new URL(chain.node('alice').wsUrl).port);
}

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function startExporter(port: number): ChildProcess {
  const file = write(
    'network.yaml',
    `format: watchbill/network/1
name: told
chain: {name: westend}
clusters: {east: {}}
defaults: {software: {image: '${image('node')}', command: polkadot, sdk: stable2509}}
pools: {validators: {role: validator, count: 1, ports: {rpc: ${rpcPort()}}}}
`,
  );
  const settings = {
    network: 'told',
    everySeconds: 1,
    listen: { port },
    clusters: ['east'],
    limits: { callSeconds: 2 },
  };
  const nodes = [{ name: 'validators-east-0', stash: STASH }];
  const at = write('exporter.yaml', JSON.stringify({ ...settings, nodes }));
  const flags = ['--settings', at, '--file', file, '--kubeconfig', plane.kubeconfigFile];
  return spawn(process.execPath, [COMMAND, 'fleet', 'watch', 'exporter', ...flags], { stdio: 'ignore' });
}

test('keys of a signer in a cluster are known: unknown while its pod is away, told when it is there', async () => {
  const [port = 0] = await freePorts(1);
  const exporting = startExporter(port);
  try {
    const text = () => fetch(`http://127.0.0.1:${port}/metrics`).then((one) => one.text());
    let last = '';
    /** What one reading tells, and what it does not: the next one may fail, and tell less. */
    const told = (what: string, patterns: readonly RegExp[], never = /^$/) =>
      waitFor(
        what,
        async () => {
          last = await text();
          return patterns.every((pattern) => pattern.test(last)) && !never.test(last);
        },
        { ...WAIT, detail: () => last },
      );
    await told('that it is unknown', [
      /^watchbill_fleet_unknown\{.*validators-east-0.*what="keys-held"\} 1$/m,
    ]);
    const pod = {
      metadata: { name: 'validators-east-0-0' },
      spec: { containers: [{ name: 'node', image: image('node') }] },
    };
    const made = await plane.request('POST', '/api/v1/namespaces/told/pods', pod);
    assert.equal(made.status, 201, JSON.stringify(made.body));
    await told(
      'that it has its keys',
      [
        /^watchbill_fleet_keys_held\{.*validators-east-0.*duty="",keys="current"\} 1$/m,
        /^watchbill_fleet_node_answers\{.*place="east".*role="validator".*\} 1$/m,
      ],
      /keys-not-asked|what="keys-held"/,
    );
    exporting.kill('SIGTERM');
    const [code] = await once(exporting, 'exit', { signal: AbortSignal.timeout(30_000) });
    assert.equal(code, 0);
  } finally {
    exporting.kill('SIGKILL');
  }
});
