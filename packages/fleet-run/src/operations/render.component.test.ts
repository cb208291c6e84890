import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { readNetworkText } from '../network-file/read.ts';
import { type RenderInput, renderNetwork } from './render.ts';

const SET = '{session: {source: secret, secret: "{node}-keys", set: stash-one, types: {babe: sr25519}}}';

/** A network with one signer of the set `stash-one` at a cluster, and a pool of RPC nodes in both. */
function networkAt(place: string, rpc = 1) {
  return readNetworkText(
    'network.yaml',
    '/nowhere/network.yaml',
    `format: watchbill/network/1
name: net
chain: {name: westend}
clusters: {fra: {context: f}, sin: {context: s}}
defaults:
  software: {image: "docker.io/parity/polkadot@sha256:${'ab'.repeat(32)}", command: polkadot, sdk: stable2509}
pools:
  v: {role: validator, place: ${place}, keys: ${SET}}
  rpc: {role: rpc, places: {fra: ${rpc}, sin: ${rpc}}}
`,
    'place',
  );
}

function bench(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-render-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const out = join(folder, 'rendered');
  const render = (place: string, more: Partial<RenderInput> & { readonly rpc?: number } = {}) => {
    const { rpc, ...change } = more;
    const declared = networkAt(place, rpc);
    return renderNetwork({ declared, format: 'kustomize', place: null, signers: false, out, ...change });
  };
  const files = () => readdirSync(out, { recursive: true, encoding: 'utf8' }).sort();
  const replicas = (file: string) =>
    (parse(readFileSync(join(out, file), 'utf8')) as { spec: { replicas: number } }).spec.replicas;
  return { folder, out, render, files, replicas };
}

test('a signer with named keys has no pod unless that is said, and others keep theirs', (t) => {
  const { render, replicas } = bench(t);
  assert.deepEqual(render('fra').waiting, ['fra/StatefulSet/net/v-fra-0']);
  assert.deepEqual(
    [replicas('fra/statefulset-v-fra-0.yaml'), replicas('fra/statefulset-rpc-fra.yaml')],
    [0, 1],
  );
  assert.deepEqual(render('fra', { signers: true }).waiting, []);
  assert.equal(replicas('fra/statefulset-v-fra-0.yaml'), 1);
  assert.deepEqual(render('fra').stopped, ['fra/StatefulSet/net/v-fra-0']);
});

test('a signer that moves is never in one folder twice, and runs only after a rendering in which it stands still', (t) => {
  const { render, files } = bench(t);
  const signer = () => files().filter((file) => file.includes('statefulset-v-'));
  render('fra', { signers: true });
  assert.throws(
    () => render('sin', { signers: true }),
    /sin\/StatefulSet\/net\/v-sin-0 would run with the keys set\.stash-one.*fra\/StatefulSet/,
  );
  assert.deepEqual(signer(), ['fra/statefulset-v-fra-0.yaml'], 'a refused rendering changes no file');
  render('sin');
  assert.deepEqual(signer(), ['sin/statefulset-v-sin-0.yaml']);
  render('sin', { signers: true });
  assert.deepEqual(signer(), ['sin/statefulset-v-sin-0.yaml']);
});

test('another pool renames no file, and another content is another version of the chart', (t) => {
  const { render, files, out } = bench(t);
  render('fra');
  const before = files();
  render('fra', { rpc: 2 });
  assert.deepEqual(files(), before);
  rmSync(out, { recursive: true });
  const version = () =>
    (parse(readFileSync(join(out, 'fra/Chart.yaml'), 'utf8')) as { version: string }).version;
  render('fra', { format: 'helm' });
  const first = version();
  assert.match(first, /^1\.0\.0-c[0-9a-f]{12}$/);
  render('fra', { format: 'helm' });
  assert.equal(version(), first);
  render('fra', { format: 'helm', rpc: 2 });
  assert.notEqual(version(), first);
});

test('what another made, changed or owns is never replaced', (t) => {
  const { render, out, files } = bench(t);
  mkdirSync(out);
  writeFileSync(join(out, 'own.yaml'), 'a: 1');
  assert.throws(() => render('fra'), /own\.yaml exists, and no rendering of watchbill made this folder/);
  assert.deepEqual(files(), ['own.yaml']);
  rmSync(out, { recursive: true });
  render('fra');
  const set = join(out, 'fra/statefulset-v-fra-0.yaml');
  const text = readFileSync(set, 'utf8');
  writeFileSync(set, text.replace('replicas: 0', 'replicas: 1'));
  assert.throws(() => render('fra'), /statefulset-v-fra-0\.yaml was changed by hand/);
  writeFileSync(set, text);
  writeFileSync(join(out, 'fra/extra.yaml'), 'a: 1');
  assert.throws(() => render('fra'), /fra\/extra\.yaml is not a file of the rendering/);
  rmSync(join(out, 'fra/extra.yaml'));
  assert.throws(() => render('fra', { format: 'helm' }), /has the network net as kustomize/);
  assert.throws(() => render('fra', { place: 'fra' }), /has the network net as kustomize/);
  render('fra');
});

test('a folder that a killed run left under another name is put back before it is judged', (t) => {
  const { render, folder, out } = bench(t);
  render('fra', { signers: true });
  renameSync(out, join(folder, '.rendered.watchbill-old'));
  assert.throws(() => render('sin', { signers: true }), /would run with the keys/);
  assert.deepEqual(readdirSync(folder), ['rendered']);
  mkdirSync(join(folder, '.rendered.watchbill-old'));
  mkdirSync(join(folder, '.rendered.watchbill-new'));
  render('fra');
  assert.ok(existsSync(join(out, 'fra/kustomization.yaml')));
  assert.deepEqual(readdirSync(folder), ['rendered']);
});
