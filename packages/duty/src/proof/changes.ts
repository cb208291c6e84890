import { hash as digestOf } from 'node:crypto';
import { type ChangeLink, canonicalJson, chainOfChange, FIRST_PREV } from '../rule/index.ts';
import type { Refuse } from './entry.ts';
import type { Findings } from './findings.ts';
import type { Workspace } from './workspace.ts';

/** Each chain of an export whole, from its first change to the newest; the chains in the order of names. */
export function walkChanges() {
  let last: (ChangeLink & { readonly chain: string }) | null = null;
  const end = (refuse: Refuse): void => {
    if (last?.newest === false)
      throw refuse(`the changes of ${last.chain} end at ${last.change.version}, before the newest one`);
  };
  return {
    /** No change follows. Throws if the last chain ends before the change that the store names. */
    end,
    /** Throws what `refuse` makes of a change that was edited, or does not follow the one before it. */
    next(link: ChangeLink, refuse: Refuse): void {
      const { change, hash } = link;
      const chain = chainOfChange(change);
      const name = `change ${change.version} of ${chain}`;
      if (digestOf('sha256', canonicalJson(change)) !== hash)
        throw refuse(`${name} does not have its hash: its text was changed`);
      const before = last?.chain === chain ? last : null;
      if (before === null) end(refuse);
      const isNext =
        before === null
          ? change.version === 1 && change.prev === FIRST_PREV && (last === null || last.chain < chain)
          : !before.newest && change.version === before.change.version + 1 && change.prev === before.hash;
      if (!isNext) throw refuse(`${name} does not follow ${before === null ? 'the line' : 'the one'} before`);
      last = { ...link, chain };
    },
  };
}

const FORKS = `SELECT chain, version, group_concat(hash, ' ') AS hashes FROM changes
  GROUP BY chain, version HAVING count(*) > 1 ORDER BY chain, version`;
/** Only in the epoch of the store: a store that was restored lost the changes of an older one. */
const MISSING = `SELECT m.name AS mark, e.name AS epoch, p.seq, p.policy FROM policies AS p
  JOIN marks AS m ON m.id = p.mark JOIN epochs AS e ON e.id = p.epoch
  WHERE EXISTS (SELECT 1 FROM points AS s WHERE s.mark = p.mark AND s.epoch = p.epoch AND s.store = 1)
  AND NOT EXISTS (SELECT 1 FROM changes AS c WHERE c.hash = p.policy AND m.name GLOB c.chain || '/*')`;

/** Check the changes of all exports against each other, and against the entries. */
export function checkChanges({ sql }: Workspace, findings: Findings): void {
  const placeOf = (mark: unknown, number: unknown, hashes: unknown) => {
    const seq = BigInt(number as bigint);
    return { mark: String(mark), seqs: [seq, seq] as const, hashes: String(hashes).split(' ') };
  };
  for (const { chain, version, hashes } of sql(FORKS).all()) {
    const text = `two changes have number ${version}: the store went back, or its history was replaced`;
    findings.add('change-fork', text, placeOf(chain, version, hashes));
  }
  for (const { mark, epoch, seq, policy } of sql(MISSING).all()) {
    const text = `entry ${seq} was written under a version of the policy that is in no export`;
    findings.add('change-missing', text, { ...placeOf(mark, seq, policy), epoch: String(epoch) });
  }
}
