import { PackageFault } from '@watchbill/kit';
import type { Outcome, Part, Policy, ReasonCode } from '../rule/index.ts';
import type { StoreHealth } from '../store/index.ts';
import type { Drill, HandoverHow, StandbyView } from './handover.ts';
import type { DueReport, PeerUnitsQuery, UnitFacts, UnitsPage, UnitsQuery } from './units/shapes.ts';
import type { Upkeep, VerificationReport } from './upkeep.ts';

export type * from './handover.ts';
export type * from './units/shapes.ts';
export type * from './upkeep.ts';

/**
 * The permission service without a transport: HTTP, the simulation and the tests use this interface. Texts of
 * units are canonical; hex is lower case with `0x` for chains, keys and digests.
 */
export interface Permit {
  /**
   * May this node perform this part of this unit? If the store does not answer, the answer is `unknown`; the
   * call does not throw.
   */
  claim(request: ClaimRequest, caller: NodeCaller, signal?: AbortSignal): Promise<ClaimReply>;
  /** The original wire protocol: the body is exactly this boolean. */
  claimOriginal(
    request: OriginalRequest,
    caller: OriginalCaller,
    signal?: AbortSignal,
  ): Promise<OriginalReply>;

  /** The report of a listed node or an observer. A claimant's own report never counts for its own claim. */
  observe(report: ObservationReport, observer: string): Promise<void>;
  /**
   * Signatures that an observer saw on the chain. A key whose signature no service granted is frozen if its
   * policy says so. Throws {@link PermitFault} `not-observer`, and a StoreFault: after a StoreFault, report
   * them again.
   */
  reportSignatures(report: SignaturesReport, observer: string): Promise<void>;
  /**
   * Votes of GRANDPA that an observer saw in justifications. A vote counts only if the key signed it. Throws
   * as {@link reportSignatures}.
   */
  reportVotes(report: VotesReport, observer: string): Promise<void>;
  /**
   * Equivocations that the chain recorded. A key that signed two payloads for one unit is frozen if its
   * policy says so. Throws as {@link reportSignatures}.
   */
  reportOffences(report: OffencesReport, observer: string): Promise<void>;
  /**
   * A node's report of its fitness; a fit node keeps or takes the watch of its keys. Returns the active node
   * of each key.
   */
  reportReadiness(report: ReadinessReport, node: string): Promise<readonly WatchState[]>;
  /**
   * The active node hands the watch over to another ready node. The watch is a preference: it decides which
   * node goes first, never what may be granted. Throws {@link PermitFault} if the other node is not ready.
   */
  handOver(chain: string, key: string, to: string, how?: HandoverHow): Promise<WatchState>;
  /** The checklist of a hand-over: decision 0030. Changes no record of the store. */
  drill(chain: string, key: string, to: string, by: string): Promise<Drill>;
  standbys(filter: KeyFilter): Promise<readonly StandbyView[]>;
  /** The last export and the last proof of the ledger that were made on, or reported to, this service. */
  upkeep(): Upkeep;
  noteExport(by: string, lines: number): Promise<void>;
  /** Throws {@link PermitFault} `other-ledger` if the proof is of another ledger. */
  noteVerification(report: VerificationReport, by: string): Promise<void>;

  /** The units of a key; each missed one has its cause: decision 0034. Throws {@link PermitFault}. */
  units(query: UnitsQuery): Promise<UnitsPage>;
  /** For other services: the facts of this service about units. Does not affect running work. */
  unitFacts(query: PeerUnitsQuery): readonly UnitFacts[];
  /** Units that an observer computed as due. Throws {@link PermitFault} `not-observer`. */
  reportDue(report: DueReport, observer: string): void;

  policies(): Promise<readonly Policy[]>;
  marks(filter: KeyFilter): Promise<readonly MarkView[]>;
  watches(filter: KeyFilter): Promise<readonly WatchState[]>;
  decisions(query: DecisionQuery): DecisionPage;
  /** Called for every decision after this call; returns a function that ends the subscription. */
  subscribe(listener: (decision: DecisionRecord) => void): () => void;

  /** A new version of the policy of (chain, key). The document does not set the mode: adopting a key does. */
  applyPolicy(document: PolicyDocument, by: string): Promise<Policy>;
  /** Floors for every duty of a key and the mode `enforce`, in one transaction. */
  adopt(request: AdoptRequest, by: string): Promise<readonly MarkView[]>;
  /** Stops every new grant of keys until a person lifts the freeze. Returns their policies then. */
  freeze(request: FreezeRequest, by: string): Promise<readonly Policy[]>;
  liftFreeze(request: FreezeRequest, by: string): Promise<readonly Policy[]>;

  services(): Promise<readonly ServiceView[]>;
  approve(serviceId: string, reason: string, by: string): Promise<void>;
  removeService(serviceId: string, reason: string, by: string): Promise<void>;

  /** Rollback reports, held and released: words of nodes that the store does not explain. */
  rollbackReports(): Promise<readonly RollbackReportView[]>;
  /**
   * An operator releases one word. Throws {@link PermitFault} if there is no such report or it is released
   * already.
   */
  releaseRollbackReport(id: string, reason: string, by: string): Promise<void>;

  createToken(request: TokenRequest, by: string): Promise<TokenCreated>;
  revokeToken(id: string, by: string): Promise<void>;
  tokens(): Promise<readonly TokenView[]>;
  /** The identity of a bearer secret, from memory that a watch on the store keeps fresh. */
  identify(secret: string): TokenView | null;

  /** For other services: cancels own work without a reply, then returns the memory of this service. */
  memory(): Promise<MemoryView>;
  /** The secret by which the services of one ledger recognise each other. */
  isPeer(secret: string): boolean;

  health(): Promise<PermitHealth>;
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
}

/** Absent members select all. */
export interface KeyFilter {
  readonly chain?: string | undefined;
  readonly key?: string | undefined;
}

export interface ClaimRequest {
  /** Chosen at random by the claimant and echoed; 1 to 64 characters of [A-Za-z0-9_-]. */
  readonly claimId: string;
  readonly ledger?: string | null | undefined;
  readonly epoch?: string | null | undefined;
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  readonly unit: string;
  readonly part: Part;
  /** `0x` and hex of the duty's exact length, or null. */
  readonly digest?: string | null | undefined;
  /** Chosen at random by the signing process, once per start; 32 hex digits. */
  readonly incarnation: string;
  /** Watch term of an `enter`, as decimal text. */
  readonly term?: string | null | undefined;
  /**
   * The last word that the claimant received for this mark, unchanged; see `encodeWord` of
   * `@watchbill/duty`.
   */
  readonly word?: string | null | undefined;
  /** How long the claimant waits; at most 30,000, 3,000 to enter. Without it the duty decides. */
  readonly timeoutMs?: number | undefined;
}

/** The position of a mark. `seq` is decimal text. */
export interface Head {
  readonly epoch: string;
  readonly seq: string;
  readonly hash: string;
}

export interface ClaimReply {
  readonly outcome: Outcome;
  readonly reason: ReasonCode;
  readonly message: string;
  readonly claimId: string;
  readonly ledger: string;
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  readonly unit: string;
  readonly part: Part;
  readonly digest: string | null;
  readonly incarnation: string;
  /** The position of the mark; null if it was not read. The claimant keeps the highest that it received. */
  readonly head: Head | null;
  /**
   * The claimant sends this back with its next claim for this mark; null if there is none.
   */
  readonly word: string | null;
  /** For duties that follow the watch. */
  readonly watch: { readonly holder: string | null; readonly term: string } | null;
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

export interface ObservationReport {
  readonly chain: string;
  readonly finalizedBlock?: string | null | undefined;
  readonly setId?: string | null | undefined;
  /** BEEFY's own validator set id; it rises with every session. */
  readonly beefySetId?: string | null | undefined;
  readonly round?: string | null | undefined;
  readonly session?: string | null | undefined;
}

/** Signatures of blocks that a node imported. The node has checked each seal. */
export interface SignaturesReport {
  readonly chain: string;
  readonly signatures: readonly SeenSignature[];
}

export interface SeenSignature {
  readonly key: string;
  readonly duty: string;
  readonly unit: string;
  /** The payload that was signed: for a block, the hash of its header without the seal. `0x` and hex. */
  readonly digest: string;
  readonly block: { readonly number: string; readonly hash: string };
}

/** Votes of GRANDPA with their signatures, which the service verifies. */
export interface VotesReport {
  readonly chain: string;
  readonly votes: readonly SeenVote[];
}

export interface SeenVote {
  readonly key: string;
  /** `set/round`. */
  readonly unit: string;
  readonly part: 'prevote' | 'precommit';
  /** Hash of the target, then its number as 8 bytes big-endian. `0x` and hex. */
  readonly digest: string;
  /** The Ed25519 signature of the key over the vote, its round and its set. `0x` and hex. */
  readonly signature: string;
  /** The block that the justification finalised. */
  readonly block: { readonly number: string; readonly hash: string };
}

/** Equivocations, from events of finalised blocks. */
export interface OffencesReport {
  readonly chain: string;
  readonly offences: readonly SeenOffence[];
}

export interface SeenOffence {
  readonly key: string;
  readonly duty: string;
  readonly unit: string;
  readonly part: 'seal' | 'prevote' | 'precommit';
  /** The two payloads that the key signed. */
  readonly digests: readonly [string, string];
  /** For votes, their signatures, which the service verifies. */
  readonly signatures?: readonly [string, string] | undefined;
  /** The block that recorded the offence. */
  readonly block: { readonly number: string; readonly hash: string };
}

export interface ReadinessReport {
  readonly chain: string;
  readonly keys: readonly string[];
  readonly syncing: boolean;
  readonly peers: number;
  readonly finalityLagBlocks: number;
  readonly clockOffsetMs: number;
  /** Release of the node's program, for example `1.24.0`. */
  readonly version?: string | undefined;
  /** The members of `keys` whose secrets are in the keystore of the node. */
  readonly heldKeys?: readonly string[] | undefined;
}

export interface WatchState {
  readonly chain: string;
  readonly key: string;
  readonly holder: string | null;
  /** False if the holder's presence has lapsed. */
  readonly live: boolean;
  readonly term: string;
  /** Listed nodes whose last report was fit, best rank first. */
  readonly ready: readonly string[];
  /**
   * Listed nodes that are skipped if readiness is required, and the reasons; older services leave this out.
   */
  readonly unfit?: readonly { readonly node: string; readonly why: string }[];
  /** The target of a hand-over under way, else null; older services leave this out. */
  readonly movingTo?: string | null;
}

export interface MarkView {
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  readonly head: Head;
  readonly floor: string | null;
  readonly recent: readonly {
    readonly unit: string;
    readonly node: string;
    readonly incarnation: string;
    readonly parts: readonly { readonly part: Part; readonly digest: string | null }[];
  }[];
}

export interface DecisionRecord {
  /** Rises by one for each decision of this service. */
  readonly id: number;
  readonly atMs: number;
  readonly outcome: Outcome;
  readonly reason: ReasonCode | 'malformed';
  readonly detail: string;
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  readonly unit: string;
  readonly parts: readonly Part[];
  readonly digest: string | null;
  readonly node: string;
  readonly incarnation: string;
  readonly claimId: string;
  /** Decimal text if an entry was written or confirmed, else null. */
  readonly seq: string | null;
  readonly via: 'claims' | 'original';
  readonly tookMs: number;
}

export interface DecisionQuery {
  readonly chain?: string | undefined;
  readonly key?: string | undefined;
  readonly duty?: string | undefined;
  readonly node?: string | undefined;
  readonly outcome?: Outcome | undefined;
  readonly unit?: string | undefined;
  /** Decisions with a smaller id, newest first. */
  readonly before?: number | undefined;
  /** 1 to 1,000. */
  readonly limit: number;
}

export interface DecisionPage {
  readonly decisions: readonly DecisionRecord[];
  /** Pass as `before` for the next page; null at the end. */
  readonly next: number | null;
}

/** A policy as an operator writes it, without the fields that the ledger adds. */
export type PolicyDocument = Omit<Policy, 'versionId' | 'version' | 'mode' | 'freeze'>;

export interface AdoptRequest {
  readonly chain: string;
  readonly key: string;
  /**
   * Floor per duty as unit text; null means that the key never signed this duty. Every enabled duty must be
   * named.
   */
  readonly floors: Readonly<Record<string, string | null>>;
  /** A new policy for the same transaction: needed if it changes how units are counted. */
  readonly policy?: PolicyDocument | undefined;
  /** How the operator made sure that no other signer of this key runs. Kept in the ledger. */
  readonly confirmation: string;
}

/** The keys to freeze, or whose freeze to lift. */
export interface FreezeRequest {
  /** A public key, or `all` for every key of the ledger. */
  readonly key: string;
  /** Only on this chain; on every chain without it. */
  readonly chain?: string | undefined;
  readonly reason: string;
}

export interface ServiceView {
  readonly id: string;
  readonly name: string;
  readonly url: string | null;
  readonly state: 'serving' | 'joining' | 'removed';
  readonly live: boolean;
  readonly self: boolean;
  readonly vouchedBy: string | null;
  readonly reason: string | null;
}

export type Role = 'node' | 'observer' | 'operator' | 'reader';

export interface TokenRequest {
  readonly role: Role;
  /** Node, observer or person. */
  readonly name: string;
  /** Makes a base URL of the original wire protocol for one key instead of a bearer token. */
  readonly original?: { readonly chain: string; readonly key: string } | undefined;
}

export interface TokenView {
  /** Public id: the first 16 hex digits of the secret's hash. */
  readonly id: string;
  readonly role: Role;
  readonly name: string;
  readonly original: { readonly chain: string; readonly key: string } | null;
  readonly createdMs: number;
}

export interface TokenCreated {
  readonly token: TokenView;
  /** Shown once; only its hash is kept. */
  readonly secret: string;
}

/** The memory of one service: the highest (epoch, seq, hash) per mark, by `chain/key/duty`. */
export interface MemoryView {
  readonly service: string;
  readonly ledger: string;
  /** The last entry of each mark. */
  readonly points: Readonly<Record<string, PointView>>;
  /** The session record of the service as it stands in the store, while it serves. */
  readonly session?: string;
  /** When the service's base began, in Unix milliseconds by its clock; null if it has none. */
  readonly openedMs?: number | null;
  /** By chain and observer: the first report after the opening, as the observation record has it. */
  readonly reports?: Readonly<Record<string, string>>;
}

/** A ledger point as text: unit and top as decimal fields joined by `/`. */
export interface PointView extends Head {
  readonly unit: string | null;
  readonly part: Part | null;
  readonly nonce: string;
  readonly top: string | null;
}

/** A word that the store does not explain, and how it ended. */
export interface RollbackReportView {
  readonly id: string;
  /** The service that received it. */
  readonly service: string;
  readonly node: string;
  readonly incarnation: string;
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  /** The entry that the node remembers. */
  readonly point: PointView;
  readonly why: string;
  readonly state: 'held' | 'released';
  /** Keys that an adoption has freed, as `chain key`. */
  readonly freed: readonly string[];
  readonly released: {
    readonly how: 'explained' | 'adopted' | 'operator';
    readonly by: string;
    readonly reason: string;
  } | null;
}

export interface PermitHealth {
  readonly ready: boolean;
  readonly state: SessionState;
  readonly detail: string;
  readonly ledger: string | null;
  readonly epoch: string | null;
  readonly service: string;
  readonly store: StoreHealth;
  readonly inFlight: number;
}

/** `serving` grants; in every other state the service denies or answers `unknown`. */
export type SessionState =
  | 'starting'
  | 'joining'
  | 'checking'
  | 'serving'
  | 'behind'
  | 'draining'
  | 'stopped';

/** A fault of an administrative call: what, where, what to do. Claims answer values instead. */
export class PermitFault extends PackageFault {
  override readonly name = 'PermitFault';
  readonly status: number;
  constructor(code: string, status: number, message: string, remedy: string, cause?: unknown) {
    super(code, message, remedy, cause);
    this.status = status;
  }
}
