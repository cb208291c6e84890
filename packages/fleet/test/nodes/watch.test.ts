// Real nodes at a place whose Prometheus agent writes to a real hub with our rules, a real Alertmanager with
// our routes, and the exporter as people start it: a node that dies is told, keys that are gone are told, and
// a place that falls silent is told.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  agentYaml,
  alertmanagerYaml,
  fleetMonitoring,
  hubYaml,
  receiversShape,
} from '@watchbill/fleet/watch';
import { devKey, freePorts, type NodeNetwork, startNodeNetwork, waitFor } from '@watchbill/testkit';
import { COMMAND } from '@watchbill/testkit/command';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { parse } from 'yaml';
import { alertsOf, boardsOf, questionsOf } from '../watch/all.ts';
import { metricsIn, seriesIn } from '../watch/metric-names.ts';
import { startReceiver } from '../watch/receiver.ts';
import { folderUntilExit } from './folder.ts';

const WAIT = { timeoutMs: 120_000, everyMs: 200 };
const EXPECTED = {
  places: ['east'],
  // The second was never there: its pod, say, is gone.
  nodes: ['reader', 'absent'].map((node) => ({
    network: 'trial',
    node,
    pool: 'rpc',
    role: 'rpc',
    place: 'east',
  })),
  claims: [],
  backups: [],
  jobs: [],
};
const MONITORING = fleetMonitoring(undefined, EXPECTED);
const ALICE = `0x${devKey('Alice').stash}`;
const BOB = `0x${devKey('Bob').stash}`;

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

/** The nodes of which the hub says this now. */
async function saidOf(hub: number, alertname: string): Promise<readonly (string | undefined)[]> {
  const response = await fetch(`http://127.0.0.1:${hub}/api/v1/alerts`);
  const { data } = (await response.json()) as {
    readonly data: { readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[] };
  };
  return data.alerts
    .filter(({ labels }) => labels.alertname === alertname)
    .map(({ labels }) => labels.instance);
}

interface Ports {
  readonly hub: number;
  readonly agent: number;
  readonly alertmanager: number;
  readonly exporter: number;
}

/** Everything that `fleet services watch` writes, with the patience of a test. */
function writeConfigs(folder: string, network: NodeNetwork, ports: Ports, hook: string): void {
  const receivers = receiversShape.parse({
    receivers: [{ kind: 'webhook', name: 'hook', url: hook }],
    page: ['hook'],
    heartbeat: ['hook'],
  });
  const routes = alertmanagerYaml(receivers)
    .replaceAll(/group_wait: \d+s/g, 'group_wait: 1s')
    .replaceAll('group_interval: 5m', 'group_interval: 1s');
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write('alertmanager.yml', routes);
  write('rules.yaml', MONITORING.rules().replaceAll(/for: \d+[mh]/g, 'for: 4s'));
  write('hub.yml', hubYaml({ intervalSeconds: 1, alertmanagers: [`127.0.0.1:${ports.alertmanager}`] }));
  const targets = ['alice', 'reader'].map((node) => ({
    address: new URL(network.node(node).metricsUrl).host,
    node,
    pool: node === 'alice' ? 'validators' : 'rpc',
    role: node === 'alice' ? 'validator' : 'rpc',
    place: 'east',
    endpoint: 'metrics' as const,
  }));
  const agent = agentYaml({
    network: 'trial',
    place: 'east',
    targets,
    cluster: null,
    sources: { exporters: [`127.0.0.1:${ports.exporter}`], gateways: [], machines: [] },
    intervalSeconds: 1,
    hub: { url: `http://127.0.0.1:${ports.hub}/api/v1/write` },
  });
  write('agent.yml', agent);
  const url = (node: string) => network.node(node).wsUrl;
  const settings = {
    network: 'trial',
    place: 'east',
    everySeconds: 1,
    listen: { port: ports.exporter },
    limits: { callSeconds: 10 },
    nodes: [
      { name: 'alice', pool: 'validators', url: url('alice'), stash: ALICE },
      { name: 'reader', pool: 'rpc', role: 'rpc', url: url('reader') },
      // It waits to be elected, so nobody misses it in the set; but the chain has keys of it that this node
      // does not hold.
      { name: 'candidate', pool: 'validators', url: url('reader'), stash: BOB, waits: true },
    ],
  };
  write('exporter.yaml', JSON.stringify(settings));
}

/** Every series of a node that an alert or a panel reads is one that a real node serves. */
async function checkNames(network: NodeNetwork): Promise<void> {
  const texts = await Promise.all(
    ['alice', 'reader'].map(async (name) => (await fetch(network.node(name).metricsUrl)).text()),
  );
  const served = new Set(texts.flatMap((text) => [...seriesIn(text)]));
  const read = [
    ...alertsOf(MONITORING).map(({ expr }) => expr),
    ...boardsOf(MONITORING)
      .flatMap(questionsOf)
      .map(({ expr }) => expr),
  ];
  const names = new Set(read.flatMap(metricsIn).filter((name) => name.startsWith('substrate_')));
  assert.ok(names.size >= 20);
  assert.deepEqual(
    [...names].filter((name) => !served.has(name)),
    [],
  );
  // Alerts tell chains apart by the label that a node puts on everything.
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line.startsWith('substrate_'));
  assert.ok(lines.length > 100);
  assert.deepEqual(
    lines.filter((line) => !/[{,]chain="[^"]+"/.test(line)),
    [],
  );
}

/**
 * What `services watch render` writes for a node on a machine leads to a node: its metrics are on loopback,
 * at no other address.
 */
async function checkRenderedTarget(network: NodeNetwork, folder: string): Promise<void> {
  const { port } = new URL(network.node('reader').metricsUrl);
  const lines = [
    'format: watchbill/network/1',
    'name: trial',
    'chain: {name: westend}',
    'machines: {iron: {host: 192.0.2.7}}',
    `defaults: {software: {binary: {source: "https://example.org/node", sha256: ${'ab'.repeat(32)}}, command: node, sdk: stable2509}}`,
    `pools: {rpc: {role: rpc, count: 1, ports: {metrics: ${port}}}}`,
  ];
  writeFileSync(join(folder, 'network.yaml'), `${lines.join('\n')}\n`);
  const out = join(folder, 'rendered');
  const flags = ['--file', join(folder, 'network.yaml'), '--out', out];
  execFileSync(process.execPath, [COMMAND, 'fleet', 'watch', 'render', ...flags], { timeout: 60_000 });
  const { scrape_configs: jobs } = parse(readFileSync(join(out, 'prometheus.yml'), 'utf8')) as {
    readonly scrape_configs: readonly {
      readonly static_configs: readonly { readonly targets: string[] }[];
    }[];
  };
  const targets = jobs.flatMap((job) => job.static_configs.flatMap((one) => one.targets));
  assert.equal(targets.length, 1);
  assert.ok(await answers(`http://${targets[0]}/metrics`), targets[0]);
}

test('at a hub over places: a node that dies, keys that are gone and a place that falls silent are told, and returns too', async (context) => {
  const folder = folderUntilExit('watchbill-watch-');
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

  const { url, told } = await startReceiver(context);
  const [hub = 0, agent = 0, alertmanager = 0, exporter = 0] = await freePorts(4);
  const ports: Ports = { hub, agent, alertmanager, exporter };
  writeConfigs(folder, network, ports, url);
  for (const name of ['hub', 'agent', 'alertmanager']) mkdirSync(join(folder, name));
  program(context, 'prometheus-alertmanager', [
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${join(folder, 'alertmanager')}`,
    `--web.listen-address=127.0.0.1:${alertmanager}`,
    '--cluster.listen-address=',
  ]);
  program(context, 'prometheus', [
    `--config.file=${join(folder, 'hub.yml')}`,
    `--storage.tsdb.path=${join(folder, 'hub')}`,
    `--web.listen-address=127.0.0.1:${hub}`,
    '--web.enable-remote-write-receiver',
    // What is not heard of is gone after seconds, not after five minutes.
    '--query.lookback-delta=10s',
    // The first sending comes before Prometheus has found Alertmanager.
    '--rules.alert.resend-delay=1s',
  ]);
  const ready = (port: number) => answers(`http://127.0.0.1:${port}/-/ready`);
  await waitFor('both are ready', async () => (await ready(hub)) && (await ready(alertmanager)), WAIT);
  const exporting = program(context, process.execPath, [
    COMMAND,
    ...['fleet', 'watch', 'exporter', '--settings', join(folder, 'exporter.yaml'), '--json'],
  ]);
  const atPlace = program(context, 'prometheus', [
    '--enable-feature=agent',
    `--config.file=${join(folder, 'agent.yml')}`,
    `--storage.agent.path=${join(folder, 'agent')}`,
    `--web.listen-address=127.0.0.1:${agent}`,
  ]);

  const about = (alertname: string, status: string) =>
    told
      .flatMap(({ alerts }) => alerts)
      .filter((one) => one.labels.alertname === alertname && one.status === status);
  const goneOf = (node: string) =>
    about('NodeGone', 'firing').filter(({ labels }) => labels.instance === node);
  const fires = (name: string) => waitFor(`${name} is told`, () => about(name, 'firing').length > 0, WAIT);
  await fires('Watching');
  await waitFor('the exporter tells', () => answers(`http://127.0.0.1:${exporter}/readyz`), WAIT);
  const isDown = (nodes: string) => async () => (await saidOf(hub, 'NodeDown')).join() === nodes;
  await waitFor('nobody is said to be down', isDown(''), WAIT);
  await network.node('reader').kill();
  const deaths = () => about('NodeDown', 'firing').filter(({ labels }) => labels.instance === 'reader');
  await waitFor('its death is told', () => deaths().length > 0, WAIT);
  const [death] = deaths();
  assert.equal(death?.annotations.summary, 'reader of trial does not answer');
  assert.deepEqual(
    [death?.labels.role, death?.labels.severity, death?.labels.place],
    ['rpc', 'page', 'east'],
  );
  await waitFor('it is the only one', isDown('reader'), WAIT);
  await network.node('reader').start();
  const returned = () => about('NodeDown', 'resolved').some(({ labels }) => labels.instance === 'reader');
  await waitFor('its return is told', returned, WAIT);
  await checkNames(network);
  await checkRenderedTarget(network, folder);

  await fires('KeysMissing');
  const missing = about('KeysMissing', 'firing').map(({ labels }) => labels);
  for (const { node, instance, place, keys } of missing)
    assert.deepEqual([node, instance, place, keys], ['candidate', 'candidate', 'east', 'registered']);
  assert.deepEqual(about('NotInSet', 'firing'), []);

  await waitFor('the one that never was is told', () => goneOf('absent').length > 0, WAIT);
  assert.equal(goneOf('absent')[0]?.labels.place, 'east');
  // The hub judges before the place has written for the first time, and then nobody has seen the other one
  // either.
  await waitFor(
    'only that one is gone',
    async () => (await saidOf(hub, 'NodeGone')).join() === 'absent',
    WAIT,
  );
  assert.deepEqual(goneOf('alice'), []);

  exporting.kill('SIGTERM');
  const [code] = await once(exporting, 'exit');
  assert.equal(code, 0);
  await fires('ExporterBlind');
  atPlace.kill('SIGKILL');
  await fires('PlaceSilent');
});
