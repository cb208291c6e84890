import type { Generated } from 'kysely';

/**
 * The tables, the same for both engines. Times are Unix milliseconds, booleans are 1 and 0, lists are JSON,
 * planck is decimal text. Columns exist for searching; decisions use the texts only.
 */
export interface Tables {
  /** Texts by their SHA-256, compressed. */
  readonly texts: { digest: string; kind: TextKind; size: number; body: Uint8Array };
  readonly snapshots: { digest: string; seq: number; taken_ms: number };
  readonly standings: StandingsTable;
  readonly scores: {
    stash_key: string;
    snapshot: string;
    taken_ms: number;
    session: number | null;
    total: number;
    position: number;
  };
  readonly rounds: RoundsTable;
  readonly round_targets: { round: string; stash_key: string; place: number };
  readonly faults: {
    place: Generated<number>;
    stash_key: string;
    kind: string;
    era: number;
    reason: string;
    /** A reason can be longer than a key of PostgreSQL. */
    reason_digest: string;
    at_ms: number;
    evidence: string;
  };
  readonly periods: {
    stash_key: string;
    first_era: number;
    last_era: number;
    active_eras: string;
    nominated: number;
  };
  /** A digest of the periods of a candidate before those of `periods`. */
  readonly earlier_periods: { stash_key: string; body: string };
  readonly era_totals: { era: number; total: number; validators: number; median: number };
  readonly era_points: { era: number; stash_key: string; points: number };
  readonly payouts: {
    stash_key: string;
    era: number;
    page: number;
    state: string;
    amount: string | null;
    amount_why: string | null;
    expires_era: number;
  };
  readonly releases: { client: string; version: string; published_ms: number };
  /** Locations of nodes from telemetry servers. */
  readonly node_places: { stash_key: string; body: string; at_ms: number };
  /** Places of their addresses from the programme's own table or program. */
  readonly looked_up_places: { stash_key: string; body: string; at_ms: number };
  readonly notes: { name: string; body: string };
  readonly jobs: JobsTable;
  readonly notices: NoticesTable;
  readonly leases: { name: string; holder: string; until_ms: number };
  readonly intents: IntentsTable;
  readonly flights: FlightsTable;
  readonly journal: JournalTable;
}

export type TextKind = 'snapshot' | 'programme' | 'record';

interface StandingsTable {
  stash_key: string;
  slot: number;
  name_key: string;
  verdict: string;
  active: number | null;
  kyc: number;
  position: number | null;
  rank: number;
  body: string;
}

interface RoundsTable {
  place: Generated<number>;
  id: string;
  era: number;
  made_ms: number;
  eligible: number;
  nominated: number;
  nominators: string;
  elected: number | null;
  snapshot: string;
  programme: string;
  aftermath: string;
}

interface JobsTable {
  name: string;
  state: string;
  progress: number | null;
  detail: string;
  run_count: number;
  failure_count: number;
  started_ms: number | null;
  ended_ms: number | null;
  next_ms: number | null;
  error: string | null;
}

interface NoticesTable {
  key: string;
  severity: string;
  body: string;
  open_since_ms: number;
  last_sent_ms: number | null;
  closed_ms: number | null;
  count: number;
}

interface IntentsTable {
  place: Generated<number>;
  id: string;
  nominator: string;
  era: number;
  round: string;
  signer: string;
  state: string;
  reason: string | null;
  is_open: number;
  /** Open, included, or possibly included: then the era has its nomination. */
  takes_era: number;
  revision: number;
  body: string;
  made_ms: number;
  changed_ms: number;
}

interface FlightsTable {
  intent: string;
  number: number;
  leg: string;
  account: string;
  nonce: number;
  birth: number | bigint;
  period: number;
  call: string;
  payload: string;
  bytes: string | null;
  hash: string | null;
  outcome: string;
}

interface JournalTable {
  place: Generated<number>;
  intent: string;
  revision: number;
  from_state: string;
  to_state: string;
  height: number | bigint;
  reason: string;
  detail: string;
  extrinsic: string | null;
  block: string | null;
  at_ms: number;
}
