import { PackageFault } from '@watchbill/base';

export type AccessFaultCode = 'unknown-node' | 'refused' | 'unreachable' | 'failed' | 'not-running';

/** Why a node cannot be reached, or may not be: what, and what to do. Its text never holds what was to be sent. */
export class AccessFault extends PackageFault<AccessFaultCode> {
  override readonly name = 'AccessFault';
}
