import type { AlertGroup, Dashboard } from '@watchbill/duty/alerts';

export const CAPABILITIES = ['service', 'coordinate', 'guard', 'fleet'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** Alerts and dashboards of one capability. */
export interface Watched {
  readonly groups: readonly AlertGroup[];
  /** Text of the rules file of Prometheus. */
  readonly rules: string;
  readonly dashboards: readonly Dashboard[];
}

/** With the default thresholds; those of a fleet lack the parts that need its network file. */
export async function watchedOf(capability: Capability): Promise<Watched> {
  if (capability === 'service') {
    const { SERVICE_DASHBOARD, serviceGroups, serviceRulesYaml, thresholdsShape } = await import(
      '@watchbill/duty/alerts'
    );
    const { nominateAlerts } = await import('@watchbill/nominate/alerts');
    const [limits, nominate] = [thresholdsShape.parse({}), nominateAlerts()];
    return {
      groups: [...serviceGroups(limits), nominate],
      rules: serviceRulesYaml(limits, [nominate]),
      dashboards: [SERVICE_DASHBOARD],
    };
  }
  if (capability === 'coordinate') {
    const watch = await import('@watchbill/coordinate/alerts');
    return {
      groups: [watch.coordinateAlerts()],
      rules: watch.coordinateRulesYaml(),
      dashboards: [watch.COORDINATE_DASHBOARD],
    };
  }
  if (capability === 'guard') {
    const watch = await import('@watchbill/guard/alerts');
    return {
      groups: [watch.guardAlerts()],
      rules: watch.guardRulesYaml(),
      dashboards: [watch.GUARD_DASHBOARD],
    };
  }
  const watch = await import('@watchbill/fleet/watch');
  const limits = watch.thresholdsShape.parse({});
  return { groups: watch.alertGroups(limits), rules: watch.rulesYaml(limits), dashboards: watch.DASHBOARDS };
}
