import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson, type Json } from '@watchbill/kit';
import { fields } from '@watchbill/kit/testing';
import fc from 'fast-check';
import { readFixture, SOLO, WIDE } from '../testing/networks.ts';
import { topologicalOrder } from './order.ts';
import { MARKS } from './resource.ts';

const bytes = (text: string) => canonicalJson(readFixture(text).graph as unknown as Json);

test('the same file gives the same bytes, in whatever order its pools and places are written', () => {
  assert.equal(bytes(WIDE), bytes(WIDE));
  const [head = '', pools = ''] = SOLO.split('pools:\n');
  const turned = `${head}pools:\n${pools.trimEnd().split('\n').reverse().join('\n')}\n`;
  assert.notEqual(turned, SOLO);
  assert.equal(bytes(turned), bytes(SOLO));
  assert.equal(bytes(`# a comment\n${SOLO}`), bytes(SOLO));
});

test('the digest is that of everything else', () => {
  const digests = [SOLO, SOLO.replace('500', '501'), SOLO.replace('count: 3', 'count: 4'), WIDE].map(
    (text) => readFixture(text).graph.digest,
  );
  assert.equal(new Set(digests).size, digests.length);
});

test('resources stand after those that they need, ids are those of the place, and everything is marked as ours', () => {
  const { graph } = readFixture(WIDE);
  const seen = new Set<string>();
  for (const { id, place, kind, needs, afterHealthy, target, body, subject } of graph.resources) {
    for (const need of [...needs, ...afterHealthy]) assert.ok(seen.has(need), `${id} needs ${need}`);
    seen.add(id);
    assert.ok(id.startsWith(`${place}/${kind}/`));
    if (target !== 'kubernetes') continue;
    const { labels, annotations } = body.metadata as unknown as {
      labels: Record<string, string>;
      annotations?: Record<string, string>;
    };
    assert.equal(labels[MARKS.network], 'wide');
    assert.equal(labels[MARKS.pool] ?? null, subject.pool);
    assert.equal(labels[MARKS.node] ?? null, subject.node);
    assert.equal(annotations?.[MARKS.keySet] ?? null, subject.keySet);
    for (const value of Object.values(labels))
      assert.match(value, /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
  }
});

test('what must be there and is never made is named with what needs it', () => {
  const { expects, resources } = readFixture(WIDE).graph;
  assert.deepEqual(expects.map(fields('place', 'name', 'entries')), [
    ['east', 'collators-east-1-keys', ['aura']],
    ['west', 'boot-west-0', ['key']],
  ]);
  const ids = new Set(resources.map(({ id }) => id));
  for (const { neededBy } of expects) assert.ok(neededBy.every((id) => ids.has(id)));
});

test('a name of a node stays whatever the counts become', () => {
  const names = (text: string) =>
    new Set(readFixture(text).network.pools.flatMap(({ nodes }) => nodes.map(({ name }) => name)));
  const before = names(WIDE);
  const after = names(WIDE.replace('{east: 2, iron: 1, west: 1}', '{east: 4, iron: 1, west: 1}'));
  for (const name of before) assert.ok(after.has(name), name);
});

const graphs = fc.array(fc.array(fc.nat(11), { maxLength: 3 }), { maxLength: 12 });

test('an order respects every edge, is the same each time, and names exactly what cannot be ordered', () => {
  fc.assert(
    fc.property(graphs, (edges) => {
      const items = edges.map((after, index) => ({ id: `n${index}`, after: after.map((one) => `n${one}`) }));
      const { order, cycle } = topologicalOrder(items);
      assert.deepEqual(topologicalOrder(items.toReversed()), { order, cycle });
      assert.deepEqual([...order, ...cycle].sort(), items.map(({ id }) => id).sort());
      const present = new Set(items.map(({ id }) => id));
      const place = new Map(order.map((id, index) => [id, index]));
      for (const { id, after } of items)
        for (const one of after.filter((name) => present.has(name)))
          if (place.has(id)) assert.ok((place.get(one) ?? 99) < (place.get(id) ?? -1));
      for (const id of cycle) {
        const item = items.find((one) => one.id === id);
        assert.ok(item?.after.some((one) => cycle.includes(one)));
      }
    }),
  );
});
