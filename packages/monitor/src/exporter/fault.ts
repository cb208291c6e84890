/** A fault that keeps an exporter from starting. */
export class ExporterFault extends Error {
  readonly code: 'address' | 'cluster';
  readonly remedy: string;
  constructor(code: 'address' | 'cluster', message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ExporterFault';
    this.code = code;
    this.remedy = remedy;
  }
}
