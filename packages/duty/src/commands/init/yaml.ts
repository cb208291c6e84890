import { FIELDS, type Field, SECTIONS } from '../../config/fields.ts';

/**
 * A commented `watchbill.yaml`: the given values set, everything else a comment with its default.
 * `values` is by field path.
 */
export function commentedYaml(values: Readonly<Record<string, unknown>>): string {
  const lines = [
    '# Configuration of one watchbill service. A line that begins with "#" shows a default.',
    '# A flag wins over the environment, the environment wins over this file: `watchbill config print` shows the effective values.',
    '# Settings of safety (which node may sign which duty) are in the ledger: `watchbill policy apply`.',
  ];
  const done = new Set<string>();
  for (const field of FIELDS) {
    openSections(field.path, done, lines);
    lines.push(...fieldLines(field, values[field.path]));
  }
  return `${lines.join('\n')}\n`;
}

function openSections(path: string, done: Set<string>, lines: string[]): void {
  for (const section of SECTIONS) {
    if (done.has(section.path) || !path.startsWith(`${section.path}.`)) continue;
    done.add(section.path);
    const depth = section.path.split('.').length - 1;
    if (depth === 0) lines.push('');
    const name = section.path.split('.').at(-1);
    lines.push(`${'  '.repeat(depth)}# ${section.description}`, `${'  '.repeat(depth)}${name}:`);
  }
}

function fieldLines(field: Field, value: unknown): string[] {
  const names = field.path.split('.');
  const indent = '  '.repeat(names.length - 1);
  const notes = [field.description, field.choices.length > 0 ? `One of: ${field.choices.join(', ')}.` : ''];
  const setting = (shown: unknown) => `${names.at(-1)}: ${JSON.stringify(shown)}`;
  const text = value === undefined ? `# ${setting(field.default ?? '')}` : setting(value);
  return [`${indent}# ${notes.filter((note) => note !== '').join(' ')}`, `${indent}${text}`];
}
