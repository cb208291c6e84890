import { PackageFault } from '@watchbill/kit';

const KINDS = { program: 'fault', spec: 'usage', start: 'fault' } as const;

/** Why a simulation could not be begun. `code` is stable. */
export class SimulationFault extends PackageFault<keyof typeof KINDS> {
  override readonly name = 'SimulationFault';
  constructor(code: keyof typeof KINDS, message: string, remedy: string, cause?: unknown) {
    super(code, message, remedy, cause, KINDS[code]);
  }
}
