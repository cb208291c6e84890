import { SIGNER_EXAMPLES, SIGNING_REQUEST, serviceShape } from '@watchbill/nominate/service';
import { stringify } from 'yaml';
import { toJSONSchema } from 'zod';
import { fenced, page, table } from '../../../../scripts/reference/markdown.mjs';
import { schemaRows } from '../../../../scripts/reference/schema-rows.mjs';

/** docs/nominate/reference/nominate-configuration.md */
export function nominateConfigurationPage() {
  const schema = toJSONSchema(serviceShape, { io: 'input' });
  return page('Nominate: configuration', [
    'Every setting of `nominate.yaml`, the configuration of a nomination programme ([how to run one](../how-to/nominate-service.md)). `watchbill nominate init` writes the file, and `watchbill nominate run --print-config` shows every value with its default. Paths start from the folder of the file. Secrets are in files of their owner (`chmod 600`), never in this file.',
    '## Settings',
    '`in its form`: required in one of several forms of the same setting, for example `chains.recorded` or `chains.staking`.',
    table(['setting', 'type', 'required', 'meaning'], schemaRows(schema)),
    '## Signers',
    'With `send: true`, every nominator of the programme has a signer under its name. The start refuses other names, and a nominator without a signer.',
    ...SIGNER_EXAMPLES.flatMap(({ title, about, signer }) => [
      `### ${title}`,
      about,
      fenced('yaml', stringify({ signers: { west: signer } }).trimEnd()),
    ]),
    '### Input and output of a program or person',
    'A program gets this object as one line, and a request file has it under `request`. All hex begins with `0x`, heights and planck are decimal text. `message` has the bytes to sign: the payload, or its blake2b-256 hash if the payload is longer than 256 bytes. `call` is one of `nominate`, `proxy-nominate`, `announce`, `execute` and `withdraw`.',
    fenced('json', JSON.stringify(SIGNING_REQUEST, null, 2)),
    'The answer is the signature of `message`, 64 bytes, or a refusal:',
    fenced(
      'json',
      '{ "id": "4f2a90c1…", "signature": "0x…" }\n{ "id": "4f2a90c1…", "refused": "the targets are wrong" }',
    ),
  ]);
}
