import { PackageFault } from '@watchbill/base';

/** Why a simulation could not be begun. `code` is stable. */
export class SimulationFault extends PackageFault<'program' | 'spec' | 'start'> {
  override readonly name = 'SimulationFault';
}
