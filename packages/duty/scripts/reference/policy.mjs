import { SAMPLE_POLICY } from '@watchbill/duty/commands/policy/sample';
import { fenced, page, table } from '../../../../scripts/reference/markdown.mjs';
import { schemaRows } from '../../../../scripts/reference/schema-rows.mjs';

/** docs/duty/reference/policy.md */
export function policyPage(schema) {
  return page('Policy', [
    'A policy decides who may sign with one key of one chain. It is a document in YAML or JSON, applied with `watchbill policy apply FILE` and kept in the ledger: every service of the ledger decides by the same version. It is not in `watchbill.yaml`.',
    'Each change is a new version. A node that is left out is granted nothing from that moment. A key is granted nothing before it was [adopted](../how-to/adopt.md).',
    '[policy.schema.json](policy.schema.json) is the JSON Schema, for editors.',
    '## The smallest useful document',
    // A test of the command applies it.
    fenced('yaml', SAMPLE_POLICY.trimEnd()),
    '## Fields',
    table(['field', 'type', 'required', 'meaning'], schemaRows(schema)),
    '## Rules that a schema cannot say',
    [
      '- Names and ranks of the roster are unique. An `rpcUrl` holds no user and no password.',
      '- An observer is not a node of the roster as well: a listed node observes for the others anyway, never for its own claims.',
      '- The window of `grandpa` is at least twice `ceilings.roundStep` plus 18, and plus what `ceilings.roundsBack` has above 16, because older rounds may still vote.',
      '- `digestRequired` is false for `im-online`, which has no digest, and for every duty that the original wire protocol claims.',
      '- The original wire protocol claims a slot duty that is enabled.',
    ].join('\n'),
    'A document that breaks a rule is refused with every problem at once, each with what to do.',
  ]);
}
