import type { Monitoring } from '@watchbill/kit/alerts';

export type Capability = 'service' | 'coordinate' | 'guard' | 'nominate' | 'fleet';

/** With the default thresholds; the alerts of a fleet lack the parts that need its network file. */
export const MONITORING: Readonly<Record<Capability, () => Promise<Monitoring>>> = {
  service: async () => (await import('@watchbill/duty/alerts')).serviceMonitoring(),
  coordinate: async () => (await import('@watchbill/coordinate/alerts')).coordinateMonitoring(),
  guard: async () => (await import('@watchbill/guard/alerts')).guardMonitoring(),
  nominate: async () => (await import('@watchbill/nominate/alerts')).nominateMonitoring(),
  fleet: async () => (await import('@watchbill/fleet/watch')).fleetMonitoring(),
};
export const CAPABILITIES = Object.keys(MONITORING) as Capability[];
