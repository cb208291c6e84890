/** Version of the tables below, kept in `PRAGMA user_version`. Another version is refused, never guessed at. */
export const SCHEMA_VERSION = 1;

/** Marks the file as a ledger of this project (`PRAGMA application_id`): the letters WBLG. */
export const APPLICATION_ID = 0x57424c47;

/**
 * `heads` also gives each mark a small number, so that a million entries do not repeat its name. `epochs` holds every
 * epoch that a mark had here. `entries.n` is the order in which this service wrote them. `decisions.durable` is 1 where
 * the decision came with an entry: such rows are kept for ever, the others are pruned.
 *
 * Indexes are narrow on purpose (numbers, the end of a key): a group of entries of many marks touches a page of each
 * index for every mark, and pages written are what a commit costs.
 */
export const SCHEMA = `
CREATE TABLE identity (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE heads (
  mark INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
  epoch TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL
);
CREATE TABLE entries (
  n INTEGER PRIMARY KEY, mark INTEGER NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
  hash TEXT NOT NULL, prev TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX entries_step ON entries (mark, seq);
CREATE TABLE epochs (mark INTEGER NOT NULL, epoch TEXT NOT NULL, PRIMARY KEY (mark, epoch)) WITHOUT ROWID;
CREATE TABLE decisions (
  id INTEGER PRIMARY KEY, durable INTEGER NOT NULL, atMs INTEGER, outcome TEXT, reason TEXT, detail TEXT,
  chain TEXT, key TEXT, duty TEXT, unit TEXT, parts TEXT, digest TEXT, node TEXT, incarnation TEXT,
  claimId TEXT, seq TEXT, via TEXT, tookMs REAL
);
CREATE INDEX decisions_unit ON decisions (unit);
CREATE INDEX decisions_key ON decisions (substr(key, -8));
CREATE INDEX decisions_node ON decisions (node);
CREATE INDEX decisions_refused ON decisions (outcome) WHERE outcome <> 'granted';
CREATE INDEX decisions_notes ON decisions (durable) WHERE durable = 0;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** What runs when a ledger is opened. None of it may walk through `entries`; a test asks the planner. */
export const AT_OPEN = {
  identity: 'SELECT name, value FROM identity',
  heads: 'SELECT mark, name, epoch, seq, hash FROM heads',
  lastDecision: 'SELECT max(id) AS id FROM decisions',
  noteCount: 'SELECT count(*) AS count FROM decisions WHERE durable = 0',
} as const;
