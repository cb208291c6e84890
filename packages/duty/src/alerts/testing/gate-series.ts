import { readFileSync } from 'node:fs';

const RUST = new URL('../../../../../substrate/gate/src/metrics.rs', import.meta.url);

/** One series that a node with the gate serves in its own `/metrics`. */
export interface GateSeries {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** The series that the Rust crate of the gate registers, for the page of all metrics and for tests. */
export function gateSeries(): readonly GateSeries[] {
  const source = readFileSync(RUST, 'utf8');
  const names = new Map(
    [...source.matchAll(/const (\w+): &str = "(\w+)";/g)].map(([, constant, name]) => [constant, name]),
  );
  const types = new Map(
    [...source.matchAll(/(\w+),\s+MetricType::(\w+),/g)].map(([, constant, type = '']) => [constant, type]),
  );
  const [, table = ''] = /const SERIES: .*?= \[\n(.*?)\n\];/s.exec(source) ?? [];
  return [...table.matchAll(/(\w+),\s*&\[(.*?)\],\s*"(.*?)",?\s*\)/gs)].map(
    ([, constant, labels = '', help = '']) => ({
      name: names.get(constant) ?? '',
      type: (types.get(constant) ?? '').toLowerCase(),
      help,
      labels: [...labels.matchAll(/"(\w+)"/g)].map(([, label = '']) => label),
    }),
  );
}
