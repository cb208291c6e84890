import type { AlertWords } from '@watchbill/console';
import { sentencesOf, serviceGroups, thresholdsShape } from '@watchbill/monitor/service';

/** The words of the alerts of a permission service, for its console and for `watchbill top`. */
export function alertWords(): AlertWords {
  return sentencesOf(serviceGroups(thresholdsShape.parse({})));
}
