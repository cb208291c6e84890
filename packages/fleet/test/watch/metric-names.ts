const WORDS = new Set(['and', 'or', 'unless', 'bool', 'by', 'on', 'ignoring', 'without']);

/** The metrics that an expression reads. */
export function metricsIn(expr: string): readonly string[] {
  const bare = expr
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
    .replaceAll(/\{[^}]*\}/g, ' ')
    .replaceAll(/\[[^\]]*\]|\boffset\s+\w+/g, ' ')
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ');
  const names = [...bare.matchAll(/(?<![\w.])[a-zA-Z_:][\w:]*(?![\w:]|\s*\()/g)].map(([name]) => name);
  return [...new Set(names.filter((name) => !WORDS.has(name)))];
}

/**
 * Names of the series in a text that Prometheus scrapes: of those that are there, and of declared ones that
 * have no value yet.
 */
export function seriesIn(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    const [, declared = '', type = ''] = /^# TYPE (\S+) (\S+)/.exec(line) ?? [];
    if (declared !== '') for (const suffix of suffixesOf(type)) names.add(`${declared}${suffix}`);
    const [, sample = ''] = /^([a-zA-Z_:][\w:]*)[{ ]/.exec(line) ?? [];
    if (sample !== '') names.add(sample);
  }
  return names;
}

function suffixesOf(type: string): readonly string[] {
  return type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
}
