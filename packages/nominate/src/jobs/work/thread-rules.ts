import type { FaultRules } from '../../history/faults.ts';
import { encodeProgramme, type Programme } from '../../rounds/programme.ts';

/** Settings in a form that passes to another thread. */
export interface ThreadRules {
  /** The canonical text of the programme. */
  readonly programme: string;
  readonly faultRules: FaultRules;
  /** Periods per candidate that are kept one by one. */
  readonly keptPeriods: number;
}

/** The part of the settings of a programme that the rules are made of. */
export interface RuleSettings {
  readonly programme: Programme;
  readonly faultRules: FaultRules;
  readonly retention: { readonly periods: number };
}

export function rulesOf({ programme, faultRules, retention }: RuleSettings): ThreadRules {
  return { programme: encodeProgramme(programme), faultRules, keptPeriods: retention.periods };
}
