import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type ControlPlane,
  findKubernetes,
  startControlPlane,
  writeSchemas,
} from '@watchbill/testkit/kubernetes';
import { parseAllDocuments } from 'yaml';
import { type Bench, image, makeBench, networkFile, runIn } from './cli-ground.ts';
import { CRDS, serveKinds } from './custom-kinds.ts';

let plane: ControlPlane;
let bench: Bench;
let schemas: string;
before(async () => {
  plane = await startControlPlane({ nodeCount: 1 });
  bench = makeBench(plane.kubeconfigFile);
  schemas = join(bench.folder, 'schemas');
  await serveKinds(plane, CRDS);
  const { body } = await plane.request('GET', '/openapi/v2');
  assert.ok(writeSchemas(body, schemas) > 100);
  bench.write(networkFile({ name: 'rendered', image: image('node-1') }));
});
after(async () => {
  bench?.close();
  await plane?.close();
});

const TIMEOUT_MS = 60_000;
const found = findKubernetes();

function program(name: 'helm' | 'kubeconform', ...args: readonly string[]): string {
  assert.ok(found.found);
  const env = { PATH: process.env.PATH, HOME: join(bench.folder, 'home') };
  const options = { encoding: 'utf8', timeout: TIMEOUT_MS, env } as const;
  const ended = spawnSync(found.programs[name], args, options);
  // kubeconform tells what is wrong on standard output.
  if (ended.status !== 0) throw new Error(`${name}: ${ended.stdout}${ended.stderr}`);
  return ended.stdout;
}

/** How many objects are valid; throws with what kubeconform says where one is not. */
function validate(text: string): number {
  const file = join(bench.folder, 'objects.yaml');
  writeFileSync(file, text);
  const location = join(schemas, '{{.ResourceKind}}{{.KindSuffix}}.json');
  const said = program(
    'kubeconform',
    '-strict',
    '-summary',
    '-output',
    'json',
    '-schema-location',
    location,
    file,
  );
  return (JSON.parse(said) as { summary: { valid: number } }).summary.valid;
}

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

function objectsOf(text: string): readonly Rendered[] {
  const all = parseAllDocuments(text).map((document) => document.toJS() as Rendered | null);
  return all
    .filter((one) => one !== null)
    .toSorted((a, b) => `${a.kind}/${a.metadata.name}`.localeCompare(`${b.kind}/${b.metadata.name}`));
}

async function render(format: string, name: string): Promise<string> {
  const out = join(bench.folder, name);
  const { code, stderr } = await runIn(bench.folder, ['fleet', 'render', '--format', format, '--out', out]);
  assert.equal(code, 0, stderr);
  return out;
}

test('every rendered object fits the schema of the server, and a wrong field is seen', async () => {
  const folder = await render('yaml', 'yaml');
  const [file = ''] = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.yaml'),
  );
  const text = readFileSync(join(folder, file), 'utf8');
  const objects = objectsOf(text);
  assert.ok(objects.length > 8);
  assert.equal(validate(text), objects.length);
  assert.throws(() => validate(text.replace('serviceName:', 'serviceNmae:')), /serviceNmae/);
});

test('the chart renders the same objects, and only images may be given', async () => {
  const [plain, charts] = [await render('yaml', 'plain'), await render('helm', 'charts')];
  const [cluster = ''] = readdirSync(charts).filter((name) => !name.startsWith('.'));
  const chart = join(charts, cluster);
  mkdirSync(join(bench.folder, 'home'), { recursive: true });
  const template = (...args: readonly string[]): string =>
    program('helm', 'template', 'rendered', chart, '--namespace', 'rendered', ...args);
  const objects = objectsOf(template());
  assert.equal(validate(template()), objects.length);
  const [file = ''] = readdirSync(plain, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.yaml'),
  );
  const wanted = objectsOf(readFileSync(join(plain, file), 'utf8'));
  assert.deepEqual(
    objects,
    wanted.filter(({ kind }) => kind !== 'Namespace'),
  );
  const other = image('node-2');
  assert.ok(template('--set', `images.rpc=${other}`).includes(other));
  assert.throws(() => template('--set', 'images.rpc=node:latest'));
  assert.throws(() => template('--set', 'replicas=2'));
});
