/** Why a simulation could not be begun. `code` is stable. */
export class SimulationFault extends Error {
  readonly code: 'program' | 'spec' | 'start';
  readonly remedy: string;
  constructor(code: SimulationFault['code'], message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SimulationFault';
    this.code = code;
    this.remedy = remedy;
  }
}
