import { PackageFault } from '@watchbill/kit';

/** Why transactions cannot be kept or signed:
 *
 * | code | what |
 * |---|---|
 * | `key-refused` | a key file or passphrase cannot be used |
 * | `wrong-chain` | the node follows another chain than the programme's |
 */
export type TransactionFaultCode = 'key-refused' | 'wrong-chain';

/**
 * The error of this part. Its text has the cause and the place, never a secret; the remedy has the next step.
 */
export class TransactionFault extends PackageFault<TransactionFaultCode> {
  override readonly name = 'TransactionFault';
}
