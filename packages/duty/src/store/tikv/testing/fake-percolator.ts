import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  Action,
  type BatchGetRequest,
  type BatchRollbackRequest,
  type CheckTxnStatusRequest,
  type CheckTxnStatusResponseSchema,
  type CommitRequest,
  type KeyErrorSchema,
  type KvPairSchema,
  Op,
  type PrewriteRequest,
  type ResolveLockRequest,
  type ScanRequest,
} from '../gen/kvrpcpb_pb.js';
import { byteText } from '../keys.ts';
import { physicalMs } from '../timestamp.ts';

type KeyErrorInit = MessageInitShape<typeof KeyErrorSchema>;
type KvPairInit = MessageInitShape<typeof KvPairSchema>;
type StatusInit = MessageInitShape<typeof CheckTxnStatusResponseSchema>;

export interface FakeLock {
  readonly key: Uint8Array;
  readonly primary: Uint8Array;
  readonly startTs: bigint;
  readonly ttlMs: bigint;
  readonly op: Op;
  readonly value: Uint8Array;
}

interface Version {
  readonly startTs: bigint;
  readonly commitTs: bigint;
  /** Null: deleted. */
  readonly value: Uint8Array | null;
}

interface Row {
  readonly key: Uint8Array;
  readonly versions: Version[];
  readonly rolledBack: Set<bigint>;
  lock: FakeLock | null;
}

/** TiKV's transactions in memory: versions, locks, rollbacks. For tests. */
export interface FakePercolator {
  prewrite(request: PrewriteRequest): readonly KeyErrorInit[];
  commit(request: CommitRequest): KeyErrorInit | null;
  batchGet(request: BatchGetRequest): readonly KvPairInit[];
  scan(request: ScanRequest, regionEnd: Uint8Array): readonly KvPairInit[];
  checkStatus(request: CheckTxnStatusRequest): StatusInit;
  resolve(request: ResolveLockRequest): void;
  rollback(request: BatchRollbackRequest): void;
  /** Current locks. */
  locks(): readonly FakeLock[];
  /** Bytes that another program wrote. */
  write(key: Uint8Array, value: Uint8Array, commitTs?: bigint): void;
  /** Locks of a client that died; the primary is not among the keys. */
  lock(lock: FakeLock): void;
  /** Copy everything; the returned function puts the copy back, as a restore of a backup does. */
  backUp(): () => void;
}

/** The rows of all keys, each made when it is first looked at. */
interface Rows {
  readonly of: (key: Uint8Array) => Row;
  readonly all: () => readonly Row[];
}

export function fakePercolator(): FakePercolator {
  const byName = new Map<string, Row>();
  const rows: Rows = {
    all: () => [...byName.values()],
    of: (key) => {
      const known = byName.get(byteText(key));
      if (known !== undefined) return known;
      const row: Row = { key: key.slice(), versions: [], rolledBack: new Set(), lock: null };
      byName.set(byteText(key), row);
      return row;
    },
  };
  return {
    prewrite: (request) => prewrite(rows, request),
    commit: (request) => commit(rows, request),
    batchGet: ({ keys, version, context }) =>
      keys.flatMap((key) => pairOf(rows.of(key), version, context?.resolvedLocks ?? []) ?? []),
    scan: (request, regionEnd) => scan(rows, request, regionEnd),
    checkStatus: (request) => checkStatus(rows.of(request.primaryKey), request),
    resolve: ({ keys, startVersion, commitVersion }) => {
      for (const key of keys) finish(rows.of(key), startVersion, commitVersion);
    },
    rollback: ({ keys, startVersion }) => {
      for (const key of keys) {
        finish(rows.of(key), startVersion, 0n);
        rows.of(key).rolledBack.add(startVersion);
      }
    },
    locks: () => rows.all().flatMap(({ lock }) => lock ?? []),
    write: (key, value, commitTs = 1n) => void rows.of(key).versions.push({ startTs: 0n, commitTs, value }),
    lock: (lock) => {
      rows.of(lock.key).lock = lock;
    },
    backUp: () => backUpOf(byName),
  };
}

function prewrite(
  rows: Rows,
  { mutations, primaryLock, startVersion, lockTtl }: PrewriteRequest,
): readonly KeyErrorInit[] {
  const errors = mutations.flatMap(({ key }) => refusal(rows.of(key), startVersion) ?? []);
  if (errors.length > 0) return errors;
  for (const { key, op, value } of mutations) {
    rows.of(key).lock = { key, primary: primaryLock, startTs: startVersion, ttlMs: lockTtl, op, value };
  }
  return [];
}

function commit(rows: Rows, { keys, startVersion, commitVersion }: CommitRequest): KeyErrorInit | null {
  for (const key of keys) {
    const row = rows.of(key);
    const done = row.versions.some(({ startTs }) => startTs === startVersion);
    if (row.lock?.startTs !== startVersion && !done) return { retryable: 'lock not found' };
  }
  for (const key of keys) finish(rows.of(key), startVersion, commitVersion);
  return null;
}

function scan(
  rows: Rows,
  { startKey, endKey, limit, version, context }: ScanRequest,
  regionEnd: Uint8Array,
): readonly KvPairInit[] {
  const within = (key: Uint8Array): boolean =>
    Buffer.compare(key, startKey) >= 0 && isBefore(key, endKey) && isBefore(key, regionEnd);
  const inOrder = rows.all().filter(({ key }) => within(key));
  inOrder.sort((one, other) => Buffer.compare(one.key, other.key));
  return inOrder.flatMap((row) => pairOf(row, version, context?.resolvedLocks ?? []) ?? []).slice(0, limit);
}

/** Of the row of the primary. */
function checkStatus(
  row: Row,
  { primaryKey, lockTs, currentTs, rollbackIfNotExist }: CheckTxnStatusRequest,
): StatusInit {
  const { lock } = row;
  if (lock?.startTs === lockTs) {
    if (physicalMs(lockTs) + Number(lock.ttlMs) >= physicalMs(currentTs)) return { lockTtl: lock.ttlMs };
    finish(row, lockTs, 0n);
    return { action: Action.TTLExpireRollback };
  }
  const version = row.versions.find(({ startTs }) => startTs === lockTs);
  if (version !== undefined) return { commitVersion: version.commitTs };
  if (row.rolledBack.has(lockTs)) return {};
  if (!rollbackIfNotExist) return { error: { txnNotFound: { startTs: lockTs, primaryKey } } };
  row.rolledBack.add(lockTs);
  return { action: Action.LockNotExistRollback };
}

function pairOf(row: Row, ts: bigint, passing: readonly bigint[]): KvPairInit | null {
  const { lock, key } = row;
  const blocks =
    lock !== null && lock.startTs <= ts && lock.op !== Op.Lock && !passing.includes(lock.startTs);
  if (blocks) return { key, error: lockedBy(lock) };
  const visible = row.versions.filter(({ commitTs }) => commitTs <= ts);
  const value = newest(visible)?.value ?? null;
  return value === null ? null : { key, value };
}

/** Ends the transaction's lock of a row. `commitTs` 0: it is rolled back. */
function finish(row: Row, startTs: bigint, commitTs: bigint): void {
  if (row.lock?.startTs !== startTs) return;
  const { op, value } = row.lock;
  row.lock = null;
  if (commitTs === 0n) row.rolledBack.add(startTs);
  else if (op !== Op.Lock) row.versions.push({ startTs, commitTs, value: op === Op.Del ? null : value });
}

function backUpOf(rows: Map<string, Row>): () => void {
  const copy = copiesOf(rows);
  return () => {
    rows.clear();
    for (const [name, row] of copiesOf(copy)) rows.set(name, row);
  };
}

/** Locks and versions never change, so a copy of a row shares them. */
function copiesOf(rows: ReadonlyMap<string, Row>): Map<string, Row> {
  const copyOf = (row: Row): Row => ({
    ...row,
    versions: [...row.versions],
    rolledBack: new Set(row.rolledBack),
  });
  return new Map([...rows].map(([name, row]) => [name, copyOf(row)]));
}

function refusal(row: Row, startTs: bigint): KeyErrorInit | null {
  if (row.lock !== null && row.lock.startTs !== startTs) return lockedBy(row.lock);
  if (row.rolledBack.has(startTs)) return { retryable: 'already rolled back' };
  const last = newest(row.versions);
  if (last === undefined || last.commitTs <= startTs) return null;
  const conflict = { startTs, conflictTs: last.startTs, conflictCommitTs: last.commitTs, key: row.key };
  return { conflict };
}

function lockedBy({ key, primary, startTs, ttlMs, op }: FakeLock): KeyErrorInit {
  return { locked: { key, primaryLock: primary, lockVersion: startTs, lockTtl: ttlMs, lockType: op } };
}

function newest(versions: readonly Version[]): Version | undefined {
  return versions.reduce<Version | undefined>(
    (best, one) => (best === undefined || one.commitTs > best.commitTs ? one : best),
    undefined,
  );
}

function isBefore(key: Uint8Array, end: Uint8Array): boolean {
  return end.length === 0 || Buffer.compare(key, end) < 0;
}
