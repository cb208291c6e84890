import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { harbour } from '../testing/fake-harbour.ts';

const STASH = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';

async function twoMachines() {
  const ground = await harbour([
    '--chain',
    'westend',
    '--machine',
    'iron=10.0.0.5',
    '--machine',
    'tin=10.0.0.6',
  ]);
  const binary = `binary: {source: "https://example.org/node", sha256: ${'ab'.repeat(32)}}`;
  ground.write('network.yaml', ground.read('network.yaml').replace(/binary: .*/, binary));
  return ground;
}

async function validatorsOf(json: (...args: readonly string[]) => Promise<Record<string, unknown>>) {
  const { pools } = (await json('explain')) as { pools: { name: string; nodes: string[] }[] };
  return pools.find(({ name }) => name === 'validators')?.nodes ?? [];
}

test('with a hub each place gets an agent that reads its own nodes on loopback, and the hub the rules and an alert for each place', async () => {
  const { cwd, json, read, write } = await twoMachines();
  const nodes = await validatorsOf(json);
  write(
    'watch.yaml',
    [
      'hub: {url: "https://hub.example.org/api/v1/write", tokenFile: /etc/prometheus/hub-token}',
      'sources: {iron: {exporters: ["127.0.0.1:9960"]}}',
      `expectBackups: [${nodes[0]}]`,
    ].join('\n'),
  );
  await json('watch', 'render', '--settings', 'watch.yaml');
  assert.deepEqual(readdirSync(join(cwd, 'monitoring')).sort(), ['hub', 'places']);
  assert.deepEqual(readdirSync(join(cwd, 'monitoring/places')).sort(), ['iron', 'tin']);
  const [iron, tin] = ['iron', 'tin'].map((place) => read(`monitoring/places/${place}/prometheus.yml`));
  assert.match(iron ?? '', /127\.0\.0\.1:9615[\s\S]*watchbill-exporter/);
  assert.doesNotMatch(iron ?? '', /10\.0\.0|-tin-/);
  assert.doesNotMatch(tin ?? '', /watchbill-exporter|-iron-/);
  const rules = read('monitoring/hub/rules.yaml');
  for (const place of ['iron', 'tin']) assert.ok(rules.includes(`absent(up{place="${place}"})`));
  assert.ok(rules.includes(`node="${nodes[0]}"})`));
});

test('at a hub a place without anything to read has no alert for silence', async () => {
  const { json, read, write } = await twoMachines();
  const file = read('network.yaml');
  write('network.yaml', file.replaceAll(/tin: \d/g, 'tin: 0'));
  assert.notEqual(read('network.yaml'), file);
  write('watch.yaml', 'hub: {url: "https://hub.example.org/api/v1/write"}\n');
  await json('watch', 'render', '--settings', 'watch.yaml');
  assert.match(read('monitoring/places/tin/prometheus.yml'), /static_configs: \[\]/);
  const rules = read('monitoring/hub/rules.yaml');
  assert.ok(rules.includes('absent(up{place="iron"})'));
  assert.ok(!rules.includes('absent(up{place="tin"})'), 'it would page for ever');
});

const addressesIn = (text: string) =>
  [...text.matchAll(/- targets:\n +- (\S+)/g)].map(([, address = '']) => address);

test('without a hub one Prometheus reads one place: a machine on its own loopback, never from elsewhere', async () => {
  const { cwd, fleet, json, read, text, write } = await twoMachines();
  const refused = await fleet('watch', 'render');
  assert.equal(refused.code, 2);
  assert.match(
    refused.stderr,
    /nodes at iron, tin, and one Prometheus reads one place[\s\S]*--place NAME[\s\S]*hub:/,
  );
  assert.deepEqual(readdirSync(cwd).includes('monitoring'), false, 'no folder is made');
  const nodes = await validatorsOf(json);
  write(
    'watch.yaml',
    `expectBackups: [${nodes.join(', ')}]\nsources: {tin: {machines: ["127.0.0.1:9100"]}}\n`,
  );
  const said = await text('watch', 'render', '--settings', 'watch.yaml', '--place', 'iron');
  assert.match(said, /nodes at iron are expected: a Prometheus on iron itself reads them on loopback/);
  const yaml = read('monitoring/prometheus.yml');
  const addresses = addressesIn(yaml);
  assert.ok(addresses.length > 0);
  for (const address of addresses) assert.match(address, /^127\.0\.0\.1:\d+$/);
  assert.doesNotMatch(yaml, /tin|9100/);
  const rules = read('monitoring/rules.yaml');
  for (const node of nodes)
    for (const what of [`instance="${node}"}), "place", "iron"`, `node="${node}"})`])
      assert.equal(rules.includes(what), node.includes('-iron-'), `${node}: ${what}`);
  assert.doesNotMatch(rules, /kubelet_/);
  assert.match(
    (await fleet('watch', 'render', '--place', 'irn')).stderr,
    /no place irn[\s\S]*did you mean iron/,
  );
  const file = read('network.yaml');
  write('network.yaml', file.replaceAll(/(iron|tin): \d/g, '$1: 0').replaceAll(/count: \d/g, 'count: 0'));
  assert.match((await fleet('watch', 'render', '--out', 'none')).stderr, /the network has no nodes/);
  write('network.yaml', file);
  write('watch.yaml', 'hub: {url: "https://hub.example.org/api/v1/write"}\n');
  assert.match(
    (await fleet('watch', 'render', '--settings', 'watch.yaml', '--place', 'iron', '--out', 'o')).stderr,
    /with a hub all places are written/,
  );
});

test('a cluster is read from inside; its nodes and volumes are expected, of a scaled pool those that are always there', async () => {
  const cluster = await harbour();
  const all = await validatorsOf(cluster.json);
  const few =
    '  few: {role: rpc, count: 3, autoscale: {by: cpu, min: 2, max: 9, target: 70, prometheus: null}}';
  cluster.write('network.yaml', `${cluster.read('network.yaml').trimEnd()}\n${few}\n`);
  assert.match(await cluster.text('watch', 'render'), /Prometheus in a pod of main reads them/);
  const yaml = cluster.read('monitoring/prometheus.yml');
  assert.match(yaml, /role: pod[\s\S]*job_name: kubelets[\s\S]*role: node/);
  const rules = cluster.read('monitoring/rules.yaml');
  for (const node of [...all, 'few-main-1'])
    assert.ok(rules.includes(`instance="${node}"}), "place", "main"`), node);
  assert.doesNotMatch(rules, /few-main-2/);
  assert.match(rules, /absent\(kubelet_volume_stats_capacity_bytes\{namespace="harbour"\}\)/);
  cluster.write('watch.yaml', 'hub: {url: "https://hub.example.org/api/v1/write"}\n');
  await cluster.text('watch', 'render', '--settings', 'watch.yaml', '--out', 'over');
  assert.match(
    cluster.read('over/hub/rules.yaml'),
    /absent\(kubelet_volume_stats_capacity_bytes\{namespace="harbour",place="main"\}\)/,
  );
});

test('the exporter asks the signers of a cluster through its API server, and refuses clusters that it does not know', async () => {
  const cluster = await harbour();
  const [node = ''] = await validatorsOf(cluster.json);
  const check = ['watch', 'exporter', '--check', '--file', 'network.yaml'];
  cluster.write('exporter.yaml', `network: harbour\nnodes: [{name: ${node}, stash: ${STASH}}]\n`);
  assert.match(await cluster.text(...check), new RegExp(`${node} {2}not asked {2}${STASH}`));
  cluster.write(
    'exporter.yaml',
    `network: harbour\nclusters: [main]\nnodes: [{name: ${node}, stash: ${STASH}}]\n`,
  );
  const said = await cluster.text(...check);
  assert.match(said, new RegExp(`${node} {2}through the API server of main {2}${STASH}`));
  assert.match(said, /rpc-main-0 {2}through the API server of main {2}no stash/);
  assert.match(
    (await cluster.fleet(...check.filter((word) => word !== '--check'), '--kubeconfig', 'none.yaml')).stderr,
    /the kubeconfig cannot be read[\s\S]*--kubeconfig/,
  );
  cluster.write('exporter.yaml', 'network: harbour\nclusters: [mian]\n');
  assert.match(
    (await cluster.fleet(...check)).stderr,
    /no cluster mian[\s\S]*exporter\.yaml:2[\s\S]*did you mean main/,
  );
});

test('names that the network does not have are refused with their line', async () => {
  const { fleet, refused, write } = await twoMachines();
  write('watch.yaml', 'intervalSeconds: 5\nsources: {iorn: {exporters: ["127.0.0.1:9960"]}}\n');
  await refused(
    2,
    /no place iorn[\s\S]*watch\.yaml:2:\d+[\s\S]*did you mean iron/,
    'watch render --settings watch.yaml',
  );
  write('watch.yaml', 'expectBackups: [absent-0]\n');
  assert.match((await fleet('watch', 'logs', '--settings', 'watch.yaml')).stderr, /no node absent-0/);
  write('watch.yaml', 'remoteWriteUrl: "http://a"\n');
  assert.match(
    (await fleet('watch', 'render', '--settings', 'watch.yaml')).stderr,
    /unknown key remoteWriteUrl/,
  );
});

test('logs of machines carry their units, logs of clusters their pods; files are never overwritten', async () => {
  const { cwd, fleet, text, read } = await twoMachines();
  assert.match(await text('watch', 'logs'), /iron\.alloy, tin\.alloy[\s\S]*31 days/);
  assert.deepEqual(readdirSync(join(cwd, 'logs')).sort(), ['iron.alloy', 'loki.yaml', 'tin.alloy']);
  assert.match(read('logs/iron.alloy'), /loki\.source\.journal/);
  assert.match((await fleet('watch', 'logs')).stderr, /exists already/);
  const cluster = await harbour();
  await cluster.text('watch', 'logs');
  assert.match(cluster.read('logs/main.alloy'), /loki\.source\.kubernetes/);
});

test('dashboards are files that Grafana can read', async () => {
  const { cwd, json, read } = await harbour(null);
  await json('watch', 'dashboards', '--out', 'd');
  const files = readdirSync(join(cwd, 'd'));
  assert.equal(files.length, 5);
  for (const file of files)
    assert.equal(`${(JSON.parse(read(`d/${file}`)) as { uid: string }).uid}.json`, file);
});

test('the exporter reads the nodes of its machine by default, and refuses unknown names', async () => {
  const { fleet, json, write } = await twoMachines();
  const nodes = await validatorsOf(json);
  const own = nodes.find((name) => name.includes('iron')) ?? '';
  const other = nodes.find((name) => name.includes('tin')) ?? '';
  const exporter = ['watch', 'exporter', '--check', '--file', 'network.yaml'];
  write('exporter.yaml', `network: westend\nplace: iron\nnodes: [{name: ${own}, stash: ${STASH}}]\n`);
  assert.match((await fleet(...exporter)).stderr, /is of network harbour, and the settings of westend/);
  write('exporter.yaml', `network: harbour\nplace: iron\nnodes: [{name: ${own}, stash: ${STASH}}]\n`);
  const checked = (await json(...exporter)) as {
    nodes: { name: string; url: string | null; stash: string | null }[];
  };
  assert.deepEqual(
    checked.nodes.find(({ name }) => name === own),
    { name: own, url: 'ws://127.0.0.1:9944', cluster: null, stash: STASH },
  );
  assert.ok(
    !checked.nodes.some(({ name }) => name === other),
    'nodes of other machines are on other loopbacks',
  );
  write('exporter.yaml', 'network: harbour\nplace: iron\nnodes: [{name: validators-irn-0}]\n');
  assert.match((await fleet(...exporter)).stderr, /has no node validators-irn-0[\s\S]*exporter\.yaml:3/);
  assert.match((await fleet(...exporter, '--local', 'nowhere')).stderr, /flag --local/);
  write('exporter.yaml', 'network: harbour\nnodes: [{name: a, stash: 5nobody}]\n');
  assert.match((await fleet('watch', 'exporter', '--check')).stderr, /expected the address of an account/);
  assert.match((await fleet('watch', 'exporter', '--settings', 'none.yaml')).stderr, /there is no file/);
  write('exporter.yaml', 'network: harbour\n');
  assert.match((await fleet('watch', 'exporter', '--check')).stderr, /name no nodes to read/);
});
