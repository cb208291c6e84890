/** The line that every page begins with after its title. */
export const NOTICE =
  'This page is generated from the code by `node scripts/generate.mjs`; change the code, not the page.';

/** A page: title, notice, blocks with a blank line between them. */
export function page(title, blocks) {
  return `${[`# ${title}`, NOTICE, ...blocks].join('\n\n').trimEnd()}\n`;
}

/** A page that was rendered elsewhere, with the notice put under its title. */
export function noticed(text) {
  const [title, ...rest] = text.trim().split('\n');
  return `${[title, '', NOTICE, ...rest].join('\n')}\n`;
}

/** Rows are texts in Markdown; a bar in one is escaped. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
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
