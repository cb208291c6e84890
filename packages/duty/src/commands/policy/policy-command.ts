import { command, flag } from '@watchbill/kit/command/command';
import { text } from '@watchbill/kit/command/shapes';
import { yamlText } from '@watchbill/kit/command/yaml-text';
import { onlyKey, policiesOf } from '../../client/keys.ts';
import type { Policy } from '../../rule/index.ts';
import { asking } from '../asking.ts';
import { apply } from './apply.ts';
import { documentOf } from './diff.ts';

/** `policy show`: policies as documents that `policy apply` takes again. */
const show = asking({
  about: 'print the policies in force, as documents that `policy apply` takes',
  flags: {
    chain: flag(text('hash').optional(), 'only this chain: its genesis hash, or the end of it'),
    key: onlyKey,
  },
  examples: ['watchbill policy show', 'watchbill policy show --key alpha > policy.yaml'],
  ask: async (api, options) => ({ policies: await policiesOf(api, options) }),
  text: ({ policies }) => policiesText(policies),
});

/** `policy`: the settings of safety. The ledger keeps them, with a new version for every change. */
export const policy = command({
  commands: { show, apply },
  examples: ['watchbill policy show', 'watchbill policy apply policy.yaml'],
});

function policiesText(policies: readonly Policy[]): string {
  if (policies.length === 0) return '# no policy is in force here; see `watchbill policy apply --help`\n';
  return policies
    .map((policy) => {
      const head = `# version ${policy.version} (${policy.versionId}), mode ${policy.mode}\n`;
      return `${head}${yamlText(documentOf(policy))}`;
    })
    .join('---\n');
}
