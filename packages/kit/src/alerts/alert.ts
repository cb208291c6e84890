/** `page`: a person at any hour; `ticket`: in the daytime; `heartbeat`: act when it stops. */
export type Severity = 'page' | 'ticket' | 'heartbeat';

/**
 * One alert, and everything that is written about it: the rule, the annotations, the section of
 * docs/reference/alerts.md and the sentence of a console come from this record.
 */
export interface Alert {
  readonly name: string;
  readonly severity: Severity;
  readonly expr: string;
  /** How long the expression must hold without a pause. */
  readonly for: string;
  /** One sentence; `{{ $labels.instance }}` and `{{ $value }}` come from the firing series. */
  readonly summary: string;
  /** The situation when it fires, and its cost: full sentences. */
  readonly means: string;
  /** The first steps, one sentence. */
  readonly todo: string;
  /** The command that shows more or repairs it, for example `watchbill status`. */
  readonly run?: string;
}

/** Alerts about one thing, for example etcd. */
export interface AlertGroup {
  readonly name: string;
  readonly about: string;
  readonly alerts: readonly Alert[];
}
