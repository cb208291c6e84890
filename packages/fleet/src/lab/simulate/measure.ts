import type { Expectation } from './schema.ts';
import type { SimulatedNetwork } from './simulate-ports.ts';

/** The value of an expectation at one node; null if it is unknown. */
export async function measure(
  network: SimulatedNetwork,
  name: string,
  { expect, pattern, metric }: Expectation,
): Promise<number | null> {
  if (expect === 'log') return matches(network.log(name), pattern ?? '');
  if (expect === 'metric') {
    const text = await network.metrics(name);
    return text === null ? null : metricOf(text, metric ?? '');
  }
  const reading = await network.reading(name);
  if (reading === null) return null;
  switch (expect) {
    case 'height':
      return reading.best;
    case 'finalised':
      return reading.finalised;
    case 'finality-lag':
      return reading.best - reading.finalised;
    case 'peers':
      return reading.peers;
  }
}

function matches(log: string, pattern: string): number {
  const wanted = new RegExp(pattern);
  return log.split('\n').filter((line) => wanted.test(line)).length;
}

/**
 * A metric of Prometheus' text format: `name` adds up all of that name, `name{label="value"}` those with
 * these labels. Null if there is none.
 */
export function metricOf(text: string, wanted: string): number | null {
  const [, name = wanted, labels = ''] = /^([^{]+)\{(.*)\}$/.exec(wanted) ?? [];
  const needed = [...labels.matchAll(/[A-Za-z_]\w*="[^"]*"/g)].map(([pair]) => pair);
  const values = text.split('\n').flatMap((line) => {
    const [, lineName, lineLabels = '', value = ''] =
      /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/.exec(line) ?? [];
    if (lineName !== name || !needed.every((pair) => lineLabels.includes(pair))) return [];
    const number = Number(value);
    return Number.isFinite(number) ? [number] : [];
  });
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}
