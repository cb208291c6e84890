import { PackageFault } from '@watchbill/base';

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

/** Why a backup was not made, or not put back: what, and what to do. */
export class BackupFault extends PackageFault<BackupFaultCode> {
  override readonly name = 'BackupFault';
}

/** The message of any error. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
