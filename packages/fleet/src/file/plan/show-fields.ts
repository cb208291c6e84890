import type { Json } from '@watchbill/kit';
import type { FieldChange, Step } from './change.ts';

/** `path: before → after`, and the risk if there is one. */
export function detailLines({ fields }: Step): readonly string[] {
  const images = fields.filter(({ path }) => path.at(-1) === 'image');
  const shown = fields.filter(
    (field) => !images.slice(1).some((one) => one === field && sameChange(one, images[0])),
  );
  const rows = shown.map(({ path, before, after, risk, why }) => {
    const [from, to] = shortPair(before, after);
    return { text: `${pathText(path)}: ${from} → ${to}`, note: risk === 'safe' ? '' : `[${risk}] ${why}` };
  });
  return rows.flatMap(({ text, note }) => (note === '' ? [text] : [text, `    ${note}`]));
}

/** The steps before a node run its image too: one line is enough. */
function sameChange(one: FieldChange, other: FieldChange | undefined): boolean {
  return one.before === other?.before && one.after === other?.after;
}

/** Fields in the words of an operator, without the parts that every workload has. */
function pathText(path: readonly (string | number)[]): string {
  return path
    .map(String)
    .join('.')
    .replace(/^spec\.template\.spec\.(containers\.node\.)?/, '')
    .replace(/^spec\.template\.metadata\./, 'pod ')
    .replace(/^Service\.ExecStart\./, 'flags ')
    .replace(/^args\./, 'flag ')
    .replace(/^spec\./, '');
}

const LONGEST = 90;

/** Two values, shortened alike so that the difference shows. */
function shortPair(before: Json | undefined, after: Json | undefined): readonly [string, string] {
  const whole = [textOf(before), textOf(after)] as const;
  const digests = [shortDigest(whole[0]), shortDigest(whole[1])] as const;
  const [from, to] = digests[0] === digests[1] ? whole : digests;
  if (from.length <= LONGEST && to.length <= LONGEST) return [from, to];
  let same = 0;
  while (same < from.length && from[same] === to[same]) same++;
  const cut = (text: string) => {
    const start = Math.max(0, same - 20);
    const end = start + LONGEST;
    return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`;
  };
  return [cut(from), cut(to)];
}

/** A digest by its first digits. */
export function shortDigest(text: string): string {
  return text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1…');
}

/** A value for a line of the plan. */
export function textOf(value: Json | undefined): string {
  if (value === undefined) return '(not set)';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
