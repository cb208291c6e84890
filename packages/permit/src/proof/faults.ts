/**
 * An export that cannot be used: cause, place (file and line) and remedy. The proof draws no conclusion from
 * it.
 */
export class ExportFault extends Error {
  readonly code: 'export-unreadable' | 'export-foreign';
  readonly where: string;
  readonly remedy: string;
  constructor(code: ExportFault['code'], where: string, message: string, remedy: string) {
    super(message);
    this.name = 'ExportFault';
    this.code = code;
    this.where = where;
    this.remedy = remedy;
  }
}
