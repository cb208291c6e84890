import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { table, visible } from '@watchbill/kit';
import { argument, command, type OptionsOf } from '@watchbill/kit/command/command';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { file } from '@watchbill/kit/command/shapes';
import { askService } from '../../client/api.ts';
import { connection } from '../../client/target.ts';
import type { Change, ChangeLink, Policy } from '../../rule/index.ts';
import { diffPolicies, documentOf } from '../policy/diff.ts';
import { asFault, loadProof } from './runtime.ts';

const args = {
  file: argument(file().optional(), 'an export with the marks of the store; without it, a service is asked'),
};
type ChangesOptions = OptionsOf<typeof args & typeof connection>;

/** `ledger changes`: what people, and observers that froze a key, changed. */
export const changes = command({
  about: 'show who changed policies, freezes, rosters and tokens, and when',
  args,
  flags: connection,
  examples: ['watchbill ledger changes | grep alpha', 'watchbill ledger changes service-1.ledger --json'],
  run: async ({ io }, options) => {
    const links = await linksOf(io, options);
    const rows = links.map((link, at) => rowOf(link, links[at - 1]?.change));
    const shown = rows.map(({ atMs, by, key, name, version, what }) => {
      const place = name ?? (key === null ? '-' : `…${key.slice(-6)}`);
      return [new Date(atMs).toISOString(), by, place, `${version}`, what].map(visible);
    });
    print(io, options.json, { changes: rows }, () => table(['when', 'who', 'key', 'change', 'what'], shown));
  },
});

/** Of an export, whose chains were checked, or as the service has them. */
async function linksOf(io: Io, options: ChangesOptions): Promise<readonly ChangeLink[]> {
  const { file: name } = options;
  if (name === undefined)
    return (await askService(io, options, (api) => api.get<{ changes: ChangeLink[] }>('/v1/changes')))
      .changes;
  const { readExport } = await loadProof();
  const links: ChangeLink[] = [];
  const bytes = createReadStream(resolve(io.cwd, name));
  await asFault(name, () =>
    readExport({ name, bytes }, (line) => {
      if (line.kind === 'change') links.push(line);
    }),
  );
  return links;
}

/** One change for people; `chain` and `key` are null for a token. */
function rowOf({ change, hash }: ChangeLink, before: Change | undefined) {
  const { by, atMs, version, policy } = change;
  const { chain = null, key = null, name = null } = (policy ?? {}) as Partial<Policy>;
  return { atMs, by, chain, key, name, version, what: whatOf(before?.policy, change), hash };
}

function whatOf(before: Change['policy'] | undefined, { version, policy, token }: Change): string {
  if (token !== null)
    return `token ${token.made} of ${token.role} ${token.name}: ${token.revoked ? 'revoked' : 'made'}`;
  if (version === 1) return 'the first policy';
  const [old, now] = [before, policy] as unknown as readonly [Policy, Policy];
  const said = diffPolicies(documentOf(old), documentOf(now)).map(({ path, before, after }) => {
    const [, node, field] = /^roster\.(.+)\.(.+)$/.exec(path) ?? [];
    const sign = before === undefined ? '+' : after === undefined ? '-' : '';
    if (node !== undefined) return `roster: ${field === 'rank' ? sign : ''}${node}`;
    return path.split('.')[0] ?? '';
  });
  if (old.mode !== now.mode) said.unshift(modeText(old, now));
  return [...new Set(said)].join(', ') || 'adopted again, or applied again without a difference';
}

function modeText(old: Policy, { mode, freeze }: Policy): string {
  if (mode === 'frozen') return `freeze: ${freeze?.reason}`;
  return old.mode === 'frozen' ? `lift: ${freeze?.lifted?.reason}` : 'adopted';
}
