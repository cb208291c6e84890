import { PackageFault } from '@watchbill/kit';

const KINDS = { address: 'fault', cluster: 'usage' } as const;

/** A fault that keeps an exporter from starting. */
export class ExporterFault extends PackageFault<keyof typeof KINDS> {
  override readonly name = 'ExporterFault';
  constructor(code: keyof typeof KINDS, message: string, remedy: string, cause?: unknown) {
    super(code, message, remedy, cause, KINDS[code]);
  }
}
