import { type FaultKind, PackageFault } from '@watchbill/kit';

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

const KINDS: Readonly<Record<LocalFaultCode, FaultKind>> = {
  folder: 'usage',
  'in-use': 'denied',
  elsewhere: 'denied',
  program: 'usage',
  keys: 'denied',
  'other-network': 'usage',
  spec: 'usage',
  start: 'fault',
  'not-running': 'unreachable',
  request: 'denied',
};

/** Why a network does not run on this machine: the cause and the remedy. */
export class LocalFault extends PackageFault<LocalFaultCode> {
  override readonly name = 'LocalFault';
  constructor(code: LocalFaultCode, message: string, remedy: string, cause?: unknown) {
    super(code, message, remedy, cause, KINDS[code]);
  }
}
