/** Text that is already HTML. Only {@link html} makes it, so all external text in it is escaped. */
import { visible } from '../index.ts';
export interface Markup {
  readonly markup: string;
}

export type Part = Markup | string | number | bigint | null | false | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes a text for an HTML element or a quoted attribute. Invisible characters become `\u{…}`. */
export function escaped(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** HTML with inserted parts: texts are escaped, lists joined, null and false left out. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let markup = texts[0] ?? '';
  for (const [at, part] of parts.entries()) markup += written(part) + (texts[at + 1] ?? '');
  return { markup };
}

/** A text whose backticks enclose commands, which become code. */
export function coded(text: string): Markup {
  return html`${text.split('`').map((part, at) => (at % 2 === 0 ? part : html`<code>${part}</code>`))}`;
}

function written(part: Part): string {
  if (part === null || part === false) return '';
  if (typeof part === 'object' && 'markup' in part) return part.markup;
  if (typeof part === 'object') return part.map(written).join('');
  return escaped(String(part));
}
