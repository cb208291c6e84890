import { readFileSync } from 'node:fs';

/** The line that every page begins with after its title. */
export const NOTICE =
  'This page is generated from the code by `node scripts/generate.mjs`; change the code, not the page.';

/** A page that was rendered elsewhere, with the notice put under its title. */
export function noticed(text) {
  const [title, ...rest] = text.trim().split('\n');
  return `${[title, '', NOTICE, ...rest].join('\n')}\n`;
}

/**
 * The text of a template, a file in Markdown: the text of a value stands for each `{{name}}`.
 * @param {URL} template
 * @param {Record<string, string | number>} values
 * @throws if a value is missing, or has no place
 */
export function fill(template, values = {}) {
  const left = new Set(Object.keys(values));
  const text = readFileSync(template, 'utf8').replace(/\{\{([^{}]+)\}\}/g, (_, name) => {
    if (!Object.hasOwn(values, name)) throw new Error(`${template.pathname} has no value for ${name}`);
    left.delete(name);
    return String(values[name]);
  });
  if (left.size > 0) throw new Error(`${template.pathname} has no place for ${[...left].join(', ')}`);
  return text;
}

/** A reference page from its template: the filled text with the notice. */
export function filled(template, values) {
  return noticed(fill(template, values));
}

/** Blocks of Markdown, with a blank line between them. */
export function blocks(list) {
  return list.join('\n\n');
}

/** Rows are texts in Markdown; a bar in one is escaped. */
export function table(head, body) {
  return [row(head), `|${head.map(() => '---').join('|')}|`, ...body.map(row)].join('\n');
}

/** The rows of a table whose head is in the template. */
export function rows(body) {
  return body.map(row).join('\n');
}

function row(cells) {
  return `| ${cells.map(cell).join(' | ')} |`;
}

function cell(text) {
  return String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
}

export function code(text) {
  return `\`${text}\``;
}

export function fenced(language, text) {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

/** The anchor that GitHub gives to a heading. */
export function anchor(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}
