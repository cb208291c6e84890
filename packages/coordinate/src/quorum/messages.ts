/**
 * The value that a group may agree on in a window. Its digest names it in all messages; it covers neither
 * rank nor proposer.
 */
export interface Value {
  readonly action: string;
  readonly resource: string;
  readonly validityBlocks: bigint;
  readonly referenceHash: Uint8Array;
  /** The action's own encoding; at most {@link MAX_CONTENT_BYTES}. */
  readonly content: Uint8Array;
}

export const MAX_CONTENT_BYTES = 8 * 1024;

/** The signed header beside the statement; the rest of the domain is the group's. */
export interface Header {
  readonly version: number;
  readonly window: bigint;
  readonly rank: number;
  readonly seat: number;
}

export interface KnownVersion {
  readonly version: number;
  readonly fromHeight: bigint;
  readonly digest: Uint8Array;
}

/** The highest rank in which a member saw a quorum of prepares, and for what. */
export interface Prepared {
  readonly rank: number;
  readonly digest: Uint8Array;
}

/** The statements that a member signs. Digests and hashes have 32 bytes. */
export type Statement =
  | {
      readonly kind: 'hello';
      readonly versions: readonly KnownVersion[];
      readonly seedInput: Uint8Array;
      readonly referenceHash: Uint8Array;
    }
  | {
      readonly kind: 'propose';
      readonly seedInput: Uint8Array;
      readonly referenceHash: Uint8Array;
      /** Digest of the value. */
      readonly digest: Uint8Array;
      /** Outside the content, so that a fault is visible without it. */
      readonly action: string;
      /** Digest of the justification; null in rank 0 only. */
      readonly justification: Uint8Array | null;
    }
  | { readonly kind: 'prepare'; readonly digest: Uint8Array }
  | { readonly kind: 'commit'; readonly digest: Uint8Array }
  /** Into the rank of the header. */
  | { readonly kind: 'rank-change'; readonly prepared: Prepared | null; readonly heard: boolean }
  | {
      readonly kind: 'refusal';
      readonly digest: Uint8Array;
      readonly code: string;
      /** Digest of the facts. */
      readonly facts: Uint8Array;
    }
  /** The rank is the header's: the one in which the quorum committed. */
  | { readonly kind: 'certificate'; readonly digest: Uint8Array }
  /** Digest of the evidence. */
  | { readonly kind: 'evidence'; readonly digest: Uint8Array }
  /** Digest of the echoed statements. */
  | { readonly kind: 'echo'; readonly digest: Uint8Array };

export type MessageKind = Statement['kind'];

/** A signature whose header and statement follow from its place in the message. */
export interface Vote {
  readonly seat: number;
  readonly signature: Uint8Array;
}

/** A rank-change as it stands in a justification. */
export interface SignedRankChange extends Vote {
  readonly prepared: Prepared | null;
  readonly heard: boolean;
}

/** The justification of a proposal by a leader of a later rank. */
export interface Justification {
  /** A quorum of different seats, in order of seat. */
  readonly rankChanges: readonly SignedRankChange[];
  /**
   * A quorum of prepares for the highest `prepared` among them, in order of seat; empty if none was prepared.
   */
  readonly prepares: readonly Vote[];
}

/** Sent with a statement, and proves itself. */
export interface Attachment {
  readonly value: Value | null;
  readonly justification: Justification | null;
  /** Of a rank-change: prepares for its `prepared`. Of a certificate: commits. In order of seat. */
  readonly votes: readonly Vote[];
  /** Of a refusal: the facts. Of `evidence`: the evidence. Of `echo`: the statements, see `encodeEcho`. */
  readonly bytes: Uint8Array;
}

export interface Message {
  readonly header: Header;
  readonly statement: Statement;
  readonly attachment: Attachment;
  readonly signature: Uint8Array;
}

/** The agreement of a window with its proof: a quorum of commits of one rank for one digest. */
export interface Certificate {
  readonly version: number;
  readonly window: bigint;
  readonly rank: number;
  readonly value: Value;
  readonly commits: readonly Vote[];
}

/** Why bytes from the network were not accepted as a message. */
export const MESSAGE_REFUSALS = {
  malformed: 'the bytes are not a message of this protocol',
  'too-large': 'the message is larger than 16 KiB',
  'wrong-domain': 'the message belongs to another chain, group or protocol version',
  'version-differs': 'the message names another schedule version than this node uses in this window',
  'wrong-window': 'the message belongs to another window',
  'no-such-rank': 'the window has no such rank',
  'not-a-member': 'the seat does not exist',
  'own-seat': 'the message names the seat of this node',
  'bad-signature': 'the signature is not valid',
  'bad-attachment': 'the attachment does not match the signed content',
  'bad-proof': 'the message lacks a quorum that it needs, or a signature in it is not valid',
  'over-quota': 'the member sent more messages of this kind than a window allows',
  repeated: 'the same statement came before',
  conflicting: 'the member signed another statement in the same place before: equivocation',
  'not-the-leader': 'the member does not lead this rank',
  unjustified: 'the justification does not allow this proposal',
  'not-due': 'the action is not due in this window',
  'reference-differs': 'the member reads another chain than this node; this is not a fault of the member',
  'too-late': 'only certificates count at this height',
} as const;

export type MessageRefusal = keyof typeof MESSAGE_REFUSALS;
