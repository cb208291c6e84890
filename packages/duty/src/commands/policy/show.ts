import { command, flag } from '@watchbill/kit/command/command';
import { print } from '@watchbill/kit/command/print';
import { text } from '@watchbill/kit/command/shapes';
import { stringify } from 'yaml';
import { askService } from '../../client/api.ts';
import { onlyKey, policiesOf } from '../../client/keys.ts';
import { connection } from '../../client/target.ts';
import type { Policy } from '../../client/views.ts';
import { documentOf } from './diff.ts';

/** `policy show`: policies as documents that `policy apply` takes again. */
export const show = command({
  about: 'print the policies in force, as documents that `policy apply` takes',
  flags: {
    chain: flag(text('hash').optional(), 'only this chain: its genesis hash, or the end of it'),
    key: onlyKey,
    ...connection,
  },
  examples: ['watchbill policy show', 'watchbill policy show --key alpha > policy.yaml'],
  run: async ({ io }, options) => {
    const wanted = await askService(io, options, (api) => policiesOf(api, options));
    print(io, options.json, { policies: wanted }, () => policiesText(wanted));
  },
});

function policiesText(policies: readonly Policy[]): string {
  if (policies.length === 0) return '# no policy is in force here; see `watchbill policy apply --help`\n';
  return policies
    .map((policy) => {
      const head = `# version ${policy.version} (${policy.versionId}), mode ${policy.mode}\n`;
      return `${head}${stringify(documentOf(policy), { lineWidth: 0 })}`;
    })
    .join('---\n');
}
