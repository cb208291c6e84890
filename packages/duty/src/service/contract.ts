import { PackageFault } from '@watchbill/kit';
import type { ChangeLink, Outcome, Policy, ReasonCode } from '../rule/index.ts';
import type * as admin from './shapes/admin.ts';
import type * as claims from './shapes/claims.ts';
import type * as reports from './shapes/reports.ts';
import type { Of } from './shapes/texts.ts';
import type * as units from './shapes/units.ts';
import type * as watch from './shapes/watch.ts';
import type { TallyQuery } from './units/read-file.ts';

export type * from './shapes/admin.ts';
export type * from './shapes/claims.ts';
export type * from './shapes/reports.ts';
export type { Role } from './shapes/texts.ts';
export type * from './shapes/units.ts';
export type * from './shapes/watch.ts';

/**
 * The permission service without a transport: HTTP, the simulation and the tests use this interface. Texts of
 * units are canonical; hex is lower case with `0x` for chains, keys and digests.
 */
export interface Permit {
  /**
   * May this node perform this part of this unit? If the store does not answer, the answer is `unknown`; the
   * call does not throw.
   */
  claim(request: claims.ClaimRequest, caller: NodeCaller, signal?: AbortSignal): Promise<claims.ClaimReply>;
  /** The original wire protocol: the body is exactly this boolean. */
  claimOriginal(
    request: OriginalRequest,
    caller: OriginalCaller,
    signal?: AbortSignal,
  ): Promise<OriginalReply>;

  /** The report of a listed node or an observer. A claimant's own report never counts for its own claim. */
  observe(report: reports.ObservationReport, observer: string): Promise<void>;
  /**
   * Signatures that an observer saw on the chain. A key whose signature no service granted is frozen if its
   * policy says so. Throws {@link PermitFault} `not-observer`, and a StoreFault: after a StoreFault, report
   * them again.
   */
  reportSignatures(report: reports.SignaturesReport, observer: string): Promise<void>;
  /**
   * Votes of GRANDPA that an observer saw in justifications. A vote counts only if the key signed it. Throws
   * as {@link reportSignatures}.
   */
  reportVotes(report: reports.VotesReport, observer: string): Promise<void>;
  /**
   * Equivocations that the chain recorded. A key that signed two payloads for one unit is frozen if its
   * policy says so. Throws as {@link reportSignatures}.
   */
  reportOffences(report: reports.OffencesReport, observer: string): Promise<void>;
  /**
   * A node's report of its fitness; a fit node keeps or takes the watch of its keys. Returns the active node
   * of each key.
   */
  reportReadiness(report: reports.ReadinessReport, node: string): Promise<readonly watch.WatchState[]>;
  /** The leases of a report whose keys list this node: {@link reportReadiness} comes first. */
  keepKeyLeases(report: reports.ReadinessReport, node: string): Promise<readonly watch.KeyLease[]>;
  /**
   * The active node hands the watch over to another ready node. The watch is a preference: it decides which
   * node goes first, never what may be granted. Throws {@link PermitFault} if the other node is not ready.
   */
  handOver(chain: string, key: string, to: string, how?: HandoverHow): Promise<watch.WatchState>;
  /** The checklist of a handover: decision 0030. Changes no record of the store. */
  drill(chain: string, key: string, to: string, by: string): Promise<watch.Drill>;
  standbys(filter: claims.KeyFilter): Promise<readonly watch.StandbyView[]>;
  /** The last export and the last proof of the ledger that were made on, or reported to, this service. */
  upkeep(): admin.Upkeep;
  noteExport(by: string, lines: number): Promise<void>;
  /** Throws {@link PermitFault} `other-ledger` if the proof is of another ledger. */
  noteVerification(report: admin.VerificationReport, by: string): Promise<void>;

  /** The units of a key; each missed one has its cause: decision 0034. Throws {@link PermitFault}. */
  units(query: units.UnitsQuery): Promise<units.UnitsPage>;
  /** The units of a key that this service counted, by time, granted node and outcome: decision 0083. */
  unitTally(query: TallyQuery): readonly units.TallyRow[];
  /** For other services: the facts of this service about units. Does not affect running work. */
  unitFacts(query: units.PeerUnitsQuery): units.UnitFactsPage;
  /** Units that an observer computed as due. Throws {@link PermitFault} `not-observer`. */
  reportDue(report: units.DueReport, observer: string): void;

  policies(): Promise<readonly Policy[]>;
  /** The changes of the policies of these keys and, without a filter, of the tokens; oldest first. */
  changes(filter: claims.KeyFilter): Promise<readonly ChangeLink[]>;
  marks(filter: claims.KeyFilter): Promise<readonly claims.MarkView[]>;
  watches(filter: claims.KeyFilter): Promise<readonly watch.WatchState[]>;
  decisions(query: DecisionQuery): claims.DecisionPage;
  /** Called for every decision after this call; returns a function that ends the subscription. */
  subscribe(listener: (decision: claims.DecisionRecord) => void): () => void;

  /** A new version of the policy of (chain, key). The document does not set the mode: adopting a key does. */
  applyPolicy(document: PolicyDocument, by: string): Promise<Policy>;
  /** Floors for every duty of a key and the mode `enforce`, in one transaction. */
  adopt(request: AdoptRequest, by: string): Promise<readonly claims.MarkView[]>;
  /** Stops every new grant of keys until a person lifts the freeze. Returns their policies then. */
  freeze(request: admin.FreezeRequest, by: string): Promise<readonly Policy[]>;
  liftFreeze(request: admin.LiftRequest, by: string): Promise<readonly Policy[]>;

  services(): Promise<readonly admin.ServiceView[]>;
  approve(serviceId: string, reason: string, by: string): Promise<void>;
  removeService(serviceId: string, reason: string, by: string): Promise<void>;

  /** Rollback reports, held and released: words of nodes that the store does not explain. */
  rollbackReports(): Promise<readonly admin.RollbackReportView[]>;
  /**
   * An operator releases one word. Throws {@link PermitFault} if there is no such report or it is released
   * already.
   */
  releaseRollbackReport(id: string, reason: string, by: string): Promise<void>;

  createToken(request: admin.TokenRequest, by: string): Promise<admin.TokenCreated>;
  revokeToken(id: string, by: string): Promise<void>;
  tokens(): Promise<readonly admin.TokenView[]>;
  /** The identity of a bearer secret, from memory that a watch on the store keeps fresh. */
  identify(secret: string): admin.TokenView | null;

  /** For other services: cancels own work without a reply, then returns the memory of this service. */
  memory(): Promise<admin.MemoryView>;
  /** The secret by which the services of one ledger recognise each other. */
  isPeer(secret: string): boolean;

  health(): Promise<admin.PermitHealth>;
  /**
   * The store's adapter saw the store go back in time. The session counts as lost, and memories are compared.
   */
  storeWentBack(detail: string): void;
  /**
   * Takes no new work. Running claims end within the given time, with their answer or with `unknown`. Then
   * the session ends.
   */
  drain(timeoutMs: number): Promise<void>;
}

/** A permit with the ledger file of its service, as the HTTP server needs it. */
export interface ServedPermit extends Permit {
  /**
   * The lines of an export of this service's ledger, each with its line end, as of the first call of `next`.
   * Throws a LedgerFault if the disk cannot be read, and a StoreFault if the marks cannot.
   */
  exportLedger(options: { readonly marks: boolean }): AsyncIterable<string>;
  /**
   * Remove the next old rows that the last whole export holds: decision 0099. Throws {@link PermitFault}
   * `export-unknown` (409) for any other export, `trim-too-new` (400) for rows of the last 31 days.
   */
  trimLedger(request: admin.TrimRequest): Promise<admin.TrimView>;
}

/** The claimant, from the credentials of its connection, never from the text of its claim. */
export interface NodeCaller {
  readonly node: string;
}

/** One node's own base URL of the original wire protocol, bound to one key. */
export interface OriginalCaller extends NodeCaller {
  readonly chain: string;
  readonly key: string;
}

export interface OriginalRequest {
  readonly kind: 'slot' | 'round' | 'session';
  /** The number in the path; the answer to anything but a canonical u64 is `false`. */
  readonly number: string;
}

export interface OriginalReply {
  readonly allowed: boolean;
  readonly outcome: Outcome;
  /** A reason code, or `malformed`. */
  readonly reason: ReasonCode | 'malformed';
}

/** A policy as an operator writes it, without the fields that the ledger adds. */
export type PolicyDocument = Omit<Policy, 'versionId' | 'version' | 'mode' | 'freeze'>;

/** The query of a page of decisions, read from its texts. */
export interface DecisionQuery extends Omit<Of<typeof claims.decisionQuery>, 'before' | 'limit'> {
  readonly before?: number | undefined;
  readonly limit: number;
}

/** `policy`: for the same transaction, needed if it changes how units are counted. */
export interface AdoptRequest extends Omit<Of<typeof admin.adoptRequest>, 'policy'> {
  readonly policy?: PolicyDocument | undefined;
}

/** The caller of a handover, and its options. */
export interface HandoverHow {
  readonly by: string;
  /** Why the handover must not wait for the open units of the old node. */
  readonly force?: string | undefined;
  /** Calls the handover off as long as the old holder has the watch. */
  readonly signal?: AbortSignal | undefined;
}

/** A fault of an administrative call: what, where, what to do. Claims answer values instead. */
export class PermitFault extends PackageFault {
  override readonly name = 'PermitFault';
  readonly status: number;
  constructor(code: string, status: number, message: string, remedy: string, cause?: unknown) {
    super(code, message, remedy, cause);
    this.status = status;
  }
}
