import { isMap, isScalar, parseDocument, Scalar } from 'yaml';

export type CountEdit =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: string };

/**
 * The text of a network file after setting a pool's number of nodes at a place; comments, order and quotes of
 * everything else stay. A pool that exists only in a preset gets a section. Pure.
 */
export function withCount(text: string, pool: string, place: string, count: number): CountEdit {
  const document = parseDocument(text, { keepSourceTokens: false });
  if (document.errors.length > 0)
    return { ok: false, why: document.errors[0]?.message ?? 'it is not valid YAML' };
  const places = document.getIn(['pools', pool, 'places'], true);
  const path = isMap(places) ? ['pools', pool, 'places', place] : ['pools', pool, 'count'];
  const there = document.getIn(path, true);
  if (isScalar(there)) {
    if (!(there instanceof Scalar) || there.range === null || there.range === undefined)
      return { ok: false, why: `${path.join('.')} has no place in the text` };
    // Only the number itself: the library would lay the rest out anew.
    const [from, end] = there.range;
    return { ok: true, text: `${text.slice(0, from)}${count}${text.slice(end)}` };
  }
  document.setIn(path, count);
  return { ok: true, text: document.toString({ lineWidth: 0, flowCollectionPadding: false }) };
}
