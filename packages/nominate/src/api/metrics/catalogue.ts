import { counter, gauge, metricTable } from '@watchbill/kit/metrics';

/**
 * Every series of `/metrics`, except those of the process. `requests` is counted as it happens; the others
 * are read from the database.
 */
export const NOMINATE_METRICS = metricTable({
  candidates: gauge(
    'watchbill_nominate_candidates',
    'Candidates by the newest snapshot: all, valid, invalid, undecided, active, kyc',
    ['state'],
  ),
  snapshotAgeSeconds: gauge(
    'watchbill_nominate_snapshot_age_seconds',
    'Age of the snapshot that the standings were computed from',
  ),
  era: gauge('watchbill_nominate_era', 'Eras: active and current on chain, of the newest round', ['kind']),
  eraLag: gauge(
    'watchbill_nominate_era_lag',
    'Eras behind the active one: the newest round, the era points (0 is the era before the active one)',
    ['of'],
  ),
  transactions: gauge('watchbill_nominate_transactions', 'Intents that have not ended, by state', ['state']),
  transactionsHeld: gauge('watchbill_nominate_transactions_held', 'Intents that wait for a person'),
  jobState: gauge('watchbill_nominate_job_state', '1 for the state that a job is in', ['name', 'state']),
  jobRuns: gauge('watchbill_nominate_job_runs', 'Runs of a job: all, failed', ['name', 'result']),
  jobProgress: gauge('watchbill_nominate_job_progress', 'Progress of the run under way, 0 to 1', ['name']),
  jobAgeSeconds: gauge('watchbill_nominate_job_age_seconds', 'Since the last run of a job ended', ['name']),
  noticesOpen: gauge('watchbill_nominate_notices_open', 'Open notices', ['severity']),
  payoutsUnclaimed: gauge('watchbill_nominate_payouts_unclaimed', 'Unclaimed pages of rewards'),
  endpointConnected: gauge(
    'watchbill_nominate_endpoint_connected',
    'Whether an endpoint of a chain is connected',
    ['role', 'endpoint'],
  ),
  telemetryConnected: gauge(
    'watchbill_nominate_telemetry_connected',
    'Whether a source of telemetry is connected',
    ['feed'],
  ),
  storageUp: gauge('watchbill_nominate_storage_up', 'Whether the database answered this reading'),
  requests: counter(
    'watchbill_nominate_requests_total',
    'Answers of the API and the pages, by route and status',
    ['route', 'status'],
  ),
});

export type NominateMetric = keyof typeof NOMINATE_METRICS;
