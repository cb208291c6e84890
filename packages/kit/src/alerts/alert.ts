/** The urgency of an alert: `page` at any hour, `ticket` in the daytime. */
export type Severity = 'page' | 'ticket';

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

/**
 * Groups of alerts. Nodes have the labels `network`, `pool`, `role` and `instance`, as our scrape
 * configuration gives them.
 */
export interface AlertGroup {
  readonly name: string;
  readonly about: string;
  readonly alerts: readonly Alert[];
}

/** The subject of an alert about a series of the node itself. */
export const WHO = '{{ $labels.instance }} of {{ $labels.network }}';

/** A node that must be seen, with the labels that its series have. */
export interface ExpectedNode {
  readonly network: string;
  readonly node: string;
  readonly pool: string;
  readonly role: string;
  readonly place: string;
}

/** Volumes with a required use figure. `place`: the label that they have at a hub; null if there is none. */
export interface ExpectedClaims {
  readonly namespace: string;
  readonly place: string | null;
}

/** The subject of an alert about a series of the exporter. */
export const NODE = '{{ $labels.node }} of {{ $labels.network }}';

/** Fires always: if it stops, the monitoring is down. */
export const HEARTBEAT: AlertGroup = {
  name: 'watchbill-heartbeat',
  about: 'that the monitoring works at all',
  alerts: [
    {
      name: 'Watching',
      severity: 'ticket',
      expr: 'vector(1)',
      for: '0m',
      summary: 'Prometheus evaluates rules and Alertmanager delivers; act when this message stops',
      means: 'This alert fires always. If its messages stop, the monitoring is down.',
      todo: 'no action is needed while it arrives',
    },
  ],
};
