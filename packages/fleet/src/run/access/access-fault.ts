import { type FaultKind, PackageFault } from '@watchbill/kit';

export type AccessFaultCode = 'unknown-node' | 'refused' | 'unreachable' | 'failed' | 'not-running';

const KINDS: Readonly<Record<AccessFaultCode, FaultKind>> = {
  'unknown-node': 'usage',
  refused: 'denied',
  unreachable: 'unreachable',
  failed: 'fault',
  'not-running': 'unreachable',
};

/** Why a node cannot be reached, or may not be, with a remedy. Its text never holds the request. */
export class AccessFault extends PackageFault<AccessFaultCode> {
  override readonly name = 'AccessFault';
  constructor(code: AccessFaultCode, message: string, remedy: string, cause?: unknown) {
    super(code, message, remedy, cause, KINDS[code]);
  }
}
