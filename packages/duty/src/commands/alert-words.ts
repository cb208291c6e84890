import { plainText } from '@watchbill/kit/alerts';
import { serviceMonitoring } from '../alerts/monitoring.ts';
import type { AlertWords } from '../console/index.ts';

/** The words of the alerts of a permission service, for its console and for `watchbill top`. */
export function alertWords(): AlertWords {
  const alerts = serviceMonitoring().groups.flatMap((group) => group.alerts);
  return new Map(
    alerts.map(({ name, summary, todo, run = null }) => [name, { sentence: plainText(summary), todo, run }]),
  );
}
