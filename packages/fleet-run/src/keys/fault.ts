export type RotationFaultCode =
  | 'journal'
  | 'busy'
  | 'node'
  | 'preflight'
  | 'other-rotation'
  | 'runtime'
  | 'proof'
  | 'signer'
  | 'too-early'
  | 'keystore';

/** Why a rotation does not begin or go on: what, and what to do. */
export class RotationFault extends Error {
  readonly code: RotationFaultCode;
  readonly remedy: string;
  constructor(code: RotationFaultCode, message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'RotationFault';
    this.code = code;
    this.remedy = remedy;
  }
}
