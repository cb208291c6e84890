import { MAX_LINE_BYTES } from './lines.ts';

/**
 * Version of the tables below, kept in `PRAGMA user_version`. Any other version is refused.
 */
export const SCHEMA_VERSION = 4;

/** Marks the file as a ledger of this project (`PRAGMA application_id`): the letters WBLG. */
export const APPLICATION_ID = 0x57424c47;

/**
 * Words that a node sent and the store did not explain. `how` is null while a word is open; a released word
 * stays as evidence, and may be followed by a new row of the same id.
 */
const WORDS = `
CREATE TABLE words (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL, text TEXT NOT NULL, how TEXT, by TEXT, reason TEXT, atMs INTEGER
);
CREATE UNIQUE INDEX words_open ON words (id) WHERE how IS NULL;
CREATE INDEX words_explained ON words (how) WHERE how = 'explained';
`;

/**
 * `decisions_search` holds the columns by which decisions are looked for, with an index of each. A grant does
 * not write it: see `search.ts`.
 */
const SEARCH = `
CREATE TABLE decisions_search (id INTEGER PRIMARY KEY, unit TEXT, keyEnd TEXT, node TEXT);
CREATE INDEX search_unit ON decisions_search (unit);
CREATE INDEX search_key ON decisions_search (keyEnd);
CREATE INDEX search_node ON decisions_search (node);
`;

/**
 * `heads` also gives each mark a small number, so that a million entries do not repeat its name. `epochs`
 * holds every epoch that a mark had here. `heads.top` is the highest unit of the entries in the head's epoch,
 * so that a start need not read them; null while no entry had a unit. `heads.trimmed` is the seq up to which
 * entries left by a trim. `entries.n` is the order in which this service wrote them. `decisions.durable` is 1
 * if the decision came with an entry: such rows leave by a trim alone, the others are pruned.
 *
 * Indexes are narrow on purpose (numbers, the end of a key): a group of entries of many marks touches a page
 * of each index for every mark, and pages written are what a commit costs.
 */
export const SCHEMA = `
${WORDS}
CREATE TABLE identity (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE heads (
  mark INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
  epoch TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL, top TEXT,
  trimmed INTEGER NOT NULL DEFAULT 0
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
${SEARCH}
CREATE INDEX decisions_refused ON decisions (outcome) WHERE outcome <> 'granted';
CREATE INDEX decisions_notes ON decisions (durable) WHERE durable = 0;
PRAGMA application_id = ${APPLICATION_ID};
`;

/**
 * The text of an entry; null for one that is longer than any line of an export. It is damage, and Node cannot
 * take a value of more than 512 MB from the engine.
 */
export const BODY = `CASE WHEN octet_length(body) <= ${MAX_LINE_BYTES} THEN body END AS body`;

/**
 * Statements that run when a ledger is opened. None of them may walk through `entries`: of each mark they may
 * look up one entry, by the index `entries_step`. A test asks the planner.
 */
export const AT_OPEN = {
  identity: 'SELECT name, value FROM identity',
  heads: `SELECT heads.mark AS id, name, heads.seq AS seq, heads.hash AS hash, top, ${BODY}
    FROM heads LEFT JOIN entries INDEXED BY entries_step
    ON entries.mark = heads.mark AND entries.seq = heads.seq AND entries.hash = heads.hash`,
  lastDecision: 'SELECT max(id) AS id FROM decisions',
  lastSearched: 'SELECT max(id) AS id FROM decisions_search',
  noteCount: 'SELECT count(*) AS count FROM decisions WHERE durable = 0',
  openWords: 'SELECT id, text FROM words INDEXED BY words_open WHERE how IS NULL ORDER BY n',
  explainedCount: "SELECT count(*) AS count FROM words WHERE how = 'explained'",
} as const;
