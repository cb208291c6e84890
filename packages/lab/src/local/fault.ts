export type LocalFaultCode =
  | 'folder'
  | 'in-use'
  | 'program'
  | 'keys'
  | 'other-network'
  | 'spec'
  | 'start'
  | 'not-running'
  | 'request';

/** Why a network does not run on this machine: what, and what to do. */
export class LocalFault extends Error {
  readonly code: LocalFaultCode;
  readonly remedy: string;
  constructor(code: LocalFaultCode, message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'LocalFault';
    this.code = code;
    this.remedy = remedy;
  }
}
