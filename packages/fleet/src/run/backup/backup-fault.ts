import { type FaultKind, PackageFault } from '@watchbill/kit';

export type BackupFaultCode =
  | 'role'
  | 'node'
  | 'node-down'
  | 'contents'
  | 'archive'
  | 'differs'
  | 'damaged'
  | 'other-chain'
  | 'height'
  | 'signer'
  | 'record'
  | 'busy'
  | 'fell-back'
  | 'drill'
  | 'cluster'
  | 'stopped';

/** The other codes are plain faults. */
const KINDS: Readonly<Partial<Record<BackupFaultCode, FaultKind>>> = {
  role: 'denied',
  'other-chain': 'usage',
  height: 'denied',
  signer: 'denied',
  busy: 'denied',
  damaged: 'denied',
  differs: 'denied',
  drill: 'denied',
};

/** Why a backup was not made, or not restored: the cause and the remedy. */
export class BackupFault extends PackageFault<BackupFaultCode> {
  override readonly name = 'BackupFault';
  constructor(code: BackupFaultCode, message: string, remedy: string, cause?: unknown) {
    super(code, message, remedy, cause, KINDS[code]);
  }
}
