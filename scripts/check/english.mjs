// Plain English: counts phrases that are hard to read in documents, comments and string literals. The count
// of each pattern in each folder may only go down. On a failure the check prints the lines that are new since
// the last commit. It also counts examples: at least five in 10,000 words.
//
// node scripts/check/english.mjs [FOLDER] [--update | --init]

import { newLines } from './changes.mjs';
import { RULES } from './english-rules.mjs';
import { main, runRatchet, sum } from './ratchet.mjs';
import { blank, filesOf, lineAt, piecesOf, textOf } from './sources.mjs';

const DOCUMENTS = [
  'docs/**/*.md',
  '*.md',
  'packages/*/{,src/*/}README.md',
  '{,packages/*/}scripts/{mutate,reference}/*.md',
];
const SOURCES = ['packages/*/src/**/*.ts', '{,packages/*/}scripts/**/*.mjs'];
/** Generated pages, and the files that quote bad phrases as examples. */
const LEFT_OUT = /^docs\/(?:[a-z]+\/)?reference\/|^scripts\/check\/english/;
const SHOWN = 10;
const EXAMPLE = /\bfor\s+(?:example|instance)\b|\be\.g\.(?=\s)/gi;
/** At least so many examples in 10,000 words; the rate of a short text is chance. */
const [LEAST_EXAMPLES, LEAST_WORDS] = [5, 1_000];
const WORD = /[A-Za-z][A-Za-z'’-]*/g;

/** `packages/NAME`, `docs/FOLDER`, or the folder at the root; `.` for files at the root. */
function groupOf(file) {
  const folders = file.split('/').slice(0, -1);
  return folders.slice(0, /^(?:packages|docs)$/.test(folders[0]) ? 2 : 1).join('/') || '.';
}

/** The prose of a Markdown page: code and link targets are replaced by text of the same length. */
export function proseOfPage(text) {
  return text
    .replace(/^(`{3,}|~{3,})[\s\S]*?^\1/gm, blank)
    .replace(/`[^`\n]*`/g, (code) => `\`${'x'.repeat(code.length - 2)}\``)
    .replace(/<!--[\s\S]*?-->|\]\([^)\s]*\)|<[^>\n]*>/g, blank);
}

/**
 * Comments and string literals of a source. Consecutive comment lines are joined, so that a phrase may wrap.
 */
export function proseOfSource(source) {
  const stretches = [];
  for (const { kind, start, end } of piecesOf(source)) {
    if (kind === 'regex') continue;
    const text = plain(kind, source.slice(start, end));
    const last = stretches.at(-1);
    const joins =
      kind === 'comment' && last?.kind === 'comment' && source.slice(last.end, start).trim() === '';
    if (joins)
      Object.assign(last, { text: last.text + blankLine(source.slice(last.end, start)) + text, end });
    else stretches.push({ kind, text, start, end });
  }
  return stretches;
}

function plain(kind, text) {
  if (kind === 'comment') return blankLine(text.replace(/^\s*(?:\/\/+|\/\*+|\*+\/?)|\*+\/$/gm, blank));
  return ` ${text.slice(1, -1)} `.replace(/\\n/g, '  ');
}

/** One line, as long as before. */
function blankLine(text) {
  return text.replace(/\n/g, ' ');
}

/** All phrases in a file that break a rule, with their lines. Counts its words and examples into `tally`. */
export function findingsIn(file, text, tally = { words: 0, examples: 0 }) {
  const stretches = file.endsWith('.md') ? [{ text: proseOfPage(text), start: 0 }] : proseOfSource(text);
  // A literal of one word is a name, and no prose.
  const isLiteral = (kind) => kind === 'string' || kind === 'template';
  const prose = stretches.filter(({ kind, text }) => !isLiteral(kind) || /\S\s+\S/.test(text));
  return prose.flatMap((stretch) => {
    tally.words += stretch.text.match(WORD)?.length ?? 0;
    tally.examples += stretch.text.match(EXAMPLE)?.length ?? 0;
    return RULES.flatMap(({ name, pattern }) =>
      [...stretch.text.matchAll(pattern)].map((match) => ({
        name,
        key: `${groupOf(file)}: ${name}`,
        file,
        line: lineAt(text, stretch.start + match.index),
        words: match[0].replace(/\s+/g, ' ').trim(),
      })),
    );
  });
}

/** Counts by folder and pattern, and the examples in documents and sources. */
export function measure(root) {
  const [documents, sources] = ['documents', 'sources (comments and texts)'].map((name) => ({
    name,
    ...{ words: 0, examples: 0 },
  }));
  const files = filesOf(root, [...DOCUMENTS, ...SOURCES]).filter((file) => !LEFT_OUT.test(file));
  const found = files.flatMap((file) =>
    findingsIn(file, textOf(root, file), file.endsWith('.md') ? documents : sources),
  );
  const byKey = Map.groupBy(found, ({ key }) => key);
  const entries = Object.fromEntries([...byKey].map(([key, list]) => [key, list.length]));
  return {
    entries,
    summary: (baseline) => `English: ${sum(entries)} phrases to rewrite (baseline ${sum(baseline)})`,
    explain: (key) => explain(root, byKey.get(key), key),
    tallies: [documents, sources],
  };
}

function explain(root, found, key) {
  const { rule, before, after } = RULES.find(({ name }) => key.endsWith(`: ${name}`));
  const isNew = newLines(root);
  const fresh = found.filter(({ file, line }) => isNew(file, line));
  const shown = (fresh.length > 0 ? fresh : found).slice(0, SHOWN);
  return [
    `  rule: ${rule}. Before: "${before}". After: "${after}".`,
    ...shown.map(({ file, line, words }) => `  ${file}:${line}: ${words}`),
    ...(fresh.length === 0 && found.length > SHOWN
      ? [`  … and ${found.length - SHOWN} more, none of them new against the last commit`]
      : []),
  ];
}

/** Measures a tree and compares it with its baseline. */
export async function run(root, flags) {
  const measured = measure(root);
  const ratchet = { name: 'english', measure: () => measured };
  const { exitCode, lines } = await runRatchet(ratchet, root, flags);
  const examples = measured.tallies.map(({ name, words, examples: count }) => {
    const rate = (count * 10_000) / Math.max(words, 1);
    const isMet = words < LEAST_WORDS || rate >= LEAST_EXAMPLES;
    const line = `${name}: ${rate.toFixed(1)} examples in 10,000 words, at least ${LEAST_EXAMPLES}`;
    return { isMet, line: isMet ? line : `${line} MISSED` };
  });
  return {
    exitCode: examples.every(({ isMet }) => isMet) ? exitCode : 1,
    lines: [...lines, ...examples.map(({ line }) => line)],
  };
}

await main(import.meta.url, run);
