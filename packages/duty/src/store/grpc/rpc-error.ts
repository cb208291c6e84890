/** Status codes of gRPC that the adapters distinguish. */
export const STATUS = {
  canceled: 1,
  unknown: 2,
  deadline: 4,
  exhausted: 8,
  precondition: 9,
  unimplemented: 12,
  unavailable: 14,
};

/** A call that got no answer. */
export class RpcError extends Error {
  /** gRPC's status. */
  readonly status: number;
  /** False only if the request certainly never left. */
  readonly sent: boolean;
  constructor(status: number, message: string, sent: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'RpcError';
    this.status = status;
    this.sent = sent;
  }
}

/** How long a call may take, and what ends it before. */
export interface RpcOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Headers of the request beside gRPC's own, with names in lower case, for example `{ token: 'a.1' }`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}
