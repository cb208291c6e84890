import { openMetrics } from '@watchbill/kit/metrics';
import { shared } from '../reading/shared.ts';
import { NOMINATE_METRICS, type NominateMetric } from './catalogue.ts';
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

/** Read from the database: a missing reading has no value. */
const READ = Object.keys(NOMINATE_METRICS).filter((name) => name !== 'requests') as NominateMetric[];

export function makeMeter(site: Sight): Meter {
  const { series, replace, text, contentType } = openMetrics(NOMINATE_METRICS, { runtime: '' });
  const expose = shared(async () => {
    replace(READ, await readNow(site));
    return text();
  }, FRESH_MS);
  return {
    answered: (route, status) => series.requests.add({ route, status: String(status) }),
    expose,
    contentType,
  };
}

/** If the database does not answer, the other series are still shown, and one series reports the failure. */
async function readNow(site: Sight): Promise<readonly Reading[]> {
  try {
    return await readings(site);
  } catch {
    return [...connections(site), reading('storageUp', 0)];
  }
}
