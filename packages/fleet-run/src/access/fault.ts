export type AccessFaultCode = 'unknown-node' | 'refused' | 'unreachable' | 'failed' | 'not-running';

/** Why a node cannot be reached, or may not be: what, and what to do. Its text never holds what was to be sent. */
export class AccessFault extends Error {
  readonly code: AccessFaultCode;
  readonly remedy: string;
  constructor(code: AccessFaultCode, message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AccessFault';
    this.code = code;
    this.remedy = remedy;
  }
}
