/** `memory`: the memory of a network. `lock`: its lock. */
export type RecordName = 'memory' | 'lock';

/** A text in a place. Two texts with one version are equal. */
export interface StoredRecord {
  readonly text: string;
  readonly version: string;
}

export type ReadRecord =
  /** Null: the place has none. */
  | { readonly ok: true; readonly record: StoredRecord | null }
  | { readonly ok: false; readonly reason: 'unreachable' | 'forbidden'; readonly detail: string };

export type WrittenRecord =
  | { readonly outcome: 'done'; readonly version: string }
  /**
   * `changed`: the record has another version. `missing`: the namespace does not exist, so it has no node.
   * `unknown`: a read shows whether it was written.
   */
  | {
      readonly outcome: 'changed' | 'missing' | 'unreachable' | 'forbidden' | 'unknown';
      readonly detail: string;
    };

/** The two records that all operators of a network share in one place. */
export interface SharedRecords {
  readonly read: (name: RecordName, signal: AbortSignal) => Promise<ReadRecord>;
  /** Writes if the record still has this version; null: if there is none. */
  readonly write: (
    name: RecordName,
    text: string,
    version: string | null,
    signal: AbortSignal,
  ) => Promise<WrittenRecord>;
}

/** More than the memory of any network; a cluster stores up to 1 MiB in an object. */
export const MOST_RECORD_BYTES = 512 * 1024;
