// Real nodes, a real Prometheus with our rules and a real Alertmanager with our routes: a node that dies is told, and its return too.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  alertmanagerYaml,
  prometheusYaml,
  receiversShape,
  rulesYaml,
  thresholdsShape,
} from '@watchbill/fleet/watch';
import { freePorts, startNodeNetwork, waitFor } from '@watchbill/testkit';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';

const WAIT = { timeoutMs: 120_000, everyMs: 200 };

interface Told {
  readonly status: string;
  readonly receiver: string;
  readonly alerts: readonly {
    readonly status: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

async function webhook(context: TestContext): Promise<{ readonly url: string; readonly told: Told[] }> {
  const told: Told[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      told.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Told);
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, told };
}

function program(context: TestContext, name: string, args: readonly string[]): ChildProcess {
  const child = spawn(name, args, { stdio: 'ignore' });
  context.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  return child;
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

test('a node that dies pages within seconds of its time, its return is told, and the heartbeat goes on', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-watch-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile('1', folder),
    folder: join(folder, 'nodes'),
    nodes: [
      { name: 'alice', keys: [{ suri: '//Alice' }] },
      { name: 'reader', role: 'full' },
    ],
    args: ['--gossip-duration-ms', '200'],
  });
  context.after(() => network.close());
  await network.node('reader').untilFinalised(2);

  const { url, told } = await webhook(context);
  const [prometheusPort = 0, alertmanagerPort = 0] = await freePorts(2);
  const receivers = receiversShape.parse({
    receivers: [{ kind: 'webhook', name: 'hook', url }],
    page: ['hook'],
    heartbeat: ['hook'],
  });
  // The same routes and rules, with the patience of a test.
  const quick = (text: string) =>
    text
      .replaceAll(/group_wait: \d+s/g, 'group_wait: 1s')
      .replaceAll('group_interval: 5m', 'group_interval: 1s');
  writeFileSync(join(folder, 'alertmanager.yml'), quick(alertmanagerYaml(receivers)));
  writeFileSync(
    join(folder, 'rules.yaml'),
    rulesYaml(thresholdsShape.parse({})).replaceAll(/for: \d+[mh]/g, 'for: 2s'),
  );
  const targets = ['alice', 'reader'].map((node) => ({
    address: new URL(network.node(node).metricsUrl).host,
    node,
    pool: node === 'alice' ? 'validators' : 'rpc',
    role: node === 'alice' ? 'validator' : 'rpc',
  }));
  const settings = {
    network: 'trial',
    targets,
    intervalSeconds: 1,
    alertmanagers: [`127.0.0.1:${alertmanagerPort}`],
    remoteWriteUrl: null,
    place: 'here',
  };
  writeFileSync(join(folder, 'prometheus.yml'), prometheusYaml(settings));
  for (const name of ['prometheus', 'alertmanager']) mkdirSync(join(folder, name));
  program(context, 'prometheus-alertmanager', [
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${join(folder, 'alertmanager')}`,
    `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
    '--cluster.listen-address=',
  ]);
  program(context, 'prometheus', [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'prometheus')}`,
    `--web.listen-address=127.0.0.1:${prometheusPort}`,
  ]);
  await waitFor(
    'both are ready',
    async () =>
      (await answers(`http://127.0.0.1:${prometheusPort}/-/ready`)) &&
      (await answers(`http://127.0.0.1:${alertmanagerPort}/-/ready`)),
    WAIT,
  );

  const about = (alertname: string, status: string) =>
    told
      .flatMap(({ alerts }) => alerts)
      .filter((one) => one.labels.alertname === alertname && one.status === status);
  await waitFor('the heartbeat is heard', () => about('Watching', 'firing').length > 0, WAIT);
  assert.deepEqual(about('NodeDown', 'firing'), []);
  await network.node('reader').kill();
  await waitFor('its death is told', () => about('NodeDown', 'firing').length > 0, WAIT);
  const [death] = about('NodeDown', 'firing');
  assert.equal(death?.annotations.summary, 'reader of trial does not answer');
  assert.deepEqual([death?.labels.role, death?.labels.severity], ['rpc', 'page']);
  assert.ok(!about('NodeDown', 'firing').some(({ labels }) => labels.instance === 'alice'));
  await network.node('reader').start();
  await waitFor('its return is told', () => about('NodeDown', 'resolved').length > 0, WAIT);
});
