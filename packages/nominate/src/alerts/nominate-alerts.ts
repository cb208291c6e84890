import type { AlertGroup } from '@watchbill/kit/alerts';

/** Conditions of the nominate service that need a person. */
export function nominateAlerts(): AlertGroup {
  return {
    name: 'watchbill-nominate',
    about: 'critical notices of the nominate service',
    alerts: [
      {
        name: 'NominateNoticeCritical',
        severity: 'ticket',
        expr: 'max by (instance) (watchbill_nominate_notices_open{severity="critical"}) > 0',
        for: '15m',
        summary: '{{ $labels.instance }} has {{ $value | humanize }} open critical notices',
        means:
          'The nominate service has an open critical notice. For example `still-backs`: a nominator backs a candidate that breaks the rules, and the nomination stays on chain until the next one.',
        todo: 'open `/status` of the service: `still-backs` names the nominator, the candidate and the reason',
      },
    ],
  };
}
