// How often the patterns of the English check occur in 10,000 words, and the targets for them.

/** At most so many occurrences in 10,000 words. Rules without a target have only their ratchet. */
const MOST = { 'negated-pronoun': 5, 'noun-clause': 6, told: 1, 'where-condition': 1 };
const EXAMPLE = /\bfor\s+(?:example|instance)\b|\be\.g\.(?=\s)/gi;
/** At least so many examples in 10,000 words. */
const LEAST_EXAMPLES = 5;
/** The rates of a shorter text are chance. */
const LEAST_WORDS = 1_000;
const WORD = /[A-Za-z][A-Za-z'’-]*/g;

/** @typedef {{ words: number, examples: number, byRule: Record<string, number> }} Tally */

/** @returns {Tally} */
export function newTally() {
  return { words: 0, examples: 0, byRule: {} };
}

/** Counts one stretch of prose, with the names of the rules that it breaks. */
export function count(tally, text, broken) {
  tally.words += text.match(WORD)?.length ?? 0;
  tally.examples += text.match(EXAMPLE)?.length ?? 0;
  for (const name of broken) tally.byRule[name] = (tally.byRule[name] ?? 0) + 1;
}

/**
 * One line for a body of text, for example `documents, 133035 words: told 0.2 (at most 1), …`, and whether
 * each target is met.
 */
export function judge(name, { words, examples, byRule }) {
  const rate = (found) => (words === 0 ? 0 : (found * 10_000) / words);
  const most = Object.entries(MOST).map(([rule, target]) => ({
    text: `${rule} ${rate(byRule[rule] ?? 0).toFixed(1)} (at most ${target})`,
    isMet: rate(byRule[rule] ?? 0) <= target,
  }));
  const given = {
    text: `"for example" ${rate(examples).toFixed(1)} (at least ${LEAST_EXAMPLES})`,
    isMet: rate(examples) >= LEAST_EXAMPLES,
  };
  const all = [...most, given];
  return {
    isMet: words < LEAST_WORDS || all.every(({ isMet }) => isMet),
    line: `${name}, ${words} words, in 10,000: ${all.map(({ text, isMet }) => (isMet ? text : `${text} MISSED`)).join(', ')}`,
  };
}
