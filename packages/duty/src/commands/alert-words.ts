import { sentencesOf } from '@watchbill/kit/alerts';
import { serviceMonitoring } from '../alerts/index.ts';
import type { AlertWords } from '../console/index.ts';

/** The words of the alerts of a permission service, for its console and for `watchbill top`. */
export function alertWords(): AlertWords {
  return sentencesOf(serviceMonitoring().groups);
}
