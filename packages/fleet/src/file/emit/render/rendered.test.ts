import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import type { KubernetesResource } from '../../graph/resource.ts';
import { readFixture, SOLO, SPEC_TEXT, WIDE } from '../../testing/networks.ts';
import { type RenderFormat, rendered } from './rendered.ts';

const { network, graph } = readFixture(WIDE);

function files(format: RenderFormat, place: string | null = null): ReadonlyMap<string, string> {
  return new Map(rendered(network, graph, { format, place }).map(({ path, text }) => [path, text]));
}

const objects = graph.resources.filter((one): one is KubernetesResource => one.target === 'kubernetes');

function identities(texts: Iterable<string>): readonly string[] {
  const found = [...texts].flatMap((text) =>
    parseAllDocuments(text).map((document) => document.toJS() as Named),
  );
  return found.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? '-'} ${metadata.name}`).sort();
}

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: { readonly updateStrategy?: { readonly type: string } };
}

const wanted = (place: string) =>
  objects
    .filter((one) => one.place === place)
    .map(({ kind, name, body }) => `${kind} ${String(body.metadata.namespace ?? '-')} ${name}`)
    .sort();

test('plain YAML has every object of a cluster, each as it is applied but for signers', () => {
  const all = files('yaml');
  assert.deepEqual([...all.keys()], ['east.yaml', 'west.yaml']);
  for (const [path, text] of all) {
    const place = path.replace('.yaml', '');
    assert.deepEqual(identities([text]), wanted(place));
    for (const document of parseAllDocuments(text)) {
      const object = document.toJS() as Named;
      const resource = objects.find(
        (one) => one.place === place && one.kind === object.kind && one.name === object.metadata.name,
      );
      if (resource?.subject.keySet === null) assert.deepEqual(object, resource.body);
      else
        assert.equal(
          object.spec?.updateStrategy?.type,
          'OnDelete',
          'other tools would restart signers together',
        );
    }
  }
});

test('texts that old readers of YAML take for something else are quoted', () => {
  const tricky = readFixture(WIDE.replace('disk: fast', 'disk: "yes", slot: "0x1f", time: "12:30:00"'));
  const [, west] = rendered(tricky.network, tricky.graph, { format: 'yaml', place: null });
  assert.match(west?.text ?? '', /disk: "yes"/);
  assert.match(west?.text ?? '', /slot: "0x1f"/);
  assert.match(west?.text ?? '', /time: "?12:30:00"?/);
  assert.equal((parse('a: "0x1f"') as { a: string }).a, '0x1f');
});

test('a Kustomize folder lists each of its files once, and holds the same objects', () => {
  const all = files('kustomize');
  for (const place of ['east', 'west']) {
    const own = [...all].filter(
      ([path]) => path.startsWith(`${place}/`) && !path.endsWith('kustomization.yaml'),
    );
    const list = parse(all.get(`${place}/kustomization.yaml`) ?? '') as { resources: string[] };
    assert.deepEqual(
      list.resources,
      own.map(([path]) => path.slice(place.length + 1)),
    );
    assert.deepEqual(identities(own.map(([, text]) => text)), wanted(place));
  }
});

describe('a Helm chart', () => {
  const all = files('helm');
  const templates = (place: string) =>
    [...all].filter(([path]) => path.startsWith(`${place}/templates/`) && path.endsWith('.yaml'));

  test('holds the same objects but the namespace, whose removal would take keys along', () => {
    for (const place of ['east', 'west']) {
      const made = templates(place).map(([, text]) => filled(text, 'x@sha256:0'));
      assert.deepEqual(
        identities(made),
        wanted(place).filter((one) => !one.startsWith('Namespace')),
      );
    }
  });

  test('takes images of pools from its values, and nothing else', () => {
    const values = parse(all.get('east/values.yaml') ?? '') as { images: Record<string, string> };
    assert.deepEqual(Object.keys(values), ['images']);
    assert.deepEqual(Object.keys(values.images).sort(), ['archive', 'collators', 'rpc']);
    const used = templates('east').flatMap(([, text]) => text.match(/\{\{.*?\}\}/g) ?? []);
    assert.ok(used.length > 0);
    for (const one of used) assert.match(one, /^\{\{ index \.Values\.images "[a-z-]+" \| quote \}\}$/);
    const schema = JSON.parse(all.get('east/values.schema.json') ?? '') as { additionalProperties: boolean };
    assert.equal(schema.additionalProperties, false);
  });

  test('a node with a separate image keeps it', () => {
    const own = `own@sha256:${'0c'.repeat(32)}`;
    const text = WIDE.replace(
      'resources: {cpu: 0.5',
      `software: {image: "${own}"}\n        resources: {cpu: 0.5`,
    );
    const read = readFixture(text);
    const made = rendered(read.network, read.graph, { format: 'helm', place: 'east' });
    const set = made.find(({ path }) => path.includes('statefulset-collators-east-1'))?.text ?? '';
    assert.ok(set.includes(`image: ${own}`));
    assert.ok(!set.includes('.Values.images'));
  });

  test('braces in texts are not templates', () => {
    const text = '{"name":"a {{ .Values.evil }} chain"}';
    assert.equal(filled('a: "{{ "{{" }} .Values.evil }}"', ''), 'a: "{{ .Values.evil }}"');
    assert.notEqual(text, SPEC_TEXT);
    const tricky = readFixture(
      SOLO.replace('flags: {', 'customFlags: ["--title={{.Values.evil}}"], flags: {'),
    );
    const made = rendered(tricky.network, tricky.graph, { format: 'helm', place: null });
    const set = made.find(({ path }) => path.includes('statefulset-rpc-main'))?.text ?? '';
    assert.ok(set.includes('{{ "{{" }}.Values.evil}}'), set.slice(0, 200));
  });
});

/** The output of Helm for the two forms in our templates. */
function filled(text: string, image: string): string {
  return text
    .replaceAll('{{ "{{" }}', '{{')
    .replace(/\{\{ index \.Values\.images "[a-z-]+" \| quote \}\}/g, JSON.stringify(image));
}

test('units lie where systemd looks for them, with user, folders and digests beside them', () => {
  const all = files('systemd');
  assert.deepEqual([...all.keys()].sort(), [
    'iron/SHA256SUMS',
    'iron/etc/systemd/system/watchbill-wide-backup-iron-0.service',
    'iron/etc/systemd/system/watchbill-wide-collators-iron-0.service',
    'iron/etc/sysusers.d/watchbill-wide.conf',
    'iron/etc/tmpfiles.d/watchbill-wide.conf',
    'iron/etc/watchbill/wide/chain-spec-23f14ef69446.json',
  ]);
  const users = all.get('iron/etc/sysusers.d/watchbill-wide.conf') ?? '';
  assert.match(users, /^u wb-wide - "Nodes of wide" /m);
  assert.match(users, /^u wb-collators-iron-0-[0-9a-f]{10} - "Node collators-iron-0 of wide" /m);
  const folders = all.get('iron/etc/tmpfiles.d/watchbill-wide.conf') ?? '';
  assert.match(folders, /^d \/var\/lib\/watchbill\/wide 0750 root wb-wide -$/m);
  // The units of the nodes create and hand over these folders.
  assert.doesNotMatch(folders, /iron-0/);
  assert.match(all.get('iron/SHA256SUMS') ?? '', /^(ef){32} {2}\/opt\/watchbill\/wide\/efefefefefef\/node$/m);
});

test('one place alone, the graph, and nothing where there is nothing', () => {
  assert.deepEqual([...files('yaml', 'west').keys()], ['west.yaml']);
  assert.deepEqual(files('systemd', 'west').size, 0);
  assert.deepEqual(files('terraform').size, 0);
  assert.equal(
    (JSON.parse(files('graph').get('graph.json') ?? '') as { digest: string }).digest,
    graph.digest,
  );
});
