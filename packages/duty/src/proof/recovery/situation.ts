import type { Duty, LedgerPoint, Unit } from '../../rule/index.ts';
import type { PolicyDocument } from '../../service/contract.ts';
import type { HeldMark } from '../../service/ground/marks.ts';
import type { HeldPolicy } from '../../service/ground/policies.ts';
import type { RecoveryRecord, ServiceRecord } from '../../service/ground/records.ts';
import type { Report } from '../../service/rollback-reports/report.ts';

/** A record under `service/` with its text, which a transaction compares. */
export interface ListedService {
  readonly record: ServiceRecord;
  readonly text: string;
}

/** One mark of the store, whole. */
export interface StoredMark {
  readonly chain: string;
  readonly key: string;
  readonly duty: Duty;
  readonly held: HeldMark;
}

/** Everything in the store that a recovery looks at, read linearizably while no service runs. */
export interface StoreState {
  /** Null in a store without a ledger; then all that follows is empty. */
  readonly ledger: string | null;
  readonly epoch: string | null;
  readonly epochText: string | null;
  readonly recovery: RecoveryRecord | null;
  readonly recoveryText: string | null;
  readonly services: ReadonlyMap<string, ListedService>;
  /** Ids of services whose session lives. */
  readonly live: readonly string[];
  readonly policies: readonly HeldPolicy[];
  readonly marks: readonly StoredMark[];
  /** Texts of the rollback reports, by record key. */
  readonly reports: ReadonlyMap<string, string>;
}

/** The memory of one ledger file or one export. Its size is that of its marks, not of its entries. */
export interface Memory {
  /** For people: `the ledger of this service`, or `export service-2.ledger`. */
  readonly name: string;
  readonly service: string;
  /** The ledger id; null in a data folder that never served. */
  readonly ledger: string | null;
  /** The last entry of each mark, by `chain/key/duty`; `top` is the highest unit of all its entries. */
  readonly points: ReadonlyMap<string, LedgerPoint>;
  /** The highest unit of each mark of the store that an export shows: other services may have granted it. */
  readonly shown: ReadonlyMap<string, Unit>;
  /** Words that are held there and not released. */
  readonly words: readonly Report[];
}

/** An entry that this service wrote, that the store or an export holds, and that its own file lacks. */
export interface MissingEntry {
  readonly mark: string;
  readonly seq: bigint;
  readonly holder: string;
}

/** The answers of a node of the chain. */
export interface NodeView {
  readonly url: string;
  /** Its network identity; null if it did not say. */
  readonly peer: string | null;
  readonly chain: string;
  readonly finalizedBlock: bigint | null;
  readonly session: bigint | null;
  readonly beefySetId: bigint | null;
  readonly setId: bigint | null;
  readonly round: bigint | null;
  /** Unix milliseconds that its newest block carries; null if the chain has no timestamps. */
  readonly newestMs: number | null;
}

/** A fact that a person must know, with its evidence and the remedy. */
export interface Finding {
  readonly kind:
    | 'store-unreachable'
    | 'store-empty'
    | 'other-ledger'
    | 'store-behind'
    | 'memory-lost'
    | 'memory-unread'
    | 'restored-machine'
    | 'services-live'
    | 'recovery-open'
    | 'freeze-lost'
    | 'certificate-expired'
    | 'clock-wrong'
    | 'node-silent';
  readonly what: string;
  readonly evidence: readonly string[];
  readonly remedy: string;
}

/** The choices of the operator. */
export interface RecoveryChoices {
  /** By mark name, `chain/key/duty`; null: the duty never signed. */
  readonly floors: ReadonlyMap<string, Unit | null>;
  /** Ids or names of services whose data is lost. */
  readonly lost: readonly string[];
  /** Documents for keys whose policy the store lost. */
  readonly policies: readonly PolicyDocument[];
}

/** All that a plan is made from. */
export interface Situation {
  readonly store: StoreState;
  /** Null if the data folder has no ledger file. */
  readonly own: Memory | null;
  readonly exports: readonly Memory[];
  readonly missing: readonly MissingEntry[];
  readonly nodes: readonly NodeView[];
  /** Findings about freezes, certificates and nodes, made by the caller. */
  readonly noticed: readonly Finding[];
  readonly choices: RecoveryChoices;
  readonly nowMs: number;
}
