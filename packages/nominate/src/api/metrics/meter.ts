import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { shared } from '../reading/shared.ts';
import { NOMINATE_METRICS, type NominateMetric, REQUESTS_METRIC } from './catalogue.ts';
import { connections, type Reading, reading, readings, type Sight } from './readings.ts';

export interface Meter {
  /** Counts an answer. `route` is a pattern, so the number of series is bounded. */
  readonly answered: (route: string, status: number) => void;
  /** All series in the text format of Prometheus. */
  readonly expose: () => Promise<string>;
  readonly contentType: string;
}

/** A scrape queries the database, so concurrent scrapers share the result. */
const FRESH_MS = 1_000;

export function makeMeter(site: Sight): Meter {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const requests = new Counter({
    name: REQUESTS_METRIC.name,
    help: REQUESTS_METRIC.help,
    labelNames: [...REQUESTS_METRIC.labels],
    registers: [register],
  });
  const gauges = new Map(
    (Object.entries(NOMINATE_METRICS) as [NominateMetric, { labels: readonly string[]; help: string }][]).map(
      ([name, { help, labels }]) =>
        [name, new Gauge({ name, help, labelNames: [...labels], registers: [register] })] as const,
    ),
  );
  const expose = shared(async () => {
    const now = await readNow(site);
    for (const gauge of gauges.values()) gauge.reset();
    // A gauge without labels is 0 after a reset, but a missing reading must have no value.
    for (const [name, gauge] of gauges) if (NOMINATE_METRICS[name].labels.length === 0) gauge.remove({});
    for (const { metric, labels, value } of now) gauges.get(metric)?.set(labels, value);
    const others = site.options.register;
    return others === undefined ? register.metrics() : Registry.merge([register, others]).metrics();
  }, FRESH_MS);
  return {
    answered: (route, status) => requests.inc({ route, status: String(status) }),
    expose,
    contentType: register.contentType,
  };
}

/** If the database does not answer, the other series are still shown, and one series reports the failure. */
async function readNow(site: Sight): Promise<readonly Reading[]> {
  try {
    return await readings(site);
  } catch {
    return [...connections(site), reading('watchbill_nominate_storage_up', 0)];
  }
}
