import { PackageFault } from '@watchbill/kit';

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

/** Why a rotation does not begin or continue: the cause and the remedy. */
export class RotationFault extends PackageFault<RotationFaultCode> {
  override readonly name = 'RotationFault';
}
