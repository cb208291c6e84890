import { SIGNER_EXAMPLES, SIGNING_REQUEST, serviceShape } from '@watchbill/nominate/service';
import { stringify } from 'yaml';
import { toJSONSchema } from 'zod';
import { blocks, fenced, filled, rows } from '../../../../scripts/reference/markdown.mjs';
import { schemaRows } from '../../../../scripts/reference/schema-rows.mjs';

/** docs/nominate/reference/nominate-configuration.md */
export function nominateConfigurationPage() {
  const schema = toJSONSchema(serviceShape, { io: 'input' });
  return filled(new URL('nominate-configuration.md', import.meta.url), {
    settings: rows(schemaRows(schema)),
    signers: blocks(
      SIGNER_EXAMPLES.flatMap(({ title, about, signer }) => [
        `### ${title}`,
        about,
        fenced('yaml', stringify({ signers: { west: signer } }).trimEnd()),
      ]),
    ),
    request: JSON.stringify(SIGNING_REQUEST, null, 2),
  });
}
