import type { FaultRules } from '../../history/faults.ts';
import { encodeProgramme } from '../../rounds/programme.ts';
import type { ProgrammeSettings } from '../ports.ts';

/** Settings in a form that passes to another thread. */
export interface ThreadRules {
  /** The canonical text of the programme. */
  readonly programme: string;
  readonly faultRules: FaultRules;
  /** Periods per candidate that are kept one by one. */
  readonly keptPeriods: number;
}

export function rulesOf({ programme, faultRules, retention }: ProgrammeSettings): ThreadRules {
  return { programme: encodeProgramme(programme), faultRules, keptPeriods: retention.periods };
}
