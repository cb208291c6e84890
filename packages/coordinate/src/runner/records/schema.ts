/** The layout of the tables; a file of another version is refused. */
export const SCHEMA_VERSION = 1;

/** Marks the file as one of this program: "WbCo". */
export const APPLICATION_ID = 0x5762436f;

/**
 * Windows and heights are integers of SQLite, so below 2^63. `at_ms` is this machine's clock, for people
 * alone.
 */
export const SCHEMA = `
  CREATE TABLE owner (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE outcomes (
    first INTEGER PRIMARY KEY NOT NULL, last INTEGER NOT NULL, result TEXT NOT NULL, reason TEXT, leader TEXT, action TEXT,
    start_block INTEGER, expiry_block INTEGER, detail TEXT NOT NULL, at_ms INTEGER NOT NULL);
  CREATE TABLE faults (
    window INTEGER NOT NULL, culprit TEXT NOT NULL, kind TEXT NOT NULL, evidence TEXT, at_ms INTEGER NOT NULL,
    PRIMARY KEY (window, culprit, kind));
  CREATE TABLE receipts (
    window INTEGER NOT NULL, place INTEGER NOT NULL, action TEXT NOT NULL, result TEXT NOT NULL, text TEXT NOT NULL,
    extrinsic TEXT, block TEXT, height INTEGER, at_ms INTEGER NOT NULL,
    PRIMARY KEY (window, place), UNIQUE (window, result, text));
  CREATE TABLE executions (
    window INTEGER PRIMARY KEY NOT NULL, action TEXT NOT NULL, payload BLOB NOT NULL,
    start_block INTEGER NOT NULL, expiry_block INTEGER NOT NULL, result TEXT, at_ms INTEGER NOT NULL);
  CREATE TABLE progress (
    window INTEGER NOT NULL, seat INTEGER NOT NULL, sequence INTEGER NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (window, seat));
`;
