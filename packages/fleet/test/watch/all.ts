import { coordinateMonitoring } from '@watchbill/coordinate/alerts';
import { serviceMonitoring } from '@watchbill/duty/alerts';
import { fleetMonitoring } from '@watchbill/fleet/watch';
import { guardMonitoring } from '@watchbill/guard/alerts';
import { type Board, type Monitoring, thresholdsShape } from '@watchbill/kit/alerts';
import { nominateMonitoring } from '@watchbill/nominate/alerts';

export const LIMITS = thresholdsShape.parse({});

/** What the tests of a fleet expect. */
export const EXPECTED = {
  places: ['east', 'west'],
  nodes: ['a', 'b'].map((node) => ({ network: 'n', node, pool: 'rpc', role: 'rpc', place: 'east' })),
  claims: ['east', 'west'].map((place) => ({ namespace: 'n', place })),
  backups: ['backup-0', 'backup-1'].map((node) => ({ network: 'n', node })),
  jobs: [
    ...['growth', 'backup-b'].map((job) => ({ namespace: 'n', job, place: null, minutes: 10 })),
    // Of two clusters, at a hub.
    ...['east', 'west'].map((place) => ({ namespace: 'hub', job: 'growth', place, minutes: 10 })),
  ],
};

export const MONITORING = {
  service: serviceMonitoring(),
  coordinate: coordinateMonitoring(),
  guard: guardMonitoring(),
  nominate: nominateMonitoring(),
  fleet: fleetMonitoring(LIMITS, EXPECTED),
} as const;

export const ALL: readonly Monitoring[] = Object.values(MONITORING);

export const alertsOf = ({ groups }: Monitoring) => groups.flatMap(({ alerts }) => alerts);
export const namesOf = (monitoring: Monitoring) => alertsOf(monitoring).map(({ name }) => name);

interface Target {
  readonly expr: string;
  readonly datasource: { readonly uid: string };
}

/** The fields of a board that the tests look at. */
export interface WholeBoard extends Board {
  readonly panels: readonly (Board['panels'][number] & {
    readonly id: number;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly Target[];
    readonly links?: readonly { readonly url: string }[];
    readonly fieldConfig?: {
      readonly defaults: {
        readonly thresholds?: {
          readonly steps: readonly { readonly color: string; readonly value: number | null }[];
        };
      };
    };
  })[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query?: string }[] };
  readonly annotations?: { readonly list: readonly (Target & { readonly name: string })[] };
}

export const boardsOf = (monitoring: Monitoring) => monitoring.boards() as readonly WholeBoard[];

/** Every question that a board asks of Prometheus, with the one who asks. */
export function questionsOf({ title, panels, annotations }: WholeBoard) {
  const own = [
    ...panels.flatMap((panel) => (panel.targets ?? []).map((target) => ({ ...target, by: panel.title }))),
    ...(annotations?.list ?? []).map((one) => ({ ...one, by: one.name })),
  ];
  return own.map(({ by, expr, datasource }) => ({ who: `${title}: ${by}`, expr, datasource }));
}

/** The series whose labels are the choices at the top of a board. */
export function choicesOf({ title, templating }: WholeBoard) {
  return templating.list.flatMap(({ name, query }) => {
    const [, series] = /^label_values\((\w+)/.exec(query ?? '') ?? [];
    return series === undefined ? [] : [{ who: `${title}: choice of ${name}`, expr: series }];
  });
}
