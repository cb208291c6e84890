// Changes of a rendered YAML text into a template of helm. Each one throws unless it finds its lines.

/** @typedef {'first' | 'last'} Which */

/** @param {string} source one document, indented by two spaces */
export function edit(source) {
  let lines = source.trimEnd().split('\n');
  const find = (start, which = 'first') => {
    const matches = (line) => line.trimStart().startsWith(start);
    const at = which === 'first' ? lines.findIndex(matches) : lines.findLastIndex(matches);
    if (at < 0) throw new Error(`the renderer writes no line that begins with ${start}`);
    return at;
  };
  const put = (at, count, replacement) => {
    lines = lines.toSpliced(at, count, ...replacement);
  };
  const wrapped = (at, block, condition) => {
    const spaces = indentOf(lines[at] ?? '');
    return [`${spaces}{{- if ${condition} }}`, ...block, `${spaces}{{- end }}`];
  };
  return {
    has: (start) => lines.some((line) => line.trimStart().startsWith(start)),
    /** Wraps the block that begins so in a condition. */
    optional: (start, condition, which = 'first') => {
      const at = find(start, which);
      const block = blockAt(lines, at);
      put(at, block.length, wrapped(at, block, condition));
    },
    /** @returns {readonly string[]} the lines that were there */
    replaceBlock: (start, replacement, which = 'first') => {
      const at = find(start, which);
      const block = blockAt(lines, at);
      put(at, block.length, replacement);
      return block;
    },
    /** Puts lines before the first line that begins so. */
    before: (start, added) => put(find(start), 0, added),
    /** This block, or the one of another rendering. */
    choose: (start, other, condition) => {
      const at = find(start);
      const block = blockAt(lines, at);
      const others = other.trimEnd().split('\n');
      const otherAt = others.findIndex((line) => line.trimStart().startsWith(start));
      if (otherAt < 0) throw new Error(`the other rendering has no line that begins with ${start}`);
      const spaces = indentOf(lines[at] ?? '');
      const both = [...block, `${spaces}{{- else }}`, ...blockAt(others, otherAt)];
      put(at, block.length, wrapped(at, both, condition));
    },
    /**
     * Replaces each mark by an expression. A value that is the mark alone is quoted, unless it is a number.
     * @param {readonly (readonly [string, string, 'int'?])[]} marks
     */
    scalars: (marks) => {
      for (const [mark, expression, type] of marks)
        lines = lines.map((line) => scalar(line, mark, expression, type));
    },
    text: () => `${lines.join('\n')}\n`,
  };
}

function scalar(line, mark, expression, type) {
  if (line.includes('{{') && !line.includes(mark)) return line;
  const whole = new RegExp(`^(\\s*(?:- )?(?:[^\\s:]+: )?)"?${escaped(mark)}"?$`);
  const end = type === 'int' ? ' | int }}' : ' | quote }}';
  if (whole.test(line)) return line.replace(whole, (_, key) => `${key}{{ ${expression}${end}`);
  return line.replaceAll(mark, `{{ ${expression}${type === 'int' ? ' | int' : ''} }}`);
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

function indentOf(line) {
  return line.slice(0, line.length - line.trimStart().length);
}

/** A line with those below it that are indented deeper; items of a list may be as deep as their key. */
function blockAt(lines, at) {
  const depth = indentOf(lines[at] ?? '').length;
  const next = lines.findIndex((line, index) => index > at && indentOf(line).length <= depth);
  return lines.slice(at, next < 0 ? undefined : next);
}
