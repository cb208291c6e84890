import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { GATE_SERIES } from './gate-series.ts';

const RUST = new URL('../../../../substrate/gate/src/metrics.rs', import.meta.url);

test('the series of the gate are those that the Rust crate registers', () => {
  const source = readFileSync(RUST, 'utf8');
  const names = new Map(
    [...source.matchAll(/const (\w+): &str = "(\w+)";/g)].map(([, constant, name]) => [constant, name]),
  );
  const [, table = ''] = /const SERIES: .*?= \[\n(.*?)\n\];/s.exec(source) ?? [];
  const registered = [...table.matchAll(/(\w+),\s*&\[(.*?)\],\s*"(.*?)",?\s*\)/gs)].map(
    ([, constant, labels = '', help]) => ({
      name: names.get(constant),
      labels: labels.split(',').flatMap((label) => (label.trim() === '' ? [] : [JSON.parse(label.trim())])),
      help,
    }),
  );
  assert.equal(registered.length, 8);
  assert.deepEqual(
    registered,
    GATE_SERIES.map(({ name, labels, help }) => ({ name, labels: [...labels], help })),
  );
});
