import { page, table } from './markdown.mjs';

/** docs/reference/README.md */
export function indexPage() {
  return page('Reference', [
    'Every page here is generated, and `npm test` fails when one is stale.',
    table(
      ['page', 'what it lists'],
      [
        ['[Command line](cli.md)', 'every command with its options, examples and exit status'],
        [
          '[Configuration](../duty/reference/configuration.md) ([schema](../duty/reference/configuration.schema.json))',
          'every setting of `watchbill.yaml`',
        ],
        [
          '[Policy](../duty/reference/policy.md) ([schema](../duty/reference/policy.schema.json))',
          'every field of a policy document',
        ],
        ['[Ledger export](../duty/reference/ledger-export.md)', 'a memory of a service, for other programs'],
        [
          '[Network file](../fleet/reference/network.md)',
          'every property of the file that describes a fleet, with an example',
        ],
        ['[Duties](../duty/reference/duties.md)', 'what is claimed: units, parts, digests'],
        [
          '[HTTP API](../duty/reference/http.md) ([OpenAPI](../duty/reference/openapi.json))',
          'every route, and the original wire protocol',
        ],
        [
          '[Nominate: configuration](../nominate/reference/nominate-configuration.md)',
          'every setting of `nominate.yaml`, and every kind of signer with an example',
        ],
        [
          '[Nominate: HTTP API](../nominate/reference/nominate-http.md) ([OpenAPI](../nominate/reference/nominate-openapi.json))',
          'every route of a programme, its metrics, and the routes of the old backend',
        ],
        [
          '[SDK lines](../duty/reference/sdk-lines.md)',
          'releases of polkadot-sdk that the gate was tested with, and their crate versions',
        ],
        [
          '[Reasons](../duty/reference/reasons.md)',
          'why a claim was granted, denied or unknown, and what to do',
        ],
        ['[Units](../duty/reference/units.md)', 'why a slot or vote was signed or missed, and what to do'],
        ['[Problems](../duty/reference/problems.md)', 'why a request failed, and what to do'],
        ['[Museum](museum.md)', 'public accidents, and the answer to each'],
        ['[Metrics](metrics.md)', 'every series of `/metrics`'],
        ['[Alerts](alerts.md)', 'every alert: condition, meaning, first steps, command'],
        [
          '[Faults of a guarded validator](../guard/reference/guard-faults.md)',
          'what a stock validator signed after each fault: without a guard, under a guard, in a pair',
        ],
        [
          '[Speed beside other services](../duty/reference/peers.md)',
          'the price of a grant here and in services that you could write, and the guarantees that those lack',
        ],
      ],
    ),
  ]);
}
