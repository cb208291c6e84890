import { isList, type Json } from '@watchbill/base';
import { customFlagFinding } from '../../rules/flags/check.ts';
import { type Found, type ImportNote, shown } from './table.ts';

const WRITTEN = /^--[a-z0-9][a-z0-9-]*(=\S*)?$/;

/**
 * Flags of zombienet (`--a`, `--a=b`, `--a b`, the pair `--a`, `b`, `-lx=debug`) as `--name` and `--name=value`. Those that follow from the
 * file are left out and told.
 */
export function flagsOf(found: Found | undefined, tell: (note: ImportNote) => void): readonly string[] {
  if (found === undefined) return [];
  const { value, path } = found;
  if (!isList(value)) {
    tell({ path, kind: 'refused', what: 'this is not a list of flags', remedy: 'write a list of texts' });
    return [];
  }
  return joined(value).flatMap(({ text, index }) => {
    const at = [...path, index];
    if (!WRITTEN.test(text)) {
      tell({
        path: at,
        kind: 'left-out',
        what: `${text} is left out: it is no flag with a name`,
        remedy: 'write --name or --name=value',
      });
      return [];
    }
    const finding = customFlagFinding(text);
    if (finding === null || finding.code === 'wrong-flag') return [text];
    tell({
      path: at,
      kind: 'left-out',
      what: `left out: ${finding.what}`,
      remedy: REMEDIES[finding.code] ?? 'nothing is to be done',
    });
    return [];
  });
}

const REMEDIES: Readonly<Record<string, string>> = {
  'managed-flag': 'nothing is to be done: the command line follows from the file',
  'unsafe-flag': 'nothing is to be done: a node has the keys of its name, //Alice for alice',
};

interface Flag {
  readonly text: string;
  readonly index: number;
}

/** A text that begins no flag is the value of the one before it. */
function joined(list: readonly Json[]): readonly Flag[] {
  const flags: Flag[] = [];
  for (const [index, one] of list.entries()) {
    const text = spelled((isList(one) ? one : [one]).map(shown).join(' ').trim());
    const last = flags.at(-1);
    if (last !== undefined && !text.startsWith('-') && WRITTEN.test(last.text) && !last.text.includes('='))
      flags.splice(-1, 1, { ...last, text: `${last.text}=${text}` });
    else flags.push({ text, index });
  }
  return flags;
}

function spelled(text: string): string {
  return text
    .replace(/^-l(?:\s*|=)(?=[^-\s=])/, '--log=')
    .replace(/^(--[a-z0-9][a-z0-9-]*)\s+(?=\S+$)/, '$1=');
}
