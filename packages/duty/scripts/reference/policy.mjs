import { SAMPLE_POLICY } from '@watchbill/duty/commands/policy/sample';
import { filled, rows } from '../../../../scripts/reference/markdown.mjs';
import { schemaRows } from '../../../../scripts/reference/schema-rows.mjs';

/** docs/duty/reference/policy.md */
export function policyPage(schema) {
  return filled(new URL('policy.md', import.meta.url), {
    // A test of the command applies it.
    sample: SAMPLE_POLICY.trimEnd(),
    fields: rows(schemaRows(schema)),
  });
}
