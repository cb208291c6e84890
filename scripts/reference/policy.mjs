import { fenced, page, table } from './markdown.mjs';
import { schemaRows } from './schema-rows.mjs';

const SMALL = `chain: "0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3"
key: "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
roster:
  - { name: alpha, rank: 0 }
  - { name: bravo, rank: 1 }
duties:
  babe: {}
  grandpa: {}
ceilings:
  slotMs: 6000`;

/** docs/reference/policy.md */
export function policyPage(schema) {
  return page('Policy', [
    'A policy says who may sign what with one key of one chain. It is a document in YAML or JSON, applied with `watchbill policy apply FILE` and kept in the ledger: every service of the ledger decides by the same version. Nothing of it stands in `watchbill.yaml`.',
    'Each change is a new version. A node that is left out is granted nothing from that moment. A key is granted nothing before it was [adopted](../how-to/adopt.md).',
    '[policy.schema.json](policy.schema.json) is the JSON Schema, for editors.',
    '## The smallest useful document',
    fenced('yaml', SMALL),
    '## Fields',
    table(['field', 'type', 'required', 'meaning'], schemaRows(schema)),
    '## Rules that a schema cannot say',
    [
      '- Names and ranks of the roster are unique. An `rpcUrl` holds no user and no password.',
      '- An observer is not a node of the roster as well: a listed node observes for the others anyway, never for its own claims.',
      '- The window of `grandpa` is above twice `ceilings.roundStep` plus 16, because older rounds may still vote.',
      '- `digestRequired` is false for `im-online`, which has no digest, and for every duty that the original wire protocol claims.',
      '- The original wire protocol claims a slot duty that is enabled.',
    ].join('\n'),
    'A document that breaks a rule is refused with every problem at once, each with what to do.',
  ]);
}
