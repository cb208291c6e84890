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
import { byteText, compareBytes } from '../keys.ts';
import { physicalMs } from '../timestamp.ts';

type KeyErrorInit = MessageInitShape<typeof KeyErrorSchema>;
type KvPairInit = MessageInitShape<typeof KvPairSchema>;

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
  checkStatus(request: CheckTxnStatusRequest): MessageInitShape<typeof CheckTxnStatusResponseSchema>;
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

export function fakePercolator(): FakePercolator {
  const rows = new Map<string, Row>();

  function rowOf(key: Uint8Array): Row {
    const known = rows.get(byteText(key));
    if (known !== undefined) return known;
    const row: Row = { key: key.slice(), versions: [], rolledBack: new Set(), lock: null };
    rows.set(byteText(key), row);
    return row;
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

  function finish(row: Row, startTs: bigint, commitTs: bigint): void {
    if (row.lock?.startTs !== startTs) return;
    const { op, value } = row.lock;
    row.lock = null;
    if (commitTs === 0n) row.rolledBack.add(startTs);
    else if (op !== Op.Lock) row.versions.push({ startTs, commitTs, value: op === Op.Del ? null : value });
  }

  return {
    prewrite: ({ mutations, primaryLock, startVersion, lockTtl }) => {
      const errors = mutations.flatMap(({ key }) => refusal(rowOf(key), startVersion) ?? []);
      if (errors.length > 0) return errors;
      for (const { key, op, value } of mutations) {
        rowOf(key).lock = { key, primary: primaryLock, startTs: startVersion, ttlMs: lockTtl, op, value };
      }
      return [];
    },
    commit: ({ keys, startVersion, commitVersion }) => {
      for (const key of keys) {
        const row = rowOf(key);
        const done = row.versions.some(({ startTs }) => startTs === startVersion);
        if (row.lock?.startTs !== startVersion && !done) return { retryable: 'lock not found' };
      }
      for (const key of keys) finish(rowOf(key), startVersion, commitVersion);
      return null;
    },
    batchGet: ({ keys, version, context }) =>
      keys.flatMap((key) => pairOf(rowOf(key), version, context?.resolvedLocks ?? []) ?? []),
    scan: ({ startKey, endKey, limit, version, context }, regionEnd) => {
      const within = (key: Uint8Array): boolean =>
        compareBytes(key, startKey) >= 0 && isBefore(key, endKey) && isBefore(key, regionEnd);
      const inOrder = [...rows.values()].filter(({ key }) => within(key));
      inOrder.sort((one, other) => compareBytes(one.key, other.key));
      return inOrder
        .flatMap((row) => pairOf(row, version, context?.resolvedLocks ?? []) ?? [])
        .slice(0, limit);
    },
    checkStatus: ({ primaryKey, lockTs, currentTs, rollbackIfNotExist }) => {
      const row = rowOf(primaryKey);
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
    },
    resolve: ({ keys, startVersion, commitVersion }) => {
      for (const key of keys) finish(rowOf(key), startVersion, commitVersion);
    },
    rollback: ({ keys, startVersion }) => {
      for (const key of keys) {
        finish(rowOf(key), startVersion, 0n);
        rowOf(key).rolledBack.add(startVersion);
      }
    },
    locks: () => [...rows.values()].flatMap(({ lock }) => lock ?? []),
    write: (key, value, commitTs = 1n) => void rowOf(key).versions.push({ startTs: 0n, commitTs, value }),
    lock: (lock) => {
      rowOf(lock.key).lock = lock;
    },
    backUp: () => backUpOf(rows),
  };
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
  return end.length === 0 || compareBytes(key, end) < 0;
}
