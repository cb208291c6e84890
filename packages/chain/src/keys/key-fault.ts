import { PackageFault } from '@watchbill/kit';

/** A key file or passphrase that cannot be used. Its text has the cause and the place, never a secret. */
export class KeyFault extends PackageFault<'key-refused'> {
  override readonly name = 'KeyFault';
  constructor(message: string, remedy: string, cause?: unknown) {
    super('key-refused', message, remedy, cause, 'usage');
  }
}
