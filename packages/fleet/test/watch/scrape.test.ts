// Scraping in the eyes of Prometheus: alone, as the agent of a place, as the hub that agents write to.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { agentYaml, hubYaml, prometheusYaml } from '@watchbill/fleet/watch';
import { temporaryFolder } from '@watchbill/kit/testing';
import { parse } from 'yaml';
import { MONITORING } from './all.ts';
import { run } from './programs.ts';

const TARGETS = [
  {
    address: '127.0.0.1:9615',
    node: 'rpc-east-0',
    pool: 'rpc',
    role: 'rpc',
    place: 'east',
    endpoint: 'metrics',
  },
] as const;
const SOURCES = {
  exporters: ['127.0.0.1:9960'],
  gateways: ['127.0.0.1:9951', '127.0.0.1:9953'],
  machines: ['127.0.0.1:9100'],
};
const COMMON = { network: 'n', intervalSeconds: 15, alertmanagers: ['10.0.0.9:9093'] };

test('one Prometheus, agents on machines and in clusters, and the hub are good in the eyes of Prometheus', (context) => {
  const folder = temporaryFolder(context);
  const check = (name: string, text: string, ...flags: readonly string[]) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    run('promtool', 'check', 'config', ...flags, file);
    return parse(text) as Record<string, unknown>;
  };
  writeFileSync(join(folder, 'rules.yaml'), MONITORING.fleet.rules());
  const sources = new Map([['east', SOURCES]]);
  check('alone.yml', prometheusYaml({ ...COMMON, targets: TARGETS, cluster: null, sources }));
  for (const name of ['token', 'ca.pem', 'cert.pem', 'key.pem']) writeFileSync(join(folder, name), '');
  const hub = {
    url: 'https://hub.example.org/api/v1/write',
    tokenFile: 'token',
    caFile: 'ca.pem',
    certFile: 'cert.pem',
    keyFile: 'key.pem',
  };
  const place = { ...COMMON, place: 'east', targets: TARGETS, sources: SOURCES, hub, cluster: null };
  const machine = check('machine.yml', agentYaml(place), '--agent');
  // Debian's Prometheus is built without the discovery of Kubernetes: the rest of the job is checked with a
  // fixed list in its place.
  const cluster = { name: 'east', namespace: 'n' };
  const pods = agentYaml({ ...place, targets: [], cluster });
  const sd = /kubernetes_sd_configs:\n +- role: pod\n +namespaces:\n +names:\n +- n\n/;
  const ofNodes = /kubernetes_sd_configs:\n +- role: node\n/;
  assert.match(pods, sd);
  assert.match(pods, ofNodes);
  const account = '/var/run/secrets/kubernetes.io/serviceaccount';
  const inCluster = (text: string) =>
    text
      .replace(sd, 'static_configs: []\n')
      .replace(ofNodes, 'static_configs: []\n')
      .replace(`${account}/token`, 'token')
      .replace(`${account}/ca.crt`, 'ca.pem');
  check('cluster.yml', inCluster(pods), '--agent');
  const own = prometheusYaml({ ...COMMON, targets: [], cluster, sources });
  assert.match(own, /rule_files[\s\S]*job_name: nodes[\s\S]*job_name: kubelets/);
  check('cluster-alone.yml', inCluster(own));
  assert.deepEqual(machine.global, {
    scrape_interval: '15s',
    evaluation_interval: '15s',
    external_labels: { place: 'east' },
  });
  assert.equal(machine.rule_files, undefined, 'an agent judges nothing');
  const central = check('hub.yml', hubYaml(COMMON));
  assert.equal(central.scrape_configs, undefined);
  assert.deepEqual(central.rule_files, ['rules.yaml']);
});

test('sources on loopback are named by their place, and what the exporter tells is under the name of the node', () => {
  const text = prometheusYaml({
    ...COMMON,
    targets: TARGETS,
    cluster: null,
    sources: new Map([
      ['east', SOURCES],
      ['west', { ...SOURCES, gateways: [] }],
    ]),
  });
  const { scrape_configs: jobs } = parse(text) as {
    scrape_configs: {
      job_name: string;
      honor_labels?: boolean;
      static_configs: { labels: { instance: string } }[];
    }[];
  };
  const instances = jobs.map(({ job_name: job, static_configs: all }) => [
    job,
    all.map((one) => one.labels.instance),
  ]);
  assert.deepEqual(instances, [
    ['nodes', ['rpc-east-0']],
    ['watchbill-exporter', ['exporter-east', 'exporter-west']],
    ['watchbill-gateway', ['gateway-east', 'gateway-east-2']],
    ['machines', ['east', 'west']],
  ]);
  assert.equal(jobs[1]?.honor_labels, true);
});
