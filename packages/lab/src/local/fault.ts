import { PackageFault } from '@watchbill/base';

export type LocalFaultCode =
  | 'folder'
  | 'in-use'
  | 'elsewhere'
  | 'program'
  | 'keys'
  | 'other-network'
  | 'spec'
  | 'start'
  | 'not-running'
  | 'request';

/** Why a network does not run on this machine: what, and what to do. */
export class LocalFault extends PackageFault<LocalFaultCode> {
  override readonly name = 'LocalFault';
}
