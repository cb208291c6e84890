/** Every series of `/metrics`, except those of the process. `docs/reference` is generated from this list. */
export const NOMINATE_METRICS = {
  watchbill_nominate_candidates: {
    labels: ['state'],
    help: 'Candidates by the newest snapshot: all, valid, invalid, undecided, active, kyc',
  },
  watchbill_nominate_snapshot_age_seconds: {
    labels: [],
    help: 'Age of the snapshot that the standings were computed from',
  },
  watchbill_nominate_era: {
    labels: ['kind'],
    help: 'Eras: active and current on chain, of the newest round',
  },
  watchbill_nominate_era_lag: {
    labels: ['of'],
    help: 'Eras behind the active one: the newest round, the era points (0 is the era before the active one)',
  },
  watchbill_nominate_transactions: {
    labels: ['state'],
    help: 'Intents that have not ended, by state',
  },
  watchbill_nominate_transactions_held: { labels: [], help: 'Intents that wait for a person' },
  watchbill_nominate_job_state: { labels: ['job', 'state'], help: '1 for the state that a job is in' },
  watchbill_nominate_job_runs: { labels: ['job', 'result'], help: 'Runs of a job: all, failed' },
  watchbill_nominate_job_progress: { labels: ['job'], help: 'Progress of the run under way, 0 to 1' },
  watchbill_nominate_job_age_seconds: { labels: ['job'], help: 'Since the last run of a job ended' },
  watchbill_nominate_notices_open: { labels: ['severity'], help: 'Open notices' },
  watchbill_nominate_payouts_unclaimed: { labels: [], help: 'Unclaimed pages of rewards' },
  watchbill_nominate_endpoint_connected: {
    labels: ['role', 'endpoint'],
    help: 'Whether an endpoint of a chain is connected',
  },
  watchbill_nominate_telemetry_connected: {
    labels: ['feed'],
    help: 'Whether a source of telemetry is connected',
  },
  watchbill_nominate_storage_up: { labels: [], help: 'Whether the database answered this reading' },
} as const satisfies Readonly<Record<string, { labels: readonly string[]; help: string }>>;

export type NominateMetric = keyof typeof NOMINATE_METRICS;

/** Counted as they happen; the others are read from the database. */
export const REQUESTS_METRIC = {
  name: 'watchbill_nominate_requests_total',
  help: 'Answers of the API and the pages, by route and status',
  labels: ['route', 'status'],
} as const;
