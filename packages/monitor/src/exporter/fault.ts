import { PackageFault } from '@watchbill/base';

/** A fault that keeps an exporter from starting. */
export class ExporterFault extends PackageFault<'address' | 'cluster'> {
  override readonly name = 'ExporterFault';
}
