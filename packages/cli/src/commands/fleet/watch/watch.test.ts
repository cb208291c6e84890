import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { harbour } from '../fake-harbour.ts';

const STASH = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';

async function twoMachines(context: TestContext) {
  const ground = await harbour([
    '--chain',
    'westend',
    '--machine',
    'iron=10.0.0.5',
    '--machine',
    'tin=10.0.0.6',
  ]);
  context.after(ground.remove);
  const binary = `binary: {source: "https://example.org/node", sha256: ${'ab'.repeat(32)}}`;
  ground.write('network.yaml', ground.read('network.yaml').replace(/binary: .*/, binary));
  return ground;
}

async function validatorsOf(json: (...args: readonly string[]) => Promise<Record<string, unknown>>) {
  const { pools } = (await json('explain')) as { pools: { name: string; nodes: string[] }[] };
  return pools.find(({ name }) => name === 'validators')?.nodes ?? [];
}

test('with a hub each place gets an agent that reads its own nodes on loopback, and the hub the rules and an alert for each place', async (t) => {
  const { cwd, json, read, write } = await twoMachines(t);
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

test('names that the network does not have are refused with their line', async (t) => {
  const { fleet, write } = await twoMachines(t);
  write('watch.yaml', 'intervalSeconds: 5\nsources: {iorn: {exporters: ["127.0.0.1:9960"]}}\n');
  const place = await fleet('watch', 'render', '--settings', 'watch.yaml');
  assert.equal(place.code, 2);
  assert.match(place.stderr, /no place iorn[\s\S]*watch\.yaml:2:\d+[\s\S]*did you mean iron/);
  write('watch.yaml', 'expectBackups: [nobody-here-0]\n');
  assert.match((await fleet('watch', 'logs', '--settings', 'watch.yaml')).stderr, /no node nobody-here-0/);
  write('watch.yaml', 'remoteWriteUrl: "http://a"\n');
  assert.match(
    (await fleet('watch', 'render', '--settings', 'watch.yaml')).stderr,
    /unknown key remoteWriteUrl/,
  );
});

test('logs of machines are told by their units, of clusters by their pods; nothing is overwritten', async (t) => {
  const { cwd, fleet, text, read } = await twoMachines(t);
  assert.match(await text('watch', 'logs'), /iron\.alloy, tin\.alloy[\s\S]*31 days/);
  assert.deepEqual(readdirSync(join(cwd, 'logs')).sort(), ['iron.alloy', 'loki.yaml', 'tin.alloy']);
  assert.match(read('logs/iron.alloy'), /loki\.source\.journal/);
  assert.match((await fleet('watch', 'logs')).stderr, /exists already/);
  const cluster = await harbour();
  t.after(cluster.remove);
  await cluster.text('watch', 'logs');
  assert.match(cluster.read('logs/main.alloy'), /loki\.source\.kubernetes/);
});

test('dashboards are files that Grafana can read', async (t) => {
  const { cwd, json, read, remove } = await harbour(null);
  t.after(remove);
  await json('watch', 'dashboards', '--out', 'd');
  const files = readdirSync(join(cwd, 'd'));
  assert.equal(files.length, 5);
  for (const file of files)
    assert.equal(`${(JSON.parse(read(`d/${file}`)) as { uid: string }).uid}.json`, file);
});

test('the exporter looks at the nodes of its machine without being told, and refuses what it does not know', async (t) => {
  const { fleet, json, write } = await twoMachines(t);
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
    { name: own, url: 'ws://127.0.0.1:9944', stash: STASH },
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
  assert.match((await fleet('watch', 'exporter', '--check')).stderr, /nothing to look at/);
});
