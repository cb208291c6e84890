import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Graph } from '../../file/index.ts';
import { headText, IN_PODS, ON_DISKS } from '../../file/testing/index.ts';
import { publishedNotes } from '../../run/operations/index.ts';
import { harbour, IMAGE } from '../testing/fake-harbour.ts';

const HEAD = headText({
  places: 'clusters: {east: {namespace: nodes}}\nmachines: {iron: {host: 192.0.2.7}}',
  software: `${IN_PODS}, ${ON_DISKS}`,
});
const FILE = `${HEAD}pools:
  rpc: {role: rpc, place: east, count: 2}
  history: {role: archive, place: east}
  shore: {role: rpc, place: iron, count: 2}
`;
const ROUTE = ['--route', 'gateways/public', '--hostname', 'rpc.example.org'];
const PUBLISHED =
  'rpc: {role: rpc, exposure: {rpc: gateway, gateway: {name: public, namespace: gateways, hostnames: [rpc.example.org]}}';

async function ground() {
  const own = await harbour(null);
  own.write('network.yaml', FILE);
  const render = (...args: readonly string[]) => own.fleet('gateway', 'render', ...args);
  return { ...own, render };
}

test('a folder for each gateway, whose settings take keys and are good, and the steps that remain', async () => {
  const { cwd, fleet, json, refused, text } = await ground();
  const said = await text('gateway', 'render', '--image', IMAGE, ...ROUTE);
  assert.match(said, /^rpc in east: a gateway before 2 nodes$/m);
  assert.match(said, /^shore in iron: a gateway before 2 nodes$/m);
  assert.match(said, /^left out: history in east: exposure\.rpc is none/m);
  assert.match(
    said,
    /kubectl --context CONTEXT --namespace nodes create secret generic rpc-east-gateway --from-file=gateways\/east\/rpc\/gateway\.yaml/,
  );
  assert.deepEqual(readdirSync(join(cwd, 'gateways/east/rpc')).sort(), ['gateway.yaml', 'objects.yaml']);
  for (const settings of [
    'gateways/east/rpc/gateway.yaml',
    'gateways/iron/etc/watchbill-gateway/harbour-shore/gateway.yaml',
  ]) {
    assert.ok(said.includes(`gateway key --config ${settings} `), said);
    await json(
      'gateway key --config',
      settings,
      '--name',
      'a',
      '--tier',
      'partner',
      '--out',
      `${settings}.key`,
    );
    const checked = await fleet('gateway', 'run', '--check', '--config', settings);
    assert.match(checked.stdout, /is good: 2 nodes/);
  }
  await refused(2, /exists already and is never overwritten/, 'gateway render --image', IMAGE);
});

test('machines alone need no image; a cluster needs one by digest', async () => {
  const { cwd, render, json } = await ground();
  const made = (await json('gateway', 'render', '--place', 'iron', '--program', '/opt/watchbill')) as {
    gateways: { files: string[] }[];
  };
  assert.equal(made.gateways.length, 1);
  const refused = async (says: RegExp, ...args: readonly string[]) => {
    const { code, stderr } = await render('--out', 'other', ...args);
    assert.equal(code, 2);
    assert.match(stderr, says);
    assert.ok(!existsSync(join(cwd, 'other')), 'the folder is not made');
  };
  await refused(/runs from an image[\s\S]*flag --image/);
  await refused(/may point to another image later/, '--image', 'registry.example/watchbill:latest');
  await refused(/may point to another image later/, '--image', `${IMAGE}0`);
});

test('what does not fit the network file is refused, with what to do', async () => {
  const { render, write } = await ground();
  const says = async (...args: readonly string[]) => (await render('--image', IMAGE, ...args)).stderr;
  assert.match(await says('--place', 'eats'), /no place eats[\s\S]*did you mean east/);
  assert.match(await says('--pool', 'rcp'), /no pool rcp[\s\S]*did you mean rpc/);
  assert.match(await says('--route', 'public', '--hostname', 'a.example'), /public is not a Gateway/);
  assert.match(await says('--route', 'gateways/public'), /name both/);
  assert.match(await says('--hostname', 'a.example'), /name both/);
  assert.match(await says('--route', 'a/b', '--hostname', 'a b'), /a b is not a host name/);
  assert.match(await says('--place', 'iron', ...ROUTE), /no chosen place is a cluster/);
  assert.match(await says('--cluster-domain', 'a/b'), /a\/b is not a domain/);
  assert.match(await says('--program', 'watchbill'), /not an absolute path/);
  assert.match(await says('--pool', 'history'), /no pool can have a gateway: history in east: .*rpc is none/);
  write('network.yaml', FILE.replace('place: east}', 'place: east, exposure: {rpc: cluster}}'));
  assert.match(await says(...ROUTE), /two pools of one cluster would get the same names[\s\S]*--pool/);
  write('network.yaml', FILE.replace('rpc: {role: rpc', PUBLISHED));
  assert.match(await says('--pool', 'rpc'), /publishes its nodes to everyone[\s\S]*what to do: correct/);
});

test('of nodes that are published directly there is a note, of others none', async () => {
  const { json, write } = await ground();
  const graph = async () =>
    JSON.parse(
      ((await json('render', '--format', 'graph')) as { files: { text: string }[] }).files[0]?.text ?? '',
    ) as Graph;
  assert.deepEqual(publishedNotes(await graph()), []);
  write('network.yaml', FILE.replace('rpc: {role: rpc', PUBLISHED));
  const [note = '', ...more] = publishedNotes(await graph());
  assert.deepEqual(more, []);
  assert.match(note, /^the nodes of rpc in east are published directly .* without a key/);
});
