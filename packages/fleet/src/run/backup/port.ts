import type { Role } from '../../file/graph/index.ts';
import type { BackedUpFile, FileSum, Manifest } from './manifest.ts';
import type { RestoreRecord } from './restore-state.ts';
import type { NodeFacts, Running } from './run-state.ts';

/** Whether a node signs, and its session keys. */
export interface Signing {
  /** By the network file, or by the command that its place runs. */
  readonly signs: boolean;
  /**
   * Keys in any keystore of the node, and sources that give it keys at its start. For example
   * `/var/lib/watchbill/main/rpc-iron-0/keys/keystore/6772616e88dc…`. Empty: it has none.
   */
  readonly keys: readonly string[];
}

/** Control over one node. Every call ends by the signal or by a deadline. */
export interface NodeControl {
  readonly network: string;
  readonly node: string;
  readonly pool: string;
  readonly role: Role;
  /** How many states it keeps. */
  readonly pruning: Manifest['pruning'];
  readonly running: (signal: AbortSignal) => Promise<Running>;
  /** Looks anew. Rejects with a BackupFault `signer` if it cannot be known. */
  readonly signing: (signal: AbortSignal) => Promise<Signing>;
  /** The node's answers over RPC. Rejects if it does not answer. */
  readonly facts: (signal: AbortSignal) => Promise<NodeFacts>;
  /** The hash of a block of its best chain; null if it has none of that number. */
  readonly hashOf: (number: number, signal: AbortSignal) => Promise<string | null>;
  /** Resolves when its process is gone. */
  readonly stop: (signal: AbortSignal) => Promise<void>;
  /** Resolves after the start was requested; leaves a running node alone. */
  readonly start: (signal: AbortSignal) => Promise<void>;
}

/** The facts about a stopped node. */
export type Taken = Pick<Manifest, 'chainId' | 'database' | 'files' | 'volumes' | 'leftOut' | 'tool'>;

/** A way to make a backup from the disk of one node: a copy to an archive, or snapshots of its volumes. */
export interface Taking {
  /** As it may be shown. */
  readonly address: string;
  /**
   * Whether `copy` brings what an earlier try left under the same id up to date. If not, as with a snapshot,
   * each try gets another id: the one that is there may have been taken while the node ran.
   */
  readonly renews: boolean;
  /** Checks that a backup can be kept there at all, before any node is stopped. Rejects if not. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  /** The node is down. Rejects if the folder has files that belong in no backup. */
  readonly look: (id: string, signal: AbortSignal) => Promise<Taken>;
  /** May be repeated. */
  readonly copy: (manifest: Manifest, signal: AbortSignal) => Promise<void>;
  /** Reads the copy back; rejects if it differs from the manifest. */
  readonly verify: (manifest: Manifest, signal: AbortSignal) => Promise<void>;
  /**
   * The node may run: whether the copy is still there, as it was verified. Changes nothing. Rejects if that
   * cannot be known.
   */
  readonly has: (manifest: Manifest, signal: AbortSignal) => Promise<boolean>;
  /** The last step: from now on there is a backup. May be repeated. */
  readonly publish: (manifest: Manifest, signal: AbortSignal) => Promise<void>;
}

/** The results of the checks of a destination, for its later steps. */
export type Looked = Pick<RestoreRecord, 'volumes'>;

/**
 * The destination of a restore: the folder of a node, or new volumes. Every call but `look` may be cut short
 * anywhere and be repeated, also by another process: it needs only the record.
 */
export interface Destination {
  /** Rejects if the backup does not fit, or if other files or objects are in the way. Read-only. */
  readonly look: (manifest: Manifest, signal: AbortSignal) => Promise<Looked>;
  /**
   * Rejects with a BackupFault `signer` if the node may not get a backup. Asked again before each step that
   * touches the node.
   */
  readonly refuseSigner: (signal: AbortSignal) => Promise<void>;
  /** The node runs on: copies everything that it can, and makes sure that the present data is kept. */
  readonly prepare: (record: RestoreRecord, signal: AbortSignal) => Promise<void>;
  /** The node is down. Answers why it cannot be done at all, so that it is undone; null: it is done. */
  readonly swapIn: (record: RestoreRecord, signal: AbortSignal) => Promise<string | null>;
  /** Whether old data exists that can be put back. */
  readonly hasOld: (record: RestoreRecord, signal: AbortSignal) => Promise<boolean>;
  /** Why the node does not use the backup although it answers; null if it does. */
  readonly wrong: (record: RestoreRecord, signal: AbortSignal) => Promise<string | null>;
  /** The node is down. */
  readonly swapBack: (record: RestoreRecord, signal: AbortSignal) => Promise<void>;
  /** The node is up: removes temporary data, with `old` also the replaced data. */
  readonly clearAway: (record: RestoreRecord, old: boolean, signal: AbortSignal) => Promise<void>;
  /**
   * The data cannot be read beforehand: the node must have the heights of the backup at its first answer,
   * since one on an empty database could get them from its peers.
   */
  readonly unread: boolean;
  /** Undoes `prepare`. Null: its files stay for the next try. */
  readonly letGo: ((record: RestoreRecord, signal: AbortSignal) => Promise<void>) | null;
  /** A short description of the place of the old data. */
  readonly keptText: (record: RestoreRecord) => string;
}

/** A backup that the archive lists. */
export interface Listed {
  readonly id: string;
  readonly network: string;
  readonly node: string;
  /** Null: begun and never finished, or its manifest is damaged (then `detail` has the damage). */
  readonly manifest: Manifest | null;
  readonly detail: string;
  /**
   * The runs that need it, so that it must not be removed, for example `a restore onto rpc-0`. Absent: no
   * known user.
   */
  readonly neededBy?: readonly string[];
}

/** Which backup of which node. */
export interface BackupName {
  readonly network: string;
  readonly node: string;
  readonly id: string;
}

/** Where backups are kept. Calls can be repeated; all but `list` and `get` are of one backup alone. */
export interface Archive {
  readonly kind: 'folder' | 'rclone' | 'restic';
  /** As it may be shown. */
  readonly address: string;
  readonly version: (signal: AbortSignal) => Promise<string>;
  /**
   * Copies files of a folder, many at once within a bound; skips existing files, and removes additional ones.
   */
  readonly put: (
    name: BackupName,
    from: string,
    files: readonly BackedUpFile[],
    signal: AbortSignal,
  ) => Promise<void>;
  /** Reads everything back: paths and SHA-256. */
  readonly digests: (name: BackupName, signal: AbortSignal) => Promise<readonly FileSum[]>;
  /** Removes files, so that the next `put` copies them. */
  readonly drop: (name: BackupName, paths: readonly string[], signal: AbortSignal) => Promise<void>;
  /** The last step: from now on it is listed as complete. */
  readonly publish: (name: BackupName, text: string, signal: AbortSignal) => Promise<void>;
  readonly list: (signal: AbortSignal) => Promise<readonly Listed[]>;
  /** Copies its files into a folder. */
  readonly get: (
    name: BackupName,
    files: readonly BackedUpFile[],
    to: string,
    signal: AbortSignal,
  ) => Promise<void>;
  /** The manifest first, so that half a backup is never taken for one. */
  readonly remove: (name: BackupName, signal: AbortSignal) => Promise<void>;
}

/** The record of a run, held by one process. */
export interface RecordFile<Value> {
  readonly read: () => Value | null;
  /** Durable when it returns. */
  readonly write: (record: Value) => void;
  /** It is over. */
  readonly clear: () => void;
}
