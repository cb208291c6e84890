import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { parse } from 'yaml';
import { headText } from '../../file/testing/index.ts';
import { type RenderInput, renderNetwork } from './render.ts';
import { declaredText } from './testing/network.ts';

const SET = '{session: {source: secret, secret: "{node}-keys", set: stash-one, types: {babe: sr25519}}}';

/** A network with one signer of the set `stash-one` at a cluster, and a pool of RPC nodes in both. */
function networkAt(place: string, rpc = 1, pool = 'v', keys = SET) {
  const head = headText({ name: 'net', places: 'clusters: {fra: {context: f}, sin: {context: s}}' });
  return declaredText(`${head}pools:
  ${pool}: {role: validator, place: ${place}, keys: ${keys}}
  rpc: {role: rpc, places: {fra: ${rpc}, sin: ${rpc}}}
`);
}

function bench(t: TestContext) {
  const folder = temporaryFolder(t);
  const [out, record] = [join(folder, 'rendered'), join(folder, 'record.json')];
  const render = (
    place: string,
    more: Partial<RenderInput> & { rpc?: number; pool?: string; keys?: string } = {},
  ) => {
    const { rpc, pool, keys, ...change } = more;
    const declared = networkAt(place, rpc, pool, keys);
    return renderNetwork({
      declared,
      format: 'kustomize',
      place: null,
      signers: false,
      out,
      record,
      ...change,
    });
  };
  const files = () => readdirSync(out, { recursive: true, encoding: 'utf8' }).sort();
  const replicas = (file: string) =>
    (parse(readFileSync(join(out, file), 'utf8')) as { spec: { replicas: number } }).spec.replicas;
  return { folder, out, record, render, files, replicas };
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
  assert.deepEqual(readdirSync(folder), ['record.json', 'rendered']);
  mkdirSync(join(folder, '.rendered.watchbill-old'));
  mkdirSync(join(folder, '.rendered.watchbill-new'));
  render('fra');
  assert.ok(existsSync(join(out, 'fra/kustomization.yaml')));
  assert.deepEqual(readdirSync(folder), ['record.json', 'rendered']);
});

describe('a signer that leaves in the rendering in which another comes is refused', () => {
  const keys = (set: string) => SET.replace('stash-one', set);
  const REFUSED =
    /would run with the keys .*, and in the earlier rendering fra\/StatefulSet\/net\/v-fra-0 runs/;

  test('under another pool, other keys, and another place', (t) => {
    const { render } = bench(t);
    render('fra', { signers: true });
    const other = SET.replace(', set: stash-one', '');
    for (const [place, change] of [
      ['fra', { pool: 'w' }],
      ['fra', { pool: 'w', keys: other }],
      ['sin', { keys: keys('stash-two') }],
    ] as const) {
      assert.throws(() => render(place, { signers: true, ...change }), REFUSED);
      assert.doesNotThrow(() => render(place, { signers: false, ...change, out: null }));
    }
    render('sin', { keys: keys('stash-two') });
    render('sin', { keys: keys('stash-two'), signers: true });
  });

  test('in folders of single places, and in a new folder', (t) => {
    const { render, folder } = bench(t);
    const at = (place: string, more = {}) =>
      render(place, { signers: true, place, out: join(folder, place), ...more });
    at('fra');
    assert.throws(() => at('sin'), REFUSED);
    assert.throws(() => at('sin', { keys: keys('stash-two') }), REFUSED);
    assert.throws(() => render('sin', { signers: true, out: join(folder, 'new') }), REFUSED);
    render('sin', { place: 'fra', out: join(folder, 'fra'), signers: true });
    at('sin', { keys: keys('stash-two') });
  });

  test('and it may leave or come alone, and get other keys in its own place', (t) => {
    const { render } = bench(t);
    render('fra', { signers: true });
    render('fra', { signers: true, keys: keys('stash-two') });
    render('fra');
    render('fra', { signers: true, pool: 'w' });
  });

  test('under the same name, if it takes another Secret', (t) => {
    const { render } = bench(t);
    const from = (secret: string, set: string) => keys(set).replace('{node}-keys', secret);
    render('fra', { signers: true, keys: from('old', 'stash-one') });
    const pool = `w: {role: validator, place: sin, keys: ${from('old', 'stash-two')}}\n  v`;
    assert.throws(() => render('fra', { signers: true, pool, keys: from('new', 'stash-one') }), REFUSED);
  });

  test('also if the record is lost; a damaged one refuses', (t) => {
    const { render, record } = bench(t);
    render('fra', { signers: true });
    rmSync(record);
    assert.throws(() => render('fra', { signers: true, pool: 'w' }), REFUSED);
    writeFileSync(record, '{"format":"watchbill/rendered-signers/2"}');
    assert.throws(() => render('fra', { signers: true }), /not the record watchbill\/rendered-signers\/1/);
  });
});
