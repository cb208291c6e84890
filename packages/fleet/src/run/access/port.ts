/** Which lines of a log. */
export interface LogWish {
  /** Continue with new lines as they are written. */
  readonly follow: boolean;
  /** Lines from the end; null for all that is kept. */
  readonly tail: number | null;
  /** Null: from the beginning. */
  readonly sinceSeconds: number | null;
}

/** The receivers of the output of a node. */
export interface Sinks {
  readonly out: (part: Buffer) => void;
  readonly err: (part: Buffer) => void;
}

/** A port of this machine that leads to the RPC of a node. */
export interface Forwarded {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  readonly close: () => void;
}

/**
 * One node, on this machine, another machine or a cluster. Throws an AccessFault if an operation is
 * impossible. Every call ends with the signal.
 */
export interface NodeAccess {
  /** A description of the place for messages. */
  readonly where: string;
  readonly logs: (wish: LogWish, sinks: Sinks, signal: AbortSignal) => Promise<void>;
  /** Runs a program beside the node, without a shell; the status it ended with. */
  readonly exec: (words: readonly string[], sinks: Sinks, signal: AbortSignal) => Promise<number>;
  readonly forward: (signal: AbortSignal) => Promise<Forwarded>;
  /** Idempotent. */
  readonly close: () => void;
}
