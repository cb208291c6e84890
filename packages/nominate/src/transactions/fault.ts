/** Why transactions cannot be kept or signed:
 *
 * | code | what |
 * |---|---|
 * | `store-refused` | the file is of another program or version, or cannot be used |
 * | `key-refused` | a key file or passphrase cannot be used |
 * | `wrong-chain` | the node follows another chain than the programme's |
 */
export type TransactionFaultCode = 'store-refused' | 'key-refused' | 'wrong-chain';

/**
 * The error of this part. Its text has the cause and the place, never a secret; the remedy has the next step.
 */
export class TransactionFault extends Error {
  readonly code: TransactionFaultCode;
  readonly remedy: string;
  constructor(code: TransactionFaultCode, message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TransactionFault';
    this.code = code;
    this.remedy = remedy;
  }
}

/** The text of any thrown value. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : 'an error without text';
}
