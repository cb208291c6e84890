import { Fault } from '@watchbill/kit';

/**
 * An export that cannot be used: cause, place (file and line) and remedy. The proof draws no conclusion from
 * it.
 */
export class ExportFault extends Fault<'export-unreadable' | 'export-foreign'> {
  override readonly name = 'ExportFault';
  constructor(code: ExportFault['code'], where: string, what: string, remedy: string) {
    super(code, 'usage', [{ what, where, remedy }]);
  }
}

/** More than any ledger gathers: the proof does not follow it. */
export class TooMuch extends Error {
  readonly remedy: string;
  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}
